// Anybody's cache on the simulated server: what is found, what can be seen again, and with what a cache is not
// bothered.
#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "properties/testing/generation/generator.hpp"
#include "properties/testing/subjects/naive_cache.hpp"
#include "properties/testing/subjects/plain_cache.hpp"
#include "properties/testing/subjects/subjects.hpp"
#include "trackside/node_tracking_cache.hpp"
#include "trackside/testing/try_cache.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<AbstractCache> naive(const CacheOptions& options) { return std::make_shared<NaiveCache>(options); }
std::shared_ptr<AbstractCache> verified(const CacheOptions& options) {
  return std::make_shared<TrackingCache>(options);
}

/// Whatever it is asked for, it is quiet for three seconds at most and wants to be told of everything under "s".
std::shared_ptr<AbstractCache> stubborn(CacheOptions options) {
  options.max_idle = 3s;
  options.tracking = {.selection = Selection::broadcast, .prefixes = {"s"}};
  return std::make_shared<NodeTrackingCache>(std::move(options));
}

/// Takes its connection for good until that is closed.
std::shared_ptr<AbstractCache> trusting(CacheOptions options) {
  options.max_idle = 24h * 365;
  return std::make_shared<NaiveCache>(options);
}

/// Whether a client of any of a hundred scenarios is set like this.
bool occurs(const GeneratorOptions& options, const std::function<bool(const sim::ClientSetup&)>& like_this) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const sim::Scenario scenario = generate(seed, options);
    if (std::any_of(scenario.clients.begin(), scenario.clients.end(), like_this)) {
      return true;
    }
  }
  return false;
}

bool asks_for_several(const GeneratorOptions& options) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const sim::Scenario scenario = generate(seed, options);
    if (std::any_of(scenario.operations.begin(), scenario.operations.end(),
                    [](const sim::Operation& operation) { return operation.words.front() == "MGET"; })) {
      return true;
    }
  }
  return false;
}

