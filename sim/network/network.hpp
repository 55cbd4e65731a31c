// The simulated network: TCP as programs see it, between hosts and one server.
//
// Bytes arrive in order, never twice, in any chunks, each at a time decided by the message's name. Ends travel like
// bytes: a fin behind the data, a reset past data that has not arrived. Blocked paths hold everything and deliver it
// afterwards, as retransmission does; nobody is told meanwhile. Nothing is delivered from inside a call.
// Neighbours: stream.hpp and pipe.hpp (the state), path.hpp (faults), host.hpp (the client end), server_port.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/decider.hpp"
#include "sim/kernel/scheduler.hpp"
#include "sim/kernel/trace.hpp"
#include "sim/network/effects.hpp"
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

  void attach(ServerEnd& server) noexcept { server_ = &server; }

  // The hosts' end.
  std::unique_ptr<Connection> connect(std::uint32_t host, const Endpoint& endpoint, ConnectionEvents& events);
  /// Connections that were told as open and not told as closed, and still have an owner.
  std::size_t open_connections(std::uint32_t host) const;
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
  void abort(StreamId stream);
  /// The server has seen the end that the client sent.
  void finish(StreamId stream);
  /// Aborts all, as the death of the server's process does.
  void abort_all();
  std::uint32_t host_of(StreamId stream) const;
  std::uint32_t connection_of(StreamId stream) const;
  std::uint64_t entity_of(StreamId stream) const;
  /// The server's open ends that lead to the host, oldest connection first.
  std::vector<StreamId> streams_of(std::uint32_t host) const;

  // Faults.
  void set_conditions(std::uint32_t host, const Conditions& conditions);
  const Conditions& conditions(std::uint32_t host) const { return paths_[host].conditions; }
  /// Resets connections for both sides.
  void reset(std::span<const StreamId> connections);
  void pause(std::uint32_t host);
  void resume(std::uint32_t host);
  bool paused(std::uint32_t host) const { return paths_[host].paused; }
  /// Keeps an event of a paused host until it resumes.
  void defer(std::uint32_t host, const Event& event);
  /// From now on latencies are short.
  void calm_down() noexcept { latency_max_ = 1 << 20; }

  /// Connections that any side still holds; for checks that nothing is left over.
  std::size_t streams_in_use() const;

 private:
  class Handle;

  Stream& stream(StreamId id);
  const Stream& stream(StreamId id) const;
  Stream* find(std::uint32_t index, std::uint64_t generation);
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
  void change_holds(Stream& stream, Direction direction, const Conditions& before);
  void release(Stream& stream, Direction direction);
  void unpark(Stream& stream);

  void client_write(Stream& stream, std::string_view bytes);
  void client_close(Stream& stream, CloseMode mode);
  void client_abandon(Stream& stream);
  void abort_from_client(Stream& stream);
  void say(const Stream& stream, std::string text);

  template <void (Network::*Member)(const Event&)>
  void handle(EventKind kind);

  Scheduler& scheduler_;
  Decider& decider_;
  Trace& trace_;
  Effects& effects_;
  ServerEnd* server_ = nullptr;
  std::vector<Path> paths_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::uint32_t> free_;
  std::uint64_t latency_max_ = 1 << 30;
};

}  // namespace trackside::sim
