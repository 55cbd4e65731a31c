// The simulated network: TCP as programs see it, between hosts and servers.
//
// Bytes arrive in order, never twice, in any chunks, each at a time decided by the message's name. Ends travel like
// bytes: a fin behind the data, a reset past data that has not arrived. Blocked paths hold everything and deliver it
// afterwards, as retransmission does; nobody is told meanwhile. Nothing is delivered from inside a call. What an event
// costs does not depend on how many hosts, servers and connections there are; only faults loop over them.
// Neighbours: stream.hpp and pipe.hpp (the state), path.hpp (faults), host.hpp (the client end), server_port.hpp;
// server_links.hpp (what servers say to each other).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/kernel/decider.hpp"
#include "sim/kernel/scheduler.hpp"
#include "sim/kernel/trace.hpp"
#include "sim/network/effects.hpp"
#include "sim/network/network_observer.hpp"
#include "sim/network/path.hpp"
#include "sim/network/stream.hpp"

namespace trackside::sim {

/// Names a stream towards the server's end, from its acceptance until that end is closed.
enum class StreamId : std::uint32_t { none = UINT32_MAX };

/// What the network tells the server's end. All calls are made from events, never from inside a call of that end.
class ServerEnd {
 public:
  /// Whether a process listens there (also when it is frozen: the system accepts for it).
  virtual bool listening(std::uint16_t port) const = 0;
  virtual void on_accept(StreamId stream) = 0;
  /// `Network::receive` has something.
  virtual void on_arrival(StreamId stream) = 0;
  /// `Network::room` has grown after it was too small for a `send`.
  virtual void on_room(StreamId stream) = 0;

 protected:
  ~ServerEnd() = default;
};

/// Where a server is found.
struct Address {
  std::string host{};
  std::uint16_t port = 0;

  friend auto operator<=>(const Address&, const Address&) = default;
};

class Network {
 public:
  /// What one connection holds on its way to the client before the server has to keep it.
  static constexpr std::size_t window_bytes = 64 * 1024;
  static constexpr Instant base_latency = 50 * microsecond;

  /// The names of the hosts in decisions, by their index.
  Network(Scheduler& scheduler, Decider& decider, Trace& trace, Effects& effects,
          std::span<const std::uint32_t> host_names);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Adds the next server, counted from 0. A single one is found under every name, and asked for its ports; of several
  /// each under its address, and the first also under the endpoint's default name.
  void attach(ServerEnd& server, Address address = {});
  /// Null, as in the beginning: nobody is told.
  void set_observer(NetworkObserver* observer) noexcept { observer_ = observer; }

  // The hosts' end.
  std::unique_ptr<Connection> connect(std::uint32_t host, const Endpoint& endpoint, ConnectionEvents& events);
  /// Connections that were told as open and not told as closed, and still have an owner.
  std::size_t open_connections(std::uint32_t host) const { return paths_[host].open_connections; }
  std::uint32_t name_of(std::uint32_t host) const { return paths_[host].name; }

  // The server's end. `departure` is when the bytes leave: now, or when the server is done with its work.
  struct Received {
    enum class Kind : std::uint8_t { nothing, bytes, fin, reset } kind = Kind::nothing;
    std::string_view bytes{};  // until the next call that touches the stream
    std::uint64_t name = 0;    // of the messages that the bytes are from
  };
  Received receive(StreamId stream);
  std::size_t room(StreamId stream);
  void send(StreamId stream, std::string_view bytes, Instant departure);
  /// Asks for on_room.
  void await_room(StreamId stream);
  void shut(StreamId stream, Instant departure);
  /// A fault took frames out of what was to be sent.
  void tell_vanished(StreamId stream, std::string_view frames) const;
  void abort(StreamId stream);
  /// The server has seen the end that the client sent.
  void finish(StreamId stream);
  /// Aborts all of a server's, as the death of its process does.
  void abort_all(ServerIndex server);
  std::uint32_t host_of(StreamId stream) const;
  std::uint32_t connection_of(StreamId stream) const;
  std::uint64_t entity_of(StreamId stream) const;
  /// The server's open ends that lead to the host, oldest connection first.
  std::vector<StreamId> streams_of(std::uint32_t host, ServerIndex server = first_server) const;

