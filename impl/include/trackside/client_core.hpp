// The client without Boost.Asio: executes commands on one Redis node through a cache, over any `Runtime`.
//
// This is what runs in the simulator and inside `trackside::Client` alike. A read goes to the cache (`cached`), and on
// a miss to the server (`submit`), joining the fill of a concurrent reader of the same thing. A write removes what it
// touches from the cache when it is sent and again at every end of it (reply, late reply, timeout, lost connection,
// cancellation), so that whoever asks after it never sees what was before.
//
// Promises (see README): G1 integrity, G2 staleness at most max_idle, G3 read your writes, G4 monotonic reads,
// G5 convergence, G6 honest health, G8 exactly one completion, G11 hostile servers.
//
// Thread rule: `cached`, `healthy` and `metrics` from any thread; everything else on the runtime's executor.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "trackside/abstract_cache.hpp"
#include "trackside/command.hpp"
#include "trackside/metrics.hpp"
#include "trackside/options.hpp"
#include "trackside/runtime.hpp"

namespace trackside {

/// Where a reply came from. `mixed`: some elements of it from the cache, the others from the server.
enum class Source : std::uint8_t { server, joined, cache, mixed };

struct Outcome {
  error_code error{};  // set: there is no reply
  ReplyView reply{};   // valid during the completion only; `is_error()` when the server answered with an error
  Source source = Source::server;
};

/// What to call, once, when a command is done. Never called from inside `submit`.
struct Completion {
  void (*function)(void* context, std::uint64_t argument, const Outcome& outcome) = nullptr;
  void* context = nullptr;
  std::uint64_t argument = 0;
};

/// Names a submitted command until its completion. Zero names none.
enum class OperationId : std::uint64_t { none = 0 };

class ClientCore {
 public:
  /// `cache` may be null: then nothing is cached. `runtime` must outlive the client.
  ClientCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache);
  /// Stops first if that was not done. Requires that completions do not submit again without end when told shut_down.
  ~ClientCore();

  /// Begins to connect, and from then on keeps a link.
  void start();
  /// Completes everything outstanding with Errc::shut_down, from inside this call, and closes the link.
  void stop();

  /// The cached reply to a cacheable read, if it may be served now. Counts a hit or a miss.
  /// False also for everything that is not a cacheable read, and for a hit that is to be checked against the server
  /// (confidence below 100): then `out` holds the doubted reply, to be given to `submit`. Otherwise `out` is left
  /// empty.
  bool cached(const Command& command, Reply& out);

  /// Sends a command (without looking into the cache again) and completes exactly once.
  /// Errors: every Errc up to empty_command. Commands that would change the session (HELLO, AUTH, SELECT, RESET, QUIT,
  /// CLIENT TRACKING/CACHING/REPLY, MONITOR, SUBSCRIBE ..., and MULTI/EXEC/WATCH on their own) are refused;
  /// blocking commands travel on a connection of their own; WAIT is refused, since it speaks of its own connection.
  /// With a `doubted` reply the cache is told whether the server's reply is the same; the server's is what is returned.
  OperationId submit(Command command, Completion completion, const Reply* doubted = nullptr);

  /// MULTI, the commands, EXEC; the reply is EXEC's. Writes among them are fenced like single writes.
  OperationId submit_transaction(std::vector<Command> commands, Completion completion);

  /// Completes the command with Errc::cancelled in a later turn, if it is not completed by then.
  void cancel(OperationId operation);

  /// Whether commands can be sent now, and the cache may be used. What is said of an unhealthy cache concerns the
  /// cache's own `healthy`: one with a link of its own for broadcasts serves while the client cannot send.
  bool healthy() const;

  /// What it did so far and does now, in numbers. Locks each part of the statistics for a moment.
  Metrics metrics() const;

  /// Why the last attempt to have a link failed; success while a link is up.
  error_code link_error() const;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace trackside
