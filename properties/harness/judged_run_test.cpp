// Every rule about what a cache says of itself fires in a real run: the verified cache, spoilt in one respect, is given
// to the shipped client on the simulated server, and the promise concerned is the one that breaks.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "properties/testing/generation/generator.hpp"
#include "properties/testing/running/run.hpp"
#include "trackside/forwarding_cache.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {
namespace {

/// Passes everything on to a verified cache; a spoilt one overrides what it does wrong.
class PassingCache : public ForwardingCache {
 public:
  explicit PassingCache(CacheOptions options)
      : ForwardingCache(std::make_shared<NodeTrackingCache>(std::move(options))) {}
};

/// Statistics that show these totals.
std::shared_ptr<CacheStats> stats_of(const CacheSummary& totals) {
  auto stats = std::make_shared<CacheStats>();
  const auto times = [](std::uint64_t count, const auto& act) {
    for (; count > 0; --count) {
      act();
    }
  };
  stats->count_hits("k", totals.hits);
  times(totals.misses, [&] { stats->count_miss("k"); });
  times(totals.dirty_hits, [&] { stats->count_dirty("k"); });
  times(totals.invalidations, [&] { stats->count_invalidation("k"); });
  return stats;
}

/// Two clients that read two keys, one of which fits into the cache, and check every second hit; sometimes they write.
/// For a while one of them is told of nothing, so that its checks find out.
sim::Scenario checked_reads() {
  sim::Scenario scenario;
  scenario.seed = 1;
  scenario.clients.assign(2, {.max_keys = 1, .confidence_thousandths = 50'000, .dynamic_confidence = true});
  scenario.faults = {{.id = 1, .kind = sim::FaultKind::push_drop, .at = sim::second, .duration = 2 * sim::second}};
  for (std::uint32_t id = 1; id <= 200; ++id) {
    const std::string key = id / 16 % 2 == 0 ? "k" : "l";
    scenario.operations.push_back({.id = id,
                                   .at = id * 20 * sim::millisecond,
                                   .actor = {.kind = sim::ActorKind::client, .index = id % 2},
                                   .words = id % 11 == 0
                                                ? std::vector<std::string>{"SET", key, "v" + std::to_string(id)}
                                                : std::vector<std::string>{"GET", key}});
  }
  return scenario;
}

template <class Cache>
RunResult run_with() {
  return run(checked_reads(), {.make = [](const CacheOptions& options) { return std::make_shared<Cache>(options); }});
}

std::string_view broken_by(const RunResult& result) {
  return result.violation ? model::code_of(result.violation->promise) : "none";
}

TEST(JudgedRun, TheVerifiedCacheHoldsAndEveryRuleIsPutToTheTest) {
  const RunResult result = run_with<PassingCache>();
  EXPECT_EQ(broken_by(result), "none") << result.violation->expected << "; got " << result.violation->got;
  for (const auto promise : {model::Promise::bounds, model::Promise::true_counters, model::Promise::confidence}) {
    EXPECT_GT(result.checked[static_cast<std::size_t>(promise)], 0u) << model::name_of(promise);
  }
}

TEST(JudgedRun, WhatVanishedPushesLeaveBehindIsNobodysFault) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    sim::Scenario scenario = generate(seed, {});
    scenario.faults.insert(scenario.faults.begin(),
                           {.id = 1'000, .kind = sim::FaultKind::push_drop, .at = 0, .duration = scenario.faults_end});
    const RunResult result = run(scenario);
    ASSERT_EQ(broken_by(result), "none") << "seed " << seed << ": " << result.violation->expected << "; got "
                                         << result.violation->got;
  }
}

/// Counts hits that are only looked at.
class CountsLooks final : public PassingCache {
 public:
  using PassingCache::PassingCache;
  bool holds(const Query& query, ReplyView value) const override {
    ++looks_;
    return PassingCache::holds(query, value);
  }
  std::shared_ptr<CacheStats> stats() const override {
    CacheSummary summary = PassingCache::stats()->summary();
    summary.hits += looks_;
    return stats_of(summary);
  }

 private:
  mutable std::uint64_t looks_ = 0;
};

TEST(JudgedRun, ACacheThatCountsLooksAsHitsBreaksTrueCounters) { EXPECT_EQ(broken_by(run_with<CountsLooks>()), "G9"); }

/// Counts fences, which are no invalidations.
class CountsFences final : public PassingCache {
 public:
  using PassingCache::PassingCache;
  void fence(std::span<const std::string_view> keys) override { PassingCache::invalidate(keys); }
};

TEST(JudgedRun, ACacheThatCountsFencesBreaksTrueCounters) { EXPECT_EQ(broken_by(run_with<CountsFences>()), "G9"); }

/// Evicts only when the next reply comes.
class EvictsLate final : public PassingCache {
 public:
  explicit EvictsLate(CacheOptions options) : PassingCache(one_more(options)) {}

 private:
  static CacheOptions one_more(CacheOptions options) {
    ++options.max_keys;
    return options;
  }
};

TEST(JudgedRun, ACacheThatEvictsLateBreaksBounds) {
  const RunResult result = run_with<EvictsLate>();
  ASSERT_EQ(broken_by(result), "G7");
  EXPECT_EQ(result.violation->got.substr(result.violation->got.find("holds")), "holds 2 keys");
}

/// Does not know that its hits were wrong.
class CountsNoDirt final : public PassingCache {
 public:
  using PassingCache::PassingCache;
  std::shared_ptr<CacheStats> stats() const override {
    CacheSummary summary = PassingCache::stats()->summary();
    summary.dirty_hits = 0;
    return stats_of(summary);
  }
};

TEST(JudgedRun, ACacheThatCountsNoDirtyHitsBreaksTrueCounters) { EXPECT_EQ(broken_by(run_with<CountsNoDirt>()), "G9"); }

/// Restores its confidence with every match, and not in steps.
class RecoversAtOnce final : public PassingCache {
 public:
  using PassingCache::PassingCache;
  void feedback(const Query& query, Match match) override {
    PassingCache::feedback(query, match);
    matched_ = match == Match::yes;
  }
  double confidence() const override { return matched_ ? 100.0 : PassingCache::confidence(); }

 private:
  bool matched_ = false;
};

TEST(JudgedRun, ACacheThatTrustsItselfTooSoonBreaksConfidence) {
  EXPECT_EQ(broken_by(run_with<RecoversAtOnce>()), "G10");
}

}  // namespace
}  // namespace trackside::testing
