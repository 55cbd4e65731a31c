// CacheStats shows what its naive reference shows, over random calls with caches that come and go and little room.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "model/reference_stats.hpp"
#include "properties/impl/hit_shelf.hpp"
#include "properties/run_count.hpp"

namespace trackside::testing {
namespace {

using model::Counted;
using model::ReferenceStats;
using namespace std::string_literals;

enum class Call : std::uint8_t {
  hit_in_cache,
  leave_cache,
  hit,
  miss,
  invalidation,
  dirty,
  compact,
  clear,
  new_cache,
  end_cache
};

struct Step {
  Call call;
  unsigned key;
  unsigned cache;
};

void showValue(const Step& step, std::ostream& out) {
  static constexpr std::array names = {"hit_in_cache", "leave_cache", "hit",   "miss",      "invalidation",
                                       "dirty",        "compact",     "clear", "new_cache", "end_cache"};
  out << names[static_cast<std::size_t>(step.call)] << '(' << step.key << ", " << step.cache << ')';
}

rc::Gen<Step> any_step() {
  return rc::gen::construct<Step>(rc::gen::weightedElement<Call>({{20, Call::hit_in_cache},
                                                                  {6, Call::leave_cache},
                                                                  {6, Call::hit},
                                                                  {10, Call::miss},
                                                                  {6, Call::invalidation},
                                                                  {3, Call::dirty},
                                                                  {2, Call::compact},
                                                                  {1, Call::clear},
                                                                  {2, Call::new_cache},
                                                                  {2, Call::end_cache}}),
                                  rc::gen::inRange(0u, 40u), rc::gen::inRange(0u, 3u));
}

/// A few that are easily confused, then a crowd; of 0 to 40 bytes.
std::string key_of(unsigned number) {
  static const std::array odd = {""s, "\0"s, "k"s, "k\0"s, std::string(40, 'k')};
  return number < odd.size() ? odd[number] : "key:" + std::to_string(number);
}

std::size_t bytes_of(const KeyCounts& rows) {
  std::size_t bytes = 0;
  for (const auto& [key, count] : rows) {
    bytes += key.size();
  }
  return bytes;
}

class Twin {
 public:
  explicit Twin(CacheStatsLimits limits)
      : limits_(limits),
        subject_(std::make_shared<CacheStats>(limits)),
        reference_({.keys_max = limits.keys_max, .key_bytes_max = limits.key_bytes_max}) {}

  void take(const Step& step) {
    const std::string key = key_of(step.key);
    switch (step.call) {
      case Call::hit_in_cache: hit_in_cache(key, step.cache); break;
      case Call::leave_cache: leave_cache(key, step.cache); break;
      case Call::hit: count(Counted::hits, key); break;
      case Call::miss: count(Counted::misses, key); break;
      case Call::invalidation: count(Counted::invalidations, key); break;
      case Call::dirty: count(Counted::dirty, key); break;
      case Call::compact:
        subject_->compact();
        reference_.compact();
        break;
      case Call::clear:
        subject_->clear();
        reference_.clear();
        break;
      case Call::new_cache: caches_.push_back(std::make_unique<HitShelf>(subject_, 1 + step.key % 4)); break;
      case Call::end_cache: end_cache(step.cache); break;
    }
    compare();
  }

  /// What is asserted about single keys, so that somebody can tell whether it is much.
  std::uint64_t exact_figures() const { return exact_figures_; }
  std::uint64_t bounded_figures() const { return bounded_figures_; }

 private:
  void hit_in_cache(const std::string& key, unsigned cache) {
    if (!caches_.empty()) {
      caches_[cache % caches_.size()]->hit(key);
      reference_.count(Counted::hits, key);
    }
  }

  void leave_cache(const std::string& key, unsigned cache) {
    if (!caches_.empty()) {
      caches_[cache % caches_.size()]->remove(key);
    }
  }

  void end_cache(unsigned cache) {
    if (!caches_.empty()) {
      caches_.erase(caches_.begin() + static_cast<std::ptrdiff_t>(cache % caches_.size()));
    }
  }

