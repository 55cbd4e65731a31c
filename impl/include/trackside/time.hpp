// Time as the library knows it: nanoseconds on one clock that keeps counting while the machine is suspended.
//
// All promises about staleness are judged on this clock. It is read through `Clock` and never from the
// operating system directly, so that the simulator can be the clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace trackside {

using Duration = std::chrono::nanoseconds;

struct RuntimeClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<RuntimeClock, Duration>;
  static constexpr bool is_steady = true;
};

/// A point on the client's clock. Only differences mean anything.
using Time = RuntimeClock::time_point;

inline constexpr Time long_ago = Time::min();
inline constexpr Time never = Time::max();

class Clock {
 public:
  /// Time since some fixed instant, suspended time included. Callable from any thread.
  virtual Time now() const = 0;

 protected:
  ~Clock() = default;
};

}  // namespace trackside
