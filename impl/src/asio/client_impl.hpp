// What a Client owns: the runtime, the core, and the operations under way, shared with the handlers that are pending.
//
// Everything of the core happens on the strand, except asking the cache. The core ends on the strand too: when its
// Client is destroyed a handler is posted that stops and destroys it, so whoever holds the last reference later, on
// whatever thread, finds nothing left that could touch a socket.
// Should the io_context end first, `Abandonment` destroys the handlers that wait here: a coroutine that owns the client
// and waits for it would otherwise own itself. Neighbours: client.cpp is the public face.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include <boost/asio/any_completion_executor.hpp>

#include "trackside/asio_runtime.hpp"
#include "trackside/client.hpp"
#include "trackside/client_core.hpp"

namespace trackside {

class Client::Impl : public std::enable_shared_from_this<Client::Impl> {
 public:
  struct Single {
    Command command;
    Reply doubted;  // what the cache has, if that is to be checked against the server
  };
  using Request = std::variant<Single, std::vector<Command>>;

  Impl(executor_type executor, ClientOptions options, std::shared_ptr<AbstractCache> cache);
  ~Impl();

  void start();

  // From any thread.
  const executor_type& executor() const { return executor_; }
  bool cached(const Command& command, Reply& out);
  bool healthy() const;
  Metrics metrics() const { return core_->metrics(); }
  void enqueue(Request request, ReplyHandler handler);
  void shut_down(ShutdownHandler handler);
  void client_is_gone();

  /// The io_context ends: destroys all handlers uncalled, and forgets them.
  void abandon();

 private:
  /// What a cancellation knows of its operation. Touched on the strand only.
  struct Ticket {
    OperationId operation = OperationId::none;
    bool is_done = false;
  };

  // Never assigned: moving by assignment wraps an any_completion_handler of Boost 1.81 into itself.
  struct Operation {
    ReplyHandler handler;
    boost::asio::any_completion_executor executor;  // the handler's, kept from running out of work
    std::shared_ptr<Ticket> ticket;                 // null if nobody can cancel
  };

  Operation make_operation(ReplyHandler handler);
  void submit(Request request, Operation operation);
  void cancel(const Ticket& ticket);
  void stop();
  std::uint64_t keep(Operation operation);
  Operation take(std::uint64_t index);
  static void completed(void* context, std::uint64_t index, const Outcome& outcome);
  void deliver(Operation operation, error_code error, Reply reply);

  executor_type executor_;
  AsioRuntime runtime_;
  executor_type strand_;
  std::optional<ClientCore> core_;
  std::atomic<bool> is_stopped_ = false;
  bool is_abandoned_ = false;
  std::vector<std::optional<Operation>> operations_;  // by the index that the core hands back
  std::vector<std::uint64_t> free_;
};

}  // namespace trackside
