// The least that can be a cache: what AbstractCache asks for and nothing beside, so that everything else is its
// default. It keeps nothing, so it can break no promise; what is tried is that a client lives with it.
#pragma once

#include <memory>

#include "trackside/abstract_cache.hpp"
#include "trackside/cache_stats.hpp"

namespace trackside::testing {

class PlainCache final : public AbstractCache {
 public:
  explicit PlainCache(double confidence) : confidence_(confidence) {}

  std::shared_ptr<AbstractCache> initialize(const Clock&, const CacheScope&) override { return nullptr; }
  bool healthy() const override { return !shut_; }
  double confidence() const override { return confidence_; }
  std::shared_ptr<CacheStats> stats() const override { return stats_; }
  std::optional<std::int64_t> get_client_id() const override { return std::nullopt; }
  bool get(const Query& query, Reply&) override {
    stats_->count_miss(query.key);
    return false;
  }
  PutResult put(Fill, const Query&, ReplyView, ServerTime) override { return PutResult::refused_bounds; }
  void invalidate(std::span<const std::string_view> keys) override {
    for (const std::string_view key : keys) stats_->count_invalidation(key);
  }
  void feedback(const Query& query, Match match) override {
    if (match == Match::no) {
      stats_->count_dirty(query.key);
      stats_->count_invalidation(query.key);
    }
  }
  void reset() override { stats_->compact(); }
  void shutdown() override { shut_ = true; }

 private:
  const double confidence_;
  const std::shared_ptr<CacheStats> stats_ = std::make_shared<CacheStats>();
  bool shut_ = false;
};

}  // namespace trackside::testing
