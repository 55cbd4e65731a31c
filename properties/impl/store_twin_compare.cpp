// What can be asked of caches and their specifications without changing anything. See store_twin.hpp.
#include <algorithm>

#include <rapidcheck.h>

#include "properties/impl/store_twin.hpp"

namespace trackside::testing {

void StoreTwin::compare() {
  compare_told();
  compare_store();
  for (const Both& cache : caches_) {
    if (cache.subject != nullptr) {
      compare_cache(cache);
    }
  }
  for (const BothStats& stats : stats_) {
    compare_stats(stats);
  }
}

void StoreTwin::compare_told() {
  std::vector<std::string> expected;
  for (const Both& cache : caches_) {
    if (cache.specification != nullptr) {
      const auto told = cache.specification->take_told();
      expected.insert(expected.end(), told.begin(), told.end());
    }
  }
  RC_ASSERT(told_ == expected);
  told_.clear();
}

void StoreTwin::compare_store() {
  RC_ASSERT(subject_store_->keys() == reference_store_->keys_by_recency().size());
  RC_ASSERT(static_cast<std::int64_t>(subject_store_->bytes()) == reference_store_->size_bytes());
  RC_ASSERT(bounds_.max_keys < 0 || subject_store_->keys() <= static_cast<std::size_t>(bounds_.max_keys));
  RC_ASSERT(bounds_.max_size_bytes < 0 || subject_store_->bytes() <= static_cast<std::size_t>(bounds_.max_size_bytes));
  RC_ASSERT(subject_store_->open_fills() == reference_store_->known_fills());
  const Both& any = living();
  for (const BothFills& fill : fills_) {
    RC_ASSERT(any.subject->is_open(fill.subject) == reference_store_->is_open(fill.specification));
  }
}

void StoreTwin::compare_cache(const Both& cache) const {
  RC_ASSERT(cache.subject->keys() == subject_store_->keys());
  RC_ASSERT(cache.subject->usage()->bytes == subject_store_->bytes());
  RC_ASSERT(cache.subject->store() == subject_store_);
  RC_ASSERT(cache.subject->confidence() == cache.specification->confidence());
  RC_ASSERT(cache.subject->healthy() == cache.specification->healthy(clock.instant));
  RC_ASSERT(cache.subject->get_client_id() == cache.specification->client_id());
  RC_ASSERT(cache.subject->foreign_connections() == cache.specification->foreign_connections());
  constexpr std::size_t looked_at = 6;
  for (std::size_t back = 0; back < std::min(puts_.size(), looked_at); ++back) {
    const Put& put = *back_in(puts_, back);
    RC_ASSERT(cache.subject->holds(Borrowed{put.query}.query, ReplyView{put.frame}) ==
              cache.specification->holds(put.query, put.frame));
    RC_ASSERT(cache.subject->accepts(Borrowed{put.query}.query) == cache.specification->accepts(put.query));
  }
}

void StoreTwin::compare_stats(const BothStats& stats) const {
  using model::Counted;
  const CacheSummary summary = stats.subject->summary();
  RC_ASSERT(summary.hits == stats.specification->total(Counted::hits));
  RC_ASSERT(summary.misses == stats.specification->total(Counted::misses));
  RC_ASSERT(summary.dirty_hits == stats.specification->total(Counted::dirty));
  RC_ASSERT(summary.invalidations == stats.specification->total(Counted::invalidations));
  RC_ASSERT(stats.subject->hits() == stats.specification->figures(Counted::hits));
  RC_ASSERT(stats.subject->misses() == stats.specification->figures(Counted::misses));
  RC_ASSERT(stats.subject->dirty() == stats.specification->figures(Counted::dirty));
  RC_ASSERT(stats.subject->invalidations() == stats.specification->figures(Counted::invalidations));
}

}  // namespace trackside::testing
