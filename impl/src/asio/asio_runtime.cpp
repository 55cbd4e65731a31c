// The clock, the timers and the random device of the machine; connections are in session.cpp.
//
// One Asio timer serves all tasks: it is armed for the earliest, fires, and runs what is due. It is moved only when a
// task becomes due earlier than it is armed for; when the earliest was cancelled it fires for nothing, which costs less
// than arming it anew for every command that was answered before its timeout. With no task at all it is disarmed, so
// that an io_context without other work ends.
#include "trackside/asio_runtime.hpp"

#include <time.h>

#include <algorithm>
#include <random>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "asio/session.hpp"
#include "asio/timer_queue.hpp"

namespace trackside {

namespace {

// How long the Asio timer sleeps at most: far from the overflow of its own clock, and it looks again after that.
constexpr Duration longest_sleep = std::chrono::hours{1};

Time read_clock() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return Time{std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec}};
}

std::uint64_t seed_of_device() {
  std::random_device device;
  const std::uint64_t high = device();
  const std::uint64_t low = device();
  return (high << 32) ^ low;
}

}  // namespace

class AsioRuntime::Impl : public std::enable_shared_from_this<AsioRuntime::Impl> {
 public:
  explicit Impl(boost::asio::any_io_executor executor)
      : strand_(boost::asio::make_strand(std::move(executor))), timer_(strand_), random_state_(seed_of_device()) {}

  const asio::Strand& strand() const { return strand_; }

  // A time that has passed is taken as now: whoever asks again and again for "at once" stays behind those who wait.
  TimerId call_at(Time when, Task task) {
    const Time now = read_clock();
    const TimerId timer = queue_.add(std::max(when, now), task);
    if (!running_) arm(now);
    return timer;
  }

  void cancel(TimerId timer) {
    queue_.cancel(timer);
    if (queue_.empty()) disarm();
  }

  void stop() {
    queue_.clear();
    disarm();
  }

  // splitmix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
  std::uint64_t entropy() {
    random_state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t bits = random_state_;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
    return bits ^ (bits >> 31);
  }

 private:
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, asio::Strand>;

  void arm(Time now) {
    const Time earliest = queue_.earliest();
    if (earliest >= armed_for_ || earliest == never) return;
    armed_for_ = earliest;
    timer_.expires_after(std::clamp(earliest - now, Duration::zero(), longest_sleep));
    timer_.async_wait([self = shared_from_this(), arming = ++armings_](error_code) {
      if (arming == self->armings_) self->run();
    });
  }

  // A wait that has ended but not been delivered cannot be taken back by Asio; the count tells that it is void.
  void disarm() {
    if (armed_for_ == never) return;
    armed_for_ = never;
    ++armings_;
    timer_.cancel();
  }

  void run() {
    running_ = true;
    armed_for_ = never;
    const Time now = read_clock();
    while (const std::optional<Task> task = queue_.take(now)) (*task)();
    running_ = false;
    arm(read_clock());
  }

  asio::Strand strand_;
  Timer timer_;
  asio::TimerQueue queue_;
  Time armed_for_ = never;
  std::uint64_t armings_ = 0;
  bool running_ = false;
  std::uint64_t random_state_;
};

AsioRuntime::AsioRuntime(boost::asio::any_io_executor executor) : impl_(std::make_shared<Impl>(std::move(executor))) {}
AsioRuntime::~AsioRuntime() { impl_->stop(); }

boost::asio::any_io_executor AsioRuntime::executor() const { return impl_->strand(); }
Time AsioRuntime::now() const { return read_clock(); }
const Clock& AsioRuntime::clock() const {
  struct SystemClock final : Clock {
    Time now() const override { return read_clock(); }
  };
  static const SystemClock clock;
  return clock;
}
TimerId AsioRuntime::call_at(Time when, Task task) { return impl_->call_at(when, task); }
void AsioRuntime::cancel(TimerId timer) { impl_->cancel(timer); }
std::uint64_t AsioRuntime::entropy() { return impl_->entropy(); }

std::unique_ptr<Connection> AsioRuntime::connect(const Endpoint& endpoint, ConnectionEvents& events) {
  return asio::connect(impl_->strand(), endpoint, events);
}

}  // namespace trackside
