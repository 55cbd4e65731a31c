// A call asks the cache in its own thread, and only on a miss hands the command to the thread of the io_context and
// sleeps until that has told it.
//
// Invariant: as long as a call is inside, the io_context runs, so whoever waits is told. Each call holds the door open;
// the destructor shuts down, waits until the door has closed behind the last one, and only then ends the thread.
#include "trackside/blocking_client.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "seam/assertion.hpp"
#include "trackside/client.hpp"

namespace trackside {

namespace net = boost::asio;

namespace {

/// What one thread waits for and another one tells, once. It is gone as soon as `wait` has returned, so it is told
/// under the lock.
template <class T>
class Waiter {
 public:
  void tell(T value) {
    const std::lock_guard lock{mutex_};
    value_.emplace(std::move(value));
    told_.notify_one();
  }
  T wait() {
    std::unique_lock lock{mutex_};
    told_.wait(lock, [this] { return value_.has_value(); });
    return *std::move(value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::optional<T> value_;
};

}  // namespace

class BlockingClient::Impl {
 public:
  Impl(ClientOptions options, std::shared_ptr<AbstractCache> cache)
      : client_(std::in_place, io_.get_executor(), std::move(options), std::move(cache)) {
    std::promise<void> left;
    everybody_left_ = left.get_future();
    door_ = {nullptr, [left = std::move(left)](std::nullptr_t) mutable { left.set_value(); }};
    thread_ = std::thread{[this] { io_.run(); }};
  }

  ~Impl() {
    client_.reset();
    net::post(io_, [this] { io_.stop(); });  // behind the client's own end; a name being resolved is not waited for
    thread_.join();
  }

  /// To be held by every call from its first moment to its last.
  std::shared_ptr<void> enter() const { return door_; }

  /// Ends all calls, and returns when nobody is inside any more.
  void close() {
    shutdown();
    door_.reset();
    everybody_left_.wait();
  }

  bool cached(const Command& command, Reply& out) { return Client::ask_cache(client_->impl_, command, out); }
  bool healthy() const { return client_->healthy(); }

  Result<Reply> execute(Command command, Reply doubted) {
    return wait_for([&](auto handler) {
      Client::execute(client_->impl_, std::move(command), std::move(doubted), std::move(handler));
    });
  }

  Result<Reply> execute_transaction(std::vector<Command> commands) {
    return wait_for([&](auto handler) {
      Client::execute_transaction(client_->impl_, std::move(commands), std::move(handler));
    });
  }

  void shutdown() {
    Waiter<std::monostate> waiter;
    expect_another_thread();
    client_->async_shutdown([&waiter] { waiter.tell({}); });
    waiter.wait();
  }

 private:
  template <class Start>
  Result<Reply> wait_for(Start start) {
    Waiter<Result<Reply>> waiter;
    expect_another_thread();
    start([&waiter](error_code error, Reply reply) {
      if (error) return waiter.tell(error);
      waiter.tell(std::move(reply));
    });
    return waiter.wait();
  }

  void expect_another_thread() { TRACKSIDE_ASSERT(!io_.get_executor().running_in_this_thread()); }

  net::io_context io_;
  net::executor_work_guard<net::io_context::executor_type> work_{io_.get_executor()};
  std::optional<Client> client_;
  std::future<void> everybody_left_;
  std::shared_ptr<void> door_;
  std::thread thread_;
};

BlockingClient::BlockingClient(ClientOptions options, std::shared_ptr<AbstractCache> cache)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(cache))) {}

BlockingClient::~BlockingClient() { impl_->close(); }

Result<Reply> BlockingClient::execute(Command command) {
  const auto inside = impl_->enter();
  Reply reply;
  if (impl_->cached(command, reply)) return reply;
  return impl_->execute(std::move(command), std::move(reply));
}

Result<Reply> BlockingClient::transaction(std::vector<Command> commands) {
  const auto inside = impl_->enter();
  return impl_->execute_transaction(std::move(commands));
}

bool BlockingClient::cached(const Command& command, Reply& out) {
  const auto inside = impl_->enter();
  return impl_->cached(command, out);
}

bool BlockingClient::healthy() const {
  const auto inside = impl_->enter();
  return impl_->healthy();
}

void BlockingClient::shutdown() {
  const auto inside = impl_->enter();
  impl_->shutdown();
}

}  // namespace trackside
