// Many failing runs are few reports: as many as there are mistakes, whatever promises these break.
#include <memory>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "properties/testing/search/distinct.hpp"
#include "properties/testing/subjects/variations_of_links.hpp"
#include "properties/testing/subjects/variations_of_replies.hpp"

namespace trackside::testing {
namespace {

/// The verified cache with five wrong ideas at once, or some of them.
enum Idea : unsigned {
  no_fence = 1,
  late_fill = 2,
  ignores_null_push = 4,
  by_keys_only = 8,
  serves_on = 16,
  all_five = 31,
};

template <class Wrong>
void vary(std::shared_ptr<AbstractCache>& cache, const CacheOptions& options) {
  cache = std::make_shared<Wrong>(std::move(cache), options.max_idle);
}

std::shared_ptr<AbstractCache> wrong(const CacheOptions& options, unsigned ideas) {
  CacheOptions within = options;
  if (ideas & by_keys_only) within = BoundedByKeysOnly::options_within(within);
  if (ideas & serves_on) within = FlushOnReconnectOnly::options_within(within);
  std::shared_ptr<AbstractCache> cache = std::make_shared<TrackingCache>(within);
  if (ideas & no_fence) vary<NoFence>(cache, options);
  if (ideas & late_fill) vary<LateFill>(cache, options);
  if (ideas & ignores_null_push) vary<IgnoresNullPush>(cache, options);
  if (ideas & by_keys_only) vary<BoundedByKeysOnly>(cache, options);
  if (ideas & serves_on) vary<FlushOnReconnectOnly>(cache, options);
  return cache;
}

CacheFactory with(unsigned ideas) {
  return [ideas](const CacheOptions& options) { return wrong(options, ideas); };
}

std::size_t seeds_of(const std::vector<DistinctFailure>& found) {
  std::size_t seeds = 0;
  for (const DistinctFailure& failure : found) seeds += 1 + failure.like.size();
  return seeds;
}

std::size_t seeds_kept(const Totals& totals) {
  std::size_t kept = 0;
  for (const auto& [promise, each] : totals.failing_seeds) kept += each.size();
  return kept;
}

TEST(Distinct, AThousandFailingRunsOfFiveBugsAreFiveOrSixReports) {
  Exploration exploration;
  CacheFeatures features = every_feature;
  features.max_ttl = false;  // late_fill counts ages from the arrival, too, which would be a sixth bug
  exploration.generator = {.world = WorldKind::node, .features = features, .make = with(all_five)};
  exploration.runs = 6'000;
  exploration.jobs = 2;
  Progress progress;
  const Totals totals = explore(exploration, progress);
  ASSERT_GE(totals.violations, 1'000u);
  const auto found = distinct_failures(totals, exploration.generator, 2);
  EXPECT_GE(found.size(), 5u);
  EXPECT_LE(found.size(), 6u);
  EXPECT_EQ(seeds_of(found), seeds_kept(totals)) << "each seed is in one report";
  // Each idea has a report: a scenario that holds once the idea is put right.
  std::set<unsigned> to_blame;
  for (const DistinctFailure& failure : found) {
    SCOPED_TRACE(failure.signature.cause);
    const RunResult again = run(failure.reduction.scenario, {.make = with(all_five)});
    ASSERT_TRUE(again.violation);
    EXPECT_EQ(again.violation->promise, failure.promise);
    for (const unsigned idea : {no_fence, late_fill, ignores_null_push, by_keys_only, serves_on}) {
      if (!run(failure.reduction.scenario, {.make = with(all_five & ~idea)}).violation) to_blame.insert(idea);
    }
  }
  EXPECT_EQ(to_blame.size(), 5u);
}

TEST(Distinct, HundredsOfFailingRunsOfTheNaiveCacheAreAFew) {
  Exploration exploration;
  exploration.generator = {.subject = "naive", .operations = 30, .world = WorldKind::node};
  exploration.runs = 1'000;
  exploration.jobs = 2;
  Progress progress;
  const Totals totals = explore(exploration, progress);
  ASSERT_GT(totals.violations, 100u);
  const auto found = distinct_failures(totals, exploration.generator, 2);
  EXPECT_LE(found.size(), 12u);
  EXPECT_EQ(seeds_of(found), seeds_kept(totals));
  for (const DistinctFailure& failure : found) {
    const RunResult again = run(failure.reduction.scenario);
    ASSERT_TRUE(again.violation);
    EXPECT_EQ(again.violation->promise, failure.promise);
  }
}

TEST(Distinct, TheNumberOfThreadsDoesNotMatter) {
  Exploration exploration;
  exploration.generator = {.subject = "naive", .operations = 20, .world = WorldKind::node};
  exploration.runs = 60;
  Progress progress;
  const Totals totals = explore(exploration, progress);
  const auto one = distinct_failures(totals, exploration.generator, 1);
  const auto three = distinct_failures(totals, exploration.generator, 3);
  ASSERT_EQ(one.size(), three.size());
  for (std::size_t at = 0; at < one.size(); ++at) {
    EXPECT_EQ(one[at].seed, three[at].seed);
    EXPECT_EQ(one[at].like, three[at].like);
    EXPECT_EQ(one[at].reduction.scenario, three[at].reduction.scenario);
  }
}

}  // namespace
}  // namespace trackside::testing
