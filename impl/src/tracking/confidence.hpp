// The documented arithmetic of confidence: checks that fail multiply it by 0.999, checks that hold by 1.0001, within
// 0..100, and only if it is dynamic. `restore` brings the original back.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>

#include "trackside/abstract_cache.hpp"
#include "trackside/options.hpp"

namespace trackside::tracking {

class Confidence {
 public:
  enum class Kind : std::uint8_t { constant, dynamic };
  Confidence(double original, Kind kind)
      : original_(std::clamp(original, 0.0, 100.0)), kind_(kind), value_(original_) {}

  double value() const noexcept { return value_.load(std::memory_order_relaxed); }
  double original() const noexcept { return original_; }

  void learn(Match match) noexcept {
    if (kind_ == Kind::constant) {
      return;
    }
    double before = value();
    while (!value_.compare_exchange_weak(
        before, std::clamp(before * (match == Match::yes ? 1.0001 : 0.999), 0.0, 100.0), std::memory_order_relaxed)) {
    }
  }
  void restore() noexcept { value_.store(original_, std::memory_order_relaxed); }

 private:
  const double original_;
  const Kind kind_;
  std::atomic<double> value_;
};

inline std::shared_ptr<Confidence> confidence_of(const CacheOptions& options) {
  using Kind = Confidence::Kind;
  return std::make_shared<Confidence>(options.confidence, options.dynamic_confidence ? Kind::dynamic : Kind::constant);
}

}  // namespace trackside::tracking
