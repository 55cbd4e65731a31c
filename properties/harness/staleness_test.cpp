// What confidence does where invalidations vanish: the more it trusts, the more answers are stale.
//
// Fixed seeds, and the same runs for every setting. Each test asserts that the fault struck and the workload ran, so
// that it fails where there is nothing to measure. Neighbours: testing/search/staleness.hpp, sim/CONFIDENCE.md.
#include <gtest/gtest.h>

#include "properties/testing/search/staleness.hpp"

namespace trackside::testing {
namespace {

constexpr std::uint64_t runs = 3;
constexpr std::uint64_t dropping_percent = 20;

Staleness measured(const sim::ClientSetup& client, std::uint64_t dropping = dropping_percent) {
  Staleness all;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    all += measure_staleness(hot_keys(seed, client, dropping));
  }
  EXPECT_EQ(all.runs, runs);
  EXPECT_EQ(all.reads, runs * 12'000) << "every read is answered";
  EXPECT_EQ(all.pushes_dropped > 0, dropping > 0);
  return all;
}

Staleness with_confidence(std::uint64_t thousandths, bool dynamic = false) {
  sim::ClientSetup client = hot_keys_client();
  client.confidence_thousandths = thousandths;
  client.dynamic_confidence = dynamic;
  return measured(client);
}

TEST(Staleness, WithoutLostInvalidationsNothingIsStaleBeyondMaxIdle) {
  const Staleness none = measured(hot_keys_client(), 0);
  EXPECT_EQ(none.beyond_max_idle, 0U);
  EXPECT_GT(none.from_cache, none.reads / 2);
}

TEST(Staleness, MoreConfidenceMeansMoreStaleAnswers) {
  std::uint64_t stale = 0;
  std::uint64_t beyond = 0;
  std::uint64_t cached = 0;
  for (const std::uint64_t thousandths : {0U, 50'000U, 75'000U, 90'000U, 95'000U, 99'000U, 99'900U, 100'000U}) {
    const Staleness now = with_confidence(thousandths);
    EXPECT_GE(now.stale(), stale) << thousandths;
    EXPECT_GE(now.beyond_max_idle, beyond) << thousandths;
    EXPECT_GE(now.from_cache, cached) << thousandths;
    if (thousandths == 0) {
      EXPECT_EQ(now.stale(), 0U);
      EXPECT_EQ(now.from_cache, 0U);
    }
    stale = now.stale();
    beyond = now.beyond_max_idle;
    cached = now.from_cache;
  }
  EXPECT_GT(beyond, runs * 12'000 / 4) << "who never checks is wrong for good";
}

TEST(Staleness, ChecksFindWhatVanishedAndOnlyChecksDo) {
  EXPECT_EQ(with_confidence(100'000).dirty_hits, 0U);
  EXPECT_GT(with_confidence(90'000).dirty_hits, 0U);
}

TEST(Staleness, DynamicConfidenceStaysWhereItCannotMove) {
  EXPECT_EQ(with_confidence(100'000, true).confidence, runs * 100.0) << "without checks it learns nothing";
  EXPECT_EQ(with_confidence(0, true).confidence, 0.0);
}

TEST(Staleness, MaxTtlBoundsEveryAge) {
  sim::ClientSetup client = hot_keys_client();
  client.max_ttl = sim::second;
  const Staleness bounded = measured(client);
  EXPECT_EQ(bounded.beyond_max_idle, 0U);
  EXPECT_GT(bounded.stale(), 0U);
  EXPECT_LE(age_seconds_at(bounded, 100), 1.0);
  EXPECT_EQ(bounded.dirty_hits, 0U);
}

TEST(Staleness, AgesAreSummedUpByMeanAndRank) {
  Staleness staleness;
  EXPECT_EQ(mean_age_seconds(staleness), 0.0);
  EXPECT_EQ(age_seconds_at(staleness, 99), 0.0);
  for (sim::Instant age = 200; age > 0; --age) {
    staleness.ages.push_back(age * sim::second);
  }
  EXPECT_EQ(mean_age_seconds(staleness), 100.5);
  EXPECT_EQ(age_seconds_at(staleness, 99), 198.0);
  EXPECT_EQ(age_seconds_at(staleness, 100), 200.0);
  EXPECT_EQ(age_seconds_at(staleness, 0), 1.0);
}

TEST(Staleness, TheSameSeedGivesTheSameScenarioWhateverTheClientIs) {
  sim::ClientSetup other = hot_keys_client();
  other.confidence_thousandths = 99'900;
  sim::Scenario scenario = hot_keys(7, other, 30);
  EXPECT_NE(scenario, hot_keys(8, other, 30));
  sim::Scenario again;
  sim::ParseError error;
  ASSERT_TRUE(sim::parse(sim::print(scenario), again, error)) << error.line << ' ' << error.expected;
  EXPECT_EQ(again, scenario);
  scenario.clients = {hot_keys_client()};
  EXPECT_EQ(scenario, hot_keys(7, hot_keys_client(), 30));
}

}  // namespace
}  // namespace trackside::testing
