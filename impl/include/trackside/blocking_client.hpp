// The client for programs without an event loop: each call waits for its reply.
//
//   trackside::BlockingClient client{{.endpoint = {.host = "10.0.0.5"}},
//                                    std::make_shared<trackside::NodeTrackingCache>()};
//   const std::optional<std::string> value = client.get("greeting").value();
//
// It is a `Client` with an io_context and one thread of its own, and promises what `Client` promises. A hit is answered
// in the calling thread, without the other one. `get`, `hgetall` and so on, and `call<T>` for all other commands,
// return values (blocking_commands.hpp); `execute` returns the reply as it is.
//
// Nothing is thrown but std::bad_alloc and std::length_error (a command beyond 4 GiB): a `Result` holds a value or the
// error. Those who want exceptions write `.value()`, which throws a boost::system::system_error.
//
// Errors: those of `Client::async_execute`. A call waits at most command_timeout, and for commands that wait in the
// server (BLPOP) the time they name in addition; those that name none wait until `shutdown`.
//
// Thread rule: all members from any number of threads at the same time; calls of different threads share one pipeline.
// Not from inside a cache of one's own, whose members are called by the thread that would have to answer: that is an
// assertion. Destroying may begin while calls of other threads wait: they end with Errc::shut_down, and the destructor
// returns when all have returned. No call may begin once destroying has.
#pragma once

#include <memory>
#include <vector>

#include "trackside/abstract_cache.hpp"
#include "trackside/blocking_commands.hpp"
#include "trackside/command.hpp"
#include "trackside/options.hpp"
#include "trackside/reply.hpp"

namespace trackside {

class BlockingClient : public BlockingCommands<BlockingClient> {
 public:
  /// Starts connecting and returns at once; calls wait for the link. A null cache caches nothing. A cache is given to
  /// one client only. Throws std::system_error if there can be no thread.
  explicit BlockingClient(ClientOptions options = {}, std::shared_ptr<AbstractCache> cache = nullptr);
  /// As `shutdown`; then waits for the calls of other threads to return.
  ~BlockingClient();
  BlockingClient(const BlockingClient&) = delete;
  BlockingClient& operator=(const BlockingClient&) = delete;

  /// Executes one command. What the server answers with `-ERR ...` is a reply: `Reply::is_error()`.
  Result<Reply> execute(Command command);

  /// Executes MULTI, the commands, EXEC. The reply is EXEC's: an array of replies, or an error; `reply_as` reads it.
  Result<Reply> transaction(std::vector<Command> commands);

  /// Copies the cached reply into `out` if there is one that may be served now; counts a hit or a miss. When it returns
  /// false, `out` is not for use.
  bool cached(const Command& command, Reply& out);

  /// Whether commands can be sent now, and the cache may be used. What is said of an unhealthy cache concerns the
  /// cache's own `healthy`: one with a link of its own for broadcasts serves while the client cannot send.
  bool healthy() const;

  /// Ends all calls that wait, and all that come later, with Errc::shut_down, and closes the link. Again: nothing.
  void shutdown();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trackside
