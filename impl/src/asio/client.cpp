// The public face of a client: asks the cache in the caller's thread, and hands everything else to the strand.
#include "trackside/client.hpp"

#include <utility>

#include "asio/client_impl.hpp"

namespace trackside {

Client::Client(executor_type executor, ClientOptions options, std::shared_ptr<AbstractCache> cache)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(cache))) {
  impl_->start();
}

Client::~Client() {
  if (impl_) impl_->client_is_gone();
}

Client& Client::operator=(Client&& other) noexcept {
  const Client replaced{std::move(*this)};
  impl_ = std::move(other.impl_);
  return *this;
}

bool Client::cached(const Command& command, Reply& out) { return ask_cache(impl_, command, out); }
bool Client::healthy() const { return impl_->healthy(); }
Metrics Client::metrics() const { return impl_->metrics(); }
auto Client::get_executor() const -> executor_type { return executor_of(impl_); }

bool Client::ask_cache(const std::shared_ptr<Impl>& impl, const Command& command, Reply& out) {
  return impl->cached(command, out);
}

auto Client::executor_of(const std::shared_ptr<Impl>& impl) -> const executor_type& { return impl->executor(); }

void Client::execute(const std::shared_ptr<Impl>& impl, Command command, Reply doubted, ReplyHandler handler) {
  impl->enqueue(Impl::Single{std::move(command), std::move(doubted)}, std::move(handler));
}

void Client::execute_transaction(const std::shared_ptr<Impl>& impl, std::vector<Command> commands,
                                 ReplyHandler handler) {
  impl->enqueue(std::move(commands), std::move(handler));
}

void Client::shut_down(const std::shared_ptr<Impl>& impl, ShutdownHandler handler) {
  impl->shut_down(std::move(handler));
}

}  // namespace trackside
