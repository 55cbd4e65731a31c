// A clock that one thread sets and others read.
#pragma once

#include <atomic>
#include <cstdint>

#include "trackside/time.hpp"

namespace trackside::testing {

class StressClock final : public Clock {
 public:
  Time now() const override { return Time{Duration{instant.load(std::memory_order_acquire)}}; }
  std::atomic<std::int64_t> instant{1'000'000};
};

}  // namespace trackside::testing