  /// Who was counted last has a row, whoever had to go for it.
  void count(Counted what, const std::string& key) {
    switch (what) {
      case Counted::hits: subject_->count_hits(key, 1); break;
      case Counted::misses: subject_->count_miss(key); break;
      case Counted::invalidations: subject_->count_invalidation(key); break;
      case Counted::dirty: subject_->count_dirty(key); break;
    }
    reference_.count(what, key);
    RC_ASSERT(!reference_.may_show(key) || shown(what).count(key) == 1);
  }

  KeyCounts shown(Counted what) const {
    switch (what) {
      case Counted::hits: return subject_->hits();
      case Counted::misses: return subject_->misses();
      case Counted::invalidations: return subject_->invalidations();
      case Counted::dirty: return subject_->dirty();
    }
    return {};
  }

  void compare() {
    RC_ASSERT(subject_->summary() == (CacheSummary{.hits = reference_.total(Counted::hits),
                                                   .misses = reference_.total(Counted::misses),
                                                   .dirty_hits = reference_.total(Counted::dirty),
                                                   .invalidations = reference_.total(Counted::invalidations)}));
    for (const Counted what : model::every_counted) {
      compare_figures(shown(what), reference_.figures(what));
    }
    compare_what_is_held();
    compare_room();
  }

  void compare_figures(const KeyCounts& figures, const KeyCounts& counted) {
    if (reference_.shows_all()) {
      RC_ASSERT(figures == counted);
      exact_figures_ += figures.size();
      return;
    }
    for (const auto& [key, count] : figures) {
      RC_ASSERT(counted.count(key) == 1u);
      RC_ASSERT(count > 0u);
      RC_ASSERT(count <= counted.at(key));
    }
    bounded_figures_ += figures.size();
  }

  void compare_what_is_held() const {
    KeyCounts held;
    for (const auto& cache : caches_) {
      for (const auto& [key, count] : cache->held()) {
        held[key] += count;
      }
    }
    const KeyCounts hits = shown(Counted::hits);
    for (const auto& [key, count] : held) {
      RC_ASSERT(hits.count(key) == 1u);
      RC_ASSERT(hits.at(key) >= count);
    }
  }

  /// Rows of hits are in the way of others too, but those that caches hold show there as well.
  void compare_room() const {
    KeyCounts rows = shown(Counted::misses);
    rows.merge(shown(Counted::invalidations));
    rows.merge(shown(Counted::dirty));
    if (caches_.empty()) {
      rows.merge(shown(Counted::hits));
    }
    RC_ASSERT(rows.size() <= limits_.keys_max);
    RC_ASSERT(bytes_of(rows) <= limits_.key_bytes_max);
  }

  const CacheStatsLimits limits_;
  const std::shared_ptr<CacheStats> subject_;
  ReferenceStats reference_;
  std::vector<std::unique_ptr<HitShelf>> caches_;
  std::uint64_t exact_figures_ = 0;
  std::uint64_t bounded_figures_ = 0;
};

CacheStatsLimits any_limits() {
  return {.keys_max = *rc::gen::element<std::size_t>(0, 1, 2, 3, 10, 30, 4096),
          .key_bytes_max = *rc::gen::weightedElement<std::size_t>({{1, 0}, {1, 1}, {2, 9}, {2, 50}, {6, 100'000}})};
}

TEST(CacheStats, ShowsWhatItsSpecificationShows) {
  std::uint64_t exact = 0;
  std::uint64_t bounded = 0;
  check_runs(600, [&exact, &bounded] {
    // At full size, since RapidCheck's small sizes prefer the first of everything.
    Twin twin{*rc::gen::resize(100, rc::gen::exec(any_limits))};
    for (const Step& step : *rc::gen::resize(150, rc::gen::container<std::vector<Step>>(any_step()))) {
      twin.take(step);
    }
    exact += twin.exact_figures();
    bounded += twin.bounded_figures();
  });
  EXPECT_GT(exact, 1'000u) << "the calls have to leave figures, or they compare nothing";
  EXPECT_GT(bounded, 1'000u) << "the calls have to reach the limits";
}

}  // namespace
}  // namespace trackside::testing
