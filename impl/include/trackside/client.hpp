// The client for applications: commands as Boost.Asio asynchronous operations, answered through the cache.
//
//   trackside::Client client{io.get_executor(), {.endpoint = {.host = "10.0.0.5"}},
//                            std::make_shared<trackside::TrackingCache>()};
//   const std::optional<std::string> value = co_await client.async_get("greeting", boost::asio::use_awaitable);
//   const trackside::Reply reply = co_await client.async_execute({"OBJECT", "FREQ", "greeting"}, use_awaitable);
//
// The usual commands, and `async_call<T>` for all others, complete with values (async_commands.hpp); `async_execute`
// completes with the reply as it is.
//
// What it promises is said in the README (G1 to G8, G11); what it does is `ClientCore`, in a strand of its own over the
// executor that is given, with an `AsioRuntime` below. The io_context may have any number of threads.
//
// Completion tokens: every kind (callbacks, use_awaitable, use_future, deferred ...). Handlers run on their associated
// executor, or on the client's executor if they have none, and never from inside the initiating function. Each handler
// is called exactly once; only if the io_context itself ends first, handlers are destroyed uncalled, as always in Asio.
//
// Errors: `error_code` names why there is no reply (every Errc up to empty_command). What the server answers with
// `-ERR ...` is a reply, `Reply::is_error()`. After connection_lost, command_timeout, cancelled and shut_down a write
// may have been executed, at most once.
//
// Per-operation cancellation: types `terminal` and `partial` complete the operation with Errc::cancelled. `total` is
// ignored, for it promises that nothing happened and a write may be under way.
//
// Thread rule: all members from any thread, also at the same time, except moving and destroying.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>

#include "trackside/abstract_cache.hpp"
#include "trackside/async_commands.hpp"
#include "trackside/command.hpp"
#include "trackside/metrics.hpp"
#include "trackside/options.hpp"
#include "trackside/reply.hpp"

namespace trackside {

class Client : public AsyncCommands<Client> {
 public:
  using executor_type = boost::asio::any_io_executor;
  using ReplySignature = void(error_code, Reply);
  using ShutdownSignature = void();

  /// Starts connecting, and keeps a link from then on. Commands given before there is one wait for it.
  /// A null cache caches nothing. A cache is given to one client only.
  explicit Client(executor_type executor, ClientOptions options = {}, std::shared_ptr<AbstractCache> cache = nullptr);
  /// Answers everything outstanding with Errc::shut_down, soon and not from inside this call, and closes the link.
  ~Client();
  Client(Client&&) noexcept = default;
  Client& operator=(Client&& other) noexcept;

  /// Executes one command. A cacheable read that the cache may answer is answered in the calling thread's time, without
  /// the strand and without the network; everything else goes to the server.
  template <boost::asio::completion_token_for<ReplySignature> Token>
  auto async_execute(Command command, Token&& token) {
    return boost::asio::async_initiate<Token, ReplySignature>(
        [impl = impl_](auto handler, Command moved) {
          Reply reply;
          if (ask_cache(impl, moved, reply)) return answer(impl, std::move(reply), std::move(handler));
          execute(impl, std::move(moved), std::move(reply), std::move(handler));
        },
        token, std::move(command));
  }

  /// Executes MULTI, the commands, EXEC. The reply is EXEC's: an array of replies, or an error.
  template <boost::asio::completion_token_for<ReplySignature> Token>
  auto async_transaction(std::vector<Command> commands, Token&& token) {
    return boost::asio::async_initiate<Token, ReplySignature>(
        [impl = impl_](auto handler, std::vector<Command> moved) {
          execute_transaction(impl, std::move(moved), std::move(handler));
        },
        token, std::move(commands));
  }

  /// Answers everything outstanding with Errc::shut_down, closes the link and then completes. Commands given afterwards
  /// are answered with Errc::shut_down. Shutting down again completes too.
  template <boost::asio::completion_token_for<ShutdownSignature> Token>
  auto async_shutdown(Token&& token) {
    return boost::asio::async_initiate<Token, ShutdownSignature>(
        [impl = impl_](auto handler) { shut_down(impl, std::move(handler)); }, token);
  }

  /// Copies the cached reply into `out` if there is one that may be served now; counts a hit or a miss. This is what
  /// async_execute asks first, for callers who want a hit without a completion. When it returns false, `out` is not
  /// for use: it may hold a reply that confidence sampling wants checked.
  bool cached(const Command& command, Reply& out);

  /// Whether commands can be sent now, and the cache may be used. What is said of an unhealthy cache concerns the
  /// cache's own `healthy`: one with a link of its own for broadcasts serves while the client cannot send.
  bool healthy() const;

  /// What it did so far and does now, in numbers; `to_prometheus` makes text of it.
  Metrics metrics() const;

  /// The executor it was given.
  executor_type get_executor() const;

 private:
  class Impl;
  friend class BlockingClient;  // waits for `execute` and asks the cache itself
  using ReplyHandler = boost::asio::any_completion_handler<ReplySignature>;
  using ShutdownHandler = boost::asio::any_completion_handler<ShutdownSignature>;

  // A hit goes to the handler's executor from here, whatever the client's own threads are doing.
  template <class Handler>
  static void answer(const std::shared_ptr<Impl>& impl, Reply reply, Handler handler) {
    const auto executor = boost::asio::get_associated_executor(handler, executor_of(impl));
    const auto allocator = boost::asio::get_associated_allocator(handler);
    boost::asio::post(executor, boost::asio::bind_allocator(
                                    allocator, [moved = std::move(handler), reply = std::move(reply)]() mutable {
                                      std::move(moved)(error_code{}, std::move(reply));
                                    }));
  }

  static bool ask_cache(const std::shared_ptr<Impl>& impl, const Command& command, Reply& out);
  static const executor_type& executor_of(const std::shared_ptr<Impl>& impl);
  static void execute(const std::shared_ptr<Impl>& impl, Command command, Reply doubted, ReplyHandler handler);
  static void execute_transaction(const std::shared_ptr<Impl>& impl, std::vector<Command> commands,
                                  ReplyHandler handler);
  static void shut_down(const std::shared_ptr<Impl>& impl, ShutdownHandler handler);

  std::shared_ptr<Impl> impl_;
};

}  // namespace trackside
