// Joins the network to one sans-IO Redis node: its process, its sockets, its event loop.
//
// The process handles one batch of input after another, in order of arrival, and is busy for a while after each; what
// it says leaves when that is over. A frozen process leaves its input waiting; a dead one has none. Its timers are
// events only while it has something to do. Invariant: a session and a stream belong to each other one to one while the
// server's end of the stream is open. Neighbours: network.hpp, sim/redis/server.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/decider.hpp"
#include "sim/network/network.hpp"
#include "sim/network/outside_sessions.hpp"
#include "sim/redis/server.hpp"

namespace trackside::sim {

/// Told when a server may have done something that concerns its cluster.
class ServerTurns {
 public:
  virtual void on_turn_over(ServerIndex server) = 0;

 protected:
  ~ServerTurns() = default;
};

struct ForbiddenCommand {
  std::string_view name;  // as ServerConfig::forbidden has it
  FaultKind because_of;
};

class ServerPort final : public ServerEnd {
 public:
  struct Parts {
    Scheduler& scheduler;
    Decider& decider;
    Network& network;
    Trace& trace;
    Effects& effects;
  };
  /// Its turns (EventKind::serve, server_timer) come with its index as their entity, and are passed on to it.
  ServerPort(Parts parts, ServerIndex index, redis::ServerConfig config, redis::ServerObserver* observer);
  ServerPort(const ServerPort&) = delete;
  ServerPort& operator=(const ServerPort&) = delete;

  void on_serve();
  void on_timer(const Event& event);
  void tell_turns_to(ServerTurns& turns) noexcept { turns_ = &turns; }

  redis::Server& server() noexcept { return server_; }
  /// The host at the other end of a session; UINT32_MAX for none (such as the administrator's).
  std::uint32_t host_of(redis::SessionId session) const;
  /// Open connections that lead to the host and are meant, oldest first.
  std::vector<StreamId> connections_of(std::uint32_t host, FaultScope scope) const;

  /// When the process is done with what it does now; may have passed.
  Instant busy_until() const noexcept { return busy_until_; }
  /// Neither frozen nor down.
  bool running() const noexcept { return !frozen_ && !down_; }
  bool frozen() const noexcept { return frozen_; }
  bool down() const noexcept { return down_; }
  /// The server was changed from outside of its own turns: what it says leaves, its timers are looked at.
  void settle();

  // Sessions that the network does not carry. They require `attends`, and a carrier that was named.
  void carry_outside(OutsideSessions& carrier) noexcept { outside_ = &carrier; }
  /// Whether the process takes and gives bytes now; if not, it will at `busy_until`, or when it runs again.
  bool attends() const { return running() && busy_until_ <= parts_.scheduler.now(); }
  redis::SessionId open_outside(std::string_view address);
  /// Executes what is complete. What the server says to anybody goes out before this returns.
  void feed_outside(redis::SessionId session, std::string_view bytes);
  /// The connection is gone, whoever ended it. Allowed while the process does not attend.
  void close_outside(redis::SessionId session);

  // Faults.
  void freeze();
  void thaw();
  void crash();
  void start_again();
  void set_slowness(Instant more) noexcept { slowness_ = more; }
  void set_expiry_lag(std::uint64_t ticks) noexcept { expiry_lag_ = ticks; }
  /// From now on these answer NOPERM, and no other.
  void forbid(std::vector<ForbiddenCommand> commands);
  /// The server refuses commands and answers oddly about itself (see redis::Server); 0: it does not.
  void set_odd_answers(std::uint64_t which);
  /// The server's wall clock jumped: its timers may be due at other times.
  void clock_stepped() { arrange_timer(); }
  /// The server closes the host's connections in an orderly way. Returns how many.
  std::size_t close_connections(std::uint32_t host, FaultScope scope);
  /// An administrator sends CLIENT KILL for each of the host's connections. Returns how many.
  std::size_t kill_connections(std::uint32_t host, FaultScope scope);
  /// The same for these sessions.
  std::size_t kill(std::span<const redis::SessionId> sessions);

  // ServerEnd
  bool listening(std::uint16_t port) const override { return !down_ && port == port_; }
  void on_accept(StreamId stream) override;
  void on_arrival(StreamId stream) override;
  void on_room(StreamId stream) override;

 private:
  struct Socket {
    redis::SessionId session = redis::SessionId::none;
    bool queued = false;         // waits for the process's attention
    std::size_t examined = 0;    // output that push_drop has seen already
  };

  Socket& socket(StreamId stream);
  void attend(StreamId stream);
  void serve();
  void process(StreamId stream);
  /// The next one that waits for the process's attention, if it is still there.
  StreamId next_waiting();
  /// Reads and executes what is there, and returns its name.
  std::uint64_t work(StreamId stream);
  void flush_all(Instant departure);
  /// What faults made the server refuse since the last call are effects of theirs.
  void note_refused();
  void flush(redis::SessionId session, Instant departure);
  void drop_pushes(StreamId stream, std::string& output);
  void add_garbage(StreamId stream, std::string& output);
  void forget(StreamId stream);
  void arrange_timer();
  void arrange_serving();
  StreamId stream_of(redis::SessionId session) const;
  redis::SessionId session_on(StreamId stream) const;
  bool is_meant(FaultScope scope, redis::SessionId session, bool host_broadcasts) const;
  std::vector<redis::SessionId> sessions_of(std::uint32_t host, FaultScope scope) const;

  std::uint32_t entity() const noexcept { return static_cast<std::uint32_t>(index_); }
  /// In the trace.
  std::string name() const;

  void turn_over() {
    if (turns_ != nullptr) {
      turns_->on_turn_over(index_);
    }
  }

  Parts parts_;
  ServerIndex index_;
  ServerTurns* turns_ = nullptr;
  OutsideSessions* outside_ = nullptr;
  redis::Server server_;
  std::uint16_t port_;
  std::string password_;
  std::vector<Socket> sockets_;          // by stream
  std::vector<StreamId> stream_of_;      // by session; grows with the server's ids, which count up
  std::vector<StreamId> waiting_;        // in order of arrival
  std::size_t waiting_first_ = 0;
  std::vector<redis::SessionId> dirty_;
  Instant busy_until_ = 0;
  bool serve_posted_ = false;
  bool frozen_ = false;
  bool down_ = false;
  std::vector<ForbiddenCommand> forbidden_;
  Instant slowness_ = 0;
  std::uint64_t expiry_lag_ = 0;
  Instant timer_at_ = end_of_time;
  std::uint64_t timer_request_ = 0;
};

}  // namespace trackside::sim
