// How long to wait before connecting again: doubling, capped, and jittered so that a thousand clients of one restarted
// server do not come back at once (half of each wait is random). A link that worked starts over.
#pragma once

#include <algorithm>
#include <cstdint>

#include "trackside/options.hpp"

namespace trackside::link {

class Backoff {
 public:
  explicit Backoff(BackoffOptions options) : options_(options), wait_(options.first) {}

  void succeeded() { wait_ = options_.first; }

  /// Between half of the current wait and all of it, inclusive.
  Duration next(std::uint64_t entropy) {
    const std::int64_t half = std::max<std::int64_t>(wait_.count() / 2, 0);
    wait_ = std::min(wait_ * 2, options_.cap);
    return Duration{half + static_cast<std::int64_t>(entropy % (static_cast<std::uint64_t>(half) + 1))};
  }

 private:
  BackoffOptions options_;
  Duration wait_;
};

}  // namespace trackside::link
