// Keeping the bounds: exact least recently used, in batches. See store.hpp.
#include <algorithm>

#include "cache/store.hpp"
#include "seam/mark.hpp"

namespace trackside::cache {

bool Store::over_bounds() const {
  return (max_keys_ >= 0 && keys_.load(std::memory_order_relaxed) > max_keys_) ||
         (max_size_bytes_ >= 0 && bytes_.load(std::memory_order_relaxed) > max_size_bytes_);
}

void Store::evict() {
  const std::lock_guard guard{growth_};
  while (over_bounds()) {
    if (oldest_.empty()) {
      choose_oldest();
    }
    if (oldest_.empty()) {
      return;
    }
    const Stamped candidate = oldest_.back();
    oldest_.pop_back();
    Shard& shard = shard_of(candidate.hash);
    const ShortLockGuard shard_guard{shard.lock};
    const auto at = shard.table.find(candidate);
    TRACKSIDE_MARK_IF(evicted_by_capacity, at != shard.table.end());
    if (at != shard.table.end()) {
      erase_key(shard, at);
    }
  }
}

void Store::choose_oldest() {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    for (const CachedKey* key : shard.table) {
      oldest_.push_back({key->stamp, key->hash()});
    }
  }
  const std::size_t wanted = std::max<std::size_t>(oldest_.size() / 8, 1);
  const auto by_age = [](const Stamped& left, const Stamped& right) { return left.stamp < right.stamp; };
  if (wanted < oldest_.size()) {
    std::nth_element(oldest_.begin(), oldest_.begin() + static_cast<std::ptrdiff_t>(wanted), oldest_.end(), by_age);
    oldest_.resize(wanted);
  }
  std::sort(oldest_.begin(), oldest_.end(),
            [&](const Stamped& left, const Stamped& right) { return by_age(right, left); });
}

}  // namespace trackside::cache
