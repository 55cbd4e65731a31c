// The seam on a real machine: sockets, timers, the clock and the random device, through Boost.Asio.
//
// All of it belongs to one strand made over the executor that is given, so a multi-threaded io_context is welcome.
// `Client` owns one of these; programs need it only to run a `ClientCore` of their own.
// The contract is that of `Runtime`. Names are resolved by the system's resolver and every address is tried in turn;
// timers count on the monotonic clock, so that after a suspend they are late by at most their own delay, while `now`
// counts the suspended time (nothing that must be exact depends on a timer being on time).
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "trackside/runtime.hpp"

namespace trackside {

class AsioRuntime final : public Runtime {
 public:
  explicit AsioRuntime(boost::asio::any_io_executor executor);
  /// Forgets all pending tasks. Connections must have been destroyed before.
  ~AsioRuntime() override;
  AsioRuntime(const AsioRuntime&) = delete;
  AsioRuntime& operator=(const AsioRuntime&) = delete;

  /// The strand on which every event arrives, and to which every call except `now` belongs.
  boost::asio::any_io_executor executor() const;

  /// CLOCK_BOOTTIME. Any thread.
  Time now() const override;
  const Clock& clock() const override;
  TimerId call_at(Time when, Task task) override;
  void cancel(TimerId timer) override;
  std::uint64_t entropy() override;
  std::unique_ptr<Connection> connect(const Endpoint& endpoint, ConnectionEvents& events) override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace trackside
