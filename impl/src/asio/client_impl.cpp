// A command's way: enqueue (caller's thread) -> submit (strand) -> completed (strand) -> deliver (handler's executor).
#include "asio/client_impl.hpp"

#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include "asio/abandonment.hpp"

namespace trackside {

namespace net = boost::asio;

namespace {

// Where the handler belongs, counting as work there: its io_context must not end before it is called.
template <class Handler>
net::any_completion_executor busy_executor_of(const Handler& handler, const net::any_io_executor& otherwise) {
  return net::prefer(net::get_associated_executor(handler, otherwise), net::execution::outstanding_work.tracked);
}

}  // namespace

Client::Impl::Impl(executor_type executor, ClientOptions options, std::shared_ptr<AbstractCache> cache)
    : executor_(std::move(executor)), runtime_(executor_), strand_(runtime_.executor()) {
  core_.emplace(runtime_, std::move(options), std::move(cache));
}

// The core completes what it has when it is destroyed; by now nobody can be told.
Client::Impl::~Impl() { is_abandoned_ = true; }

void Client::Impl::start() {
  auto& context = net::query(executor_, net::execution::context);
  net::use_service<asio::Abandonment>(context).add(
      {weak_from_this(), [](void* impl) { static_cast<Impl*>(impl)->abandon(); }});
  net::post(strand_, [self = shared_from_this()] {
    if (!self->is_stopped_) self->core_->start();
  });
}

bool Client::Impl::cached(const Command& command, Reply& out) { return !is_stopped_ && core_->cached(command, out); }

bool Client::Impl::healthy() const { return !is_stopped_ && core_->healthy(); }

void Client::Impl::enqueue(Request request, ReplyHandler handler) {
  net::cancellation_slot slot = handler.get_cancellation_slot();
  Operation operation = make_operation(std::move(handler));
  if (slot.is_connected()) {
    operation.ticket = std::make_shared<Ticket>();
    slot.assign([weak = weak_from_this(), ticket = operation.ticket](net::cancellation_type type) {
      const auto heeded = net::cancellation_type::terminal | net::cancellation_type::partial;
      const auto self = weak.lock();
      if (!self || (type & heeded) == net::cancellation_type::none) return;
      net::post(self->strand_, [self, ticket] { self->cancel(*ticket); });
    });
  }
  net::dispatch(strand_, [self = shared_from_this(), request = std::move(request),
                          operation = std::move(operation)]() mutable {
    self->submit(std::move(request), std::move(operation));
  });
}

void Client::Impl::shut_down(ShutdownHandler handler) {
  auto executor = busy_executor_of(handler, executor_);
  net::post(strand_, [self = shared_from_this(), handler = std::move(handler), executor]() mutable {
    self->stop();
    net::post(self->executor_, net::bind_executor(executor, std::move(handler)));
  });
}

// Posted, never run at once: the client may be destroyed from inside the core, by a cache of the user's own.
void Client::Impl::client_is_gone() {
  if (is_abandoned_) return;
  net::post(strand_, [self = shared_from_this()] {
    self->stop();
    self->core_.reset();
  });
}

void Client::Impl::abandon() {
  is_abandoned_ = true;
  is_stopped_ = true;
  const auto uncalled = std::exchange(operations_, {});
}

auto Client::Impl::make_operation(ReplyHandler handler) -> Operation {
  auto executor = busy_executor_of(handler, executor_);
  return {std::move(handler), std::move(executor), nullptr};
}

void Client::Impl::submit(Request request, Operation operation) {
  if (is_stopped_) return deliver(std::move(operation), Errc::shut_down, {});
  const std::shared_ptr<Ticket> ticket = operation.ticket;
  const Completion completion{&Impl::completed, this, keep(std::move(operation))};
  auto* const single = std::get_if<Single>(&request);
  const OperationId id =
      single != nullptr ? core_->submit(std::move(single->command), completion, &single->doubted)
                        : core_->submit_transaction(std::move(std::get<std::vector<Command>>(request)), completion);
  if (ticket) ticket->operation = id;
}

void Client::Impl::cancel(const Ticket& ticket) {
  if (!is_stopped_ && !ticket.is_done) core_->cancel(ticket.operation);
}

void Client::Impl::stop() {
  if (!is_stopped_.exchange(true)) core_->stop();
}

std::uint64_t Client::Impl::keep(Operation operation) {
  if (free_.empty()) {
    free_.push_back(operations_.size());
    operations_.emplace_back();
  }
  const std::uint64_t index = free_.back();
  free_.pop_back();
  operations_[index].emplace(std::move(operation));
  return index;
}

auto Client::Impl::take(std::uint64_t index) -> Operation {
  std::optional<Operation>& place = operations_[index];
  Operation operation{std::move(*place)};
  place.reset();
  free_.push_back(index);
  return operation;
}

void Client::Impl::completed(void* context, std::uint64_t index, const Outcome& outcome) {
  auto& self = *static_cast<Impl*>(context);
  if (self.is_abandoned_) return;
  Operation operation = self.take(index);
  if (operation.ticket) operation.ticket->is_done = true;
  self.deliver(std::move(operation), outcome.error, outcome.error ? Reply{} : Reply{outcome.reply});
}

// Posted, so that a handler runs neither inside the initiation nor inside the core; from there to where it belongs.
void Client::Impl::deliver(Operation operation, error_code error, Reply reply) {
  auto call = [handler = std::move(operation.handler), error, reply = std::move(reply)]() mutable {
    std::move(handler)(error, std::move(reply));
  };
  net::post(executor_, net::bind_executor(std::move(operation.executor), std::move(call)));
}

}  // namespace trackside