TEST(TryCache, ACacheThatNeverAsksIsTriedInMinutesAndNotInYears) {
  const GeneratorOptions options{.make = trusting};
  const auto is_longer = [](const sim::ClientSetup& setup) { return setup.max_idle != 600 * sim::second; };
  EXPECT_FALSE(occurs(options, is_longer));
  const Findings findings = try_cache(trusting, {.name = "trusting", .runs = 100, .shrinking_runs_max = 20});
  ASSERT_FALSE(findings.held());
  EXPECT_LT(findings.virtual_hours, 100 * 700.0 / 3'600);
}

TEST(TryCache, WhatIsBrokenIsTold) {
  const Findings findings = try_cache(naive, {.name = "mine", .runs = 100, .shrinking_runs_max = 100});
  ASSERT_FALSE(findings.held());
  EXPECT_EQ(findings.runs, 100u);
  const std::string text = to_text(findings);
  EXPECT_EQ(text.find("mine: 100 runs"), 0u) << text;
  for (const BrokenPromise& broken : findings.broken) {
    EXPECT_EQ(broken.name.find(broken.code), 0u);
    EXPECT_FALSE(broken.sentence.empty());
    EXPECT_FALSE(broken.expected.empty());
    EXPECT_GE(broken.runs, 1u);
    EXPECT_LE(broken.steps, broken.steps_before);
    EXPECT_NE(broken.story.find("<-- breaks " + broken.code), std::string::npos) << broken.story;
    EXPECT_NE(text.find(broken.sentence), std::string::npos);
    EXPECT_NE(text.find(broken.story), std::string::npos);
    EXPECT_NE(text.find("replay_seed(" + std::to_string(broken.seed)), std::string::npos);
    EXPECT_NE(broken.scenario.find("subject mine"), std::string::npos);
  }
}

TEST(TryCache, WhatWasFoundIsSeenAgain) {
  const TryOptions options{.runs = 100, .shrinking_runs_max = 100};
  const Findings findings = try_cache(naive, options);
  ASSERT_FALSE(findings.held());
  for (const BrokenPromise& broken : findings.broken) {
    const Replay shrunk = replay(broken.scenario, naive);
    EXPECT_EQ(shrunk.problem, "");
    ASSERT_TRUE(shrunk.broken) << broken.scenario;
    EXPECT_EQ(shrunk.broken->code, broken.code);
    EXPECT_EQ(shrunk.broken->got, broken.got);
    EXPECT_EQ(shrunk.story, broken.story);
    const Replay whole = replay_seed(broken.seed, naive, options);
    ASSERT_TRUE(whole.broken);
    EXPECT_EQ(whole.broken->code, broken.code);
    EXPECT_EQ(whole.broken->steps, broken.steps_before);
  }
}

TEST(TryCache, AnotherCacheInTheSameScenarioIsJudgedByItself) {
  const Findings findings = try_cache(naive, {.runs = 100, .shrinking_runs_max = 20});
  ASSERT_FALSE(findings.held());
  EXPECT_FALSE(replay(findings.broken.front().scenario, verified).broken);
}

TEST(TryCache, WhatIsFoundDoesNotDependOnJobs) {
  const Findings one = try_cache(naive, {.runs = 60, .jobs = 1, .shrinking_runs_max = 20});
  const Findings several = try_cache(naive, {.runs = 60, .jobs = 3, .shrinking_runs_max = 20});
  EXPECT_EQ(to_text(one), to_text(several));
}

TEST(TryCache, TheVerifiedCacheHoldsWithEveryFeature) {
  const Findings findings = try_cache(verified, {.runs = 200, .features = every_feature});
  EXPECT_TRUE(findings.held()) << to_text(findings);
  EXPECT_GT(findings.hits, 0u);
  EXPECT_NE(to_text(findings).find("Every promise held in every run."), std::string::npos);
}

TEST(TryCache, ACacheThatKeepsNothingIsNotPraised) {
  const auto make = [](const CacheOptions&) { return std::make_shared<PlainCache>(100); };
  const Findings findings = try_cache(make, {.runs = 100});
  EXPECT_TRUE(findings.held()) << to_text(findings);
  EXPECT_EQ(findings.hits, 0u);
  EXPECT_NE(to_text(findings).find("nothing was tried"), std::string::npos);
}

TEST(TryCache, ACacheIsHeldToWhatItSaysOfItself) {
  const Findings findings = try_cache(stubborn, {.runs = 200});
  EXPECT_TRUE(findings.held()) << to_text(findings);
  EXPECT_GT(findings.hits, 0u);
  const GeneratorOptions options{.subject = "stubborn", .features = {}, .make = stubborn};
  EXPECT_FALSE(occurs(options, [](const sim::ClientSetup& setup) {
    return setup.max_idle != 3 * sim::second || setup.selection != sim::Selection::broadcast ||
           setup.prefixes != std::vector<std::string>{"s"};
  }));
}

TEST(TryCache, WhatACacheCannotDoIsNotAskedOfIt) {
  const auto redirects = [](const sim::ClientSetup& setup) {
    return setup.delivery == sim::Delivery::redirect || setup.protocol == sim::Dialect::resp2 ||
           setup.data_connections != 1;
  };
  const auto shares = [](const sim::ClientSetup& setup) { return setup.shares.has_value(); };
  const auto has_max_ttl = [](const sim::ClientSetup& setup) { return setup.max_ttl != 0; };
  const GeneratorOptions all{};
  const GeneratorOptions least{.features = {.several_keys = false}};
  EXPECT_TRUE(occurs(all, redirects));
  EXPECT_FALSE(occurs(least, redirects));
  EXPECT_TRUE(occurs(all, shares));
  EXPECT_FALSE(occurs(least, shares));
  EXPECT_TRUE(occurs(all, has_max_ttl));
  EXPECT_FALSE(occurs(least, has_max_ttl));
  EXPECT_TRUE(asks_for_several(all));
  EXPECT_FALSE(asks_for_several(least));
  // A cache without a store to hand on cannot share, and one that does not hand its options on tracks by default.
  const GeneratorOptions naive_with_all{.make = naive};
  EXPECT_FALSE(occurs(naive_with_all, shares));
  EXPECT_TRUE(occurs(naive_with_all, redirects));
  const GeneratorOptions forgetful_with_all{
      .make = [](const CacheOptions&) { return std::make_shared<PlainCache>(100); }};
  EXPECT_FALSE(occurs(forgetful_with_all, redirects));
  EXPECT_FALSE(occurs(forgetful_with_all,
                      [](const sim::ClientSetup& setup) { return setup.confidence_thousandths != 100'000; }));
}

TEST(TryCache, TextThatIsNoScenarioIsAProblem) {
  const Replay replayed = replay("trackside scenario 1\nclient max_idle=soon\n", naive);
  EXPECT_EQ(replayed.problem.find("line 2: expected "), 0u) << replayed.problem;
  EXPECT_FALSE(replayed.broken);
  EXPECT_EQ(replayed.story, "");
}

TEST(TryCacheDeathTest, AFactoryMakesACache) {
  EXPECT_DEATH(try_cache(nullptr, {.runs = 1}), "by a factory");
  EXPECT_DEATH(try_cache([](const CacheOptions&) { return nullptr; }, {.runs = 1}), "returns a cache");
}

}  // namespace
}  // namespace trackside::testing
