// A source of hits as simple as can be: it counts them in place, hands over a key's when its counter is full or the key
// leaves, all under one lock, as a shard of the store does. Attached as long as it lives.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "cache/hit_source.hpp"
#include "trackside/cache_stats.hpp"

namespace trackside::testing {

class HitShelf final : public cache::HitSource {
 public:
  HitShelf(std::shared_ptr<CacheStats> stats, std::uint64_t full) : stats_(std::move(stats)), full_(full) {
    stats_->attach(*this);
  }
  ~HitShelf() { stats_->detach(*this); }
  HitShelf(const HitShelf&) = delete;
  HitShelf& operator=(const HitShelf&) = delete;

  void hit(const std::string& key) {
    const std::lock_guard guard{lock_};
    std::uint64_t& count = held_[key];
    if (++count == full_) {
      stats_->count_hits(key, std::exchange(count, 0));
    }
  }

  /// The key is evicted, or invalidated.
  void remove(const std::string& key) {
    const std::lock_guard guard{lock_};
    const auto at = held_.find(key);
    if (at != held_.end()) {
      stats_->count_hits(key, at->second);
      held_.erase(at);
    }
  }

  KeyCounts held() const {
    KeyCounts held;
    visit_hits([&held](std::string_view key, std::uint64_t count) { held[std::string{key}] += count; });
    return held;
  }

  std::uint64_t hits_held() const override {
    std::uint64_t sum = 0;
    visit_hits([&sum](std::string_view, std::uint64_t count) { sum += count; });
    return sum;
  }

  void visit_hits(const Visitor& visitor) const override {
    const std::lock_guard guard{lock_};
    for (const auto& [key, count] : held_) {
      if (count > 0) {
        visitor(key, count);
      }
    }
  }

  void take_hits(const Visitor& visitor) override {
    const std::lock_guard guard{lock_};
    for (auto& [key, count] : held_) {
      if (count > 0) {
        visitor(key, std::exchange(count, 0));
      }
    }
  }

 private:
  const std::shared_ptr<CacheStats> stats_;
  const std::uint64_t full_;
  mutable std::mutex lock_;
  KeyCounts held_;
};

}  // namespace trackside::testing