  // Faults.
  void set_host_conditions(std::uint32_t host, HostConditions conditions);
  void set_conditions(std::uint32_t host, const Conditions& conditions) {
    set_host_conditions(host, HostConditions{conditions, {}});
  }
  const HostConditions& conditions(std::uint32_t host) const { return paths_[host].conditions; }
  const Conditions& conditions_on(StreamId id) const { return conditions(stream(id)); }
  /// Resets connections for both sides.
  void reset(std::span<const StreamId> connections);
  void pause(std::uint32_t host);
  void resume(std::uint32_t host);
  bool paused(std::uint32_t host) const { return paths_[host].paused; }
  /// Keeps an event of a paused host until it resumes.
  void defer(std::uint32_t host, const Event& event);
  /// From now on latencies are short.
  void calm_down() noexcept { latency_max_ = 1 << 20; }
  std::uint64_t latency_max() const noexcept { return latency_max_; }

  /// What an event of a connection does next, by names that stay while other things change.
  struct Step {
    std::uint64_t name = 0;
    std::uint32_t host = 0;
    ServerIndex server = first_server;
    bool is_over = false;  // nothing: the connection is gone
  };
  Step step_of(const Event& event);
  /// Whether what arrived is read message by message, since who reads when is decided (`Strategy::decides_orders`).
  bool reads_single_messages() const noexcept { return decider_.strategy().decides_orders(); }

  /// Connections that any side still holds; for checks that nothing is left over.
  std::size_t streams_in_use() const;

 private:
  class Handle;

  Stream& stream(StreamId id);
  const Stream& stream(StreamId id) const;
  Stream* find(std::uint32_t index, std::uint64_t generation);
  const Conditions& conditions(const Stream& stream) const { return paths_[stream.host].conditions.towards(stream.at); }
  /// no_server: nobody has that address.
  ServerIndex resolve(const Endpoint& endpoint) const;
  ServerEnd& end_of(const Stream& stream) const { return *servers_[static_cast<std::size_t>(stream.at)]; }
  void forget_events(Stream& stream);
  Stream& allocate();
  void recycle_if_gone(Stream& stream);
  void post(Instant at, EventKind kind, const Stream& stream);

  void on_connect(const Event& event);
  void on_to_client(const Event& event);
  void on_to_server(const Event& event);
  void on_client_told(const Event& event);
  void establish(Stream& stream);
  void tell_closed(Stream& stream, error_code reason);
  void deliver(Stream& stream);

  Instant latency(const Stream& stream, Direction direction, std::uint64_t message);
  void transmit(Stream& stream, Direction direction, std::string_view bytes, Instant departure);
  void transmit_end(Stream& stream, Direction direction, ChunkKind kind, Instant departure);
  void note_holds(const Stream& stream, Direction direction);
  bool blocked(const Stream& stream, Direction direction) const;
  /// Chunks that arrive no later than this can be read now.
  Instant readable_until(const Stream& stream, Direction direction) const;
  void arrange(Stream& stream, Direction direction);
  void change_holds(Stream& stream, Direction direction, const HostConditions& before);
  void release(Stream& stream, Direction direction);
  void unpark(Stream& stream);

  void client_write(Stream& stream, std::string_view bytes);
  void client_close(Stream& stream, CloseMode mode);
  void client_abandon(Stream& stream);
  void abort_from_client(Stream& stream);
  void say(const Stream& stream, std::string text);
  void tell(const Stream& stream, NetworkObserver::Moment moment, std::string_view reason = {}) const;

  template <void (Network::*Member)(const Event&)>
  void handle(EventKind kind);

  Scheduler& scheduler_;
  Decider& decider_;
  Trace& trace_;
  Effects& effects_;
  std::vector<ServerEnd*> servers_;
  std::vector<std::pair<Address, ServerIndex>> addresses_;  // in order
  std::vector<Path> paths_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::uint32_t> free_;
  std::uint64_t latency_max_ = 1 << 30;
  Instant latency_min_ = base_latency;
  NetworkObserver* observer_ = nullptr;
};

}  // namespace trackside::sim
