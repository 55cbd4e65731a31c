// One scenario, one hash (G12), inside one process; `ci/determinism` compares processes, compilers and optimisations.
//
// Whatever a run leaves behind (allocations, caches, static state), whatever is watched, and whoever runs beside it,
// must not show in the next run. And the tape of a run is that run. Neighbours: testing/running/run.hpp and
// testing/search/explore.hpp.
#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "properties/testing/generation/generator.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/search/explore.hpp"

namespace trackside::testing {
namespace {

sim::Scenario draw_scenario() {
  const auto seed = *rc::gen::inRange<std::uint64_t>(1, 1'000'000);
  const auto subject = *rc::gen::element<std::string>("verified", "verified", "verified", "naive");
  return generate(seed, {.subject = subject});
}

RC_GTEST_PROP(Determinism, ASeedGivesOneScenario, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  RC_ASSERT(generate(seed, {}) == generate(seed, {}));
}

RC_GTEST_PROP(Determinism, TheSameScenarioTwiceGivesOneHash, ()) {
  const sim::Scenario scenario = draw_scenario();
  const RunResult first = run(scenario);
  const RunResult second = run(scenario);
  RC_ASSERT(first.hash == second.hash);
  RC_ASSERT(first.events == second.events);
  RC_ASSERT(first.hits == second.hits);
}

RC_GTEST_PROP(Determinism, WatchingARunDoesNotChangeIt, ()) {
  const sim::Scenario scenario = draw_scenario();
  const std::uint64_t blind = run(scenario).hash;
  RC_ASSERT(run(scenario, {.story = true}).hash == blind);
  RC_ASSERT(run(scenario, {.tape = true}).hash == blind);
  RC_ASSERT(run(scenario, {.story = true, .tape = true}).hash == blind);
}

RC_GTEST_PROP(Determinism, AScenarioReadFromItsTextGivesTheSameHash, ()) {
  const sim::Scenario scenario = draw_scenario();
  sim::Scenario read;
  sim::ParseError error;
  RC_ASSERT(sim::parse(sim::print(scenario), read, error));
  RC_ASSERT(run(read).hash == run(scenario).hash);
}

RC_GTEST_PROP(Determinism, TheTapeOfARunIsThatRun, ()) {
  sim::Scenario scenario = draw_scenario();
  const RunResult recorded = run(scenario, {.tape = true});
  scenario.tape = recorded.tape;
  scenario.replay_tape = true;
  const RunResult replayed = run(scenario, {.tape = true});
  RC_ASSERT(replayed.hash == recorded.hash);
  RC_ASSERT(replayed.tape == recorded.tape);
}

TEST(Determinism, TheThousandthRunOfAProcessIsLikeTheFirst) {
  const sim::Scenario scenario = generate(7, {});
  const RunResult first = run(scenario, {.story = true});
  for (std::uint64_t seed = 1000; seed < 1998; ++seed) {
    run(generate(seed, {.operations = 20}));
  }
  const RunResult thousandth = run(scenario, {.story = true});
  EXPECT_EQ(thousandth.hash, first.hash);
  ASSERT_EQ(thousandth.story.size(), first.story.size());
  for (std::size_t line = 0; line < first.story.size(); ++line) {
    ASSERT_EQ(thousandth.story[line].text, first.story[line].text) << "line " << line;
  }
}

TEST(Determinism, AnExplorationHasOneHashWhateverTheNumberOfThreads) {
  Totals totals[3];
  for (unsigned at = 0; at < 3; ++at) {
    Exploration exploration;
    exploration.runs = 100;
    exploration.jobs = at + 1;
    Progress progress;
    totals[at] = explore(exploration, progress);
    EXPECT_EQ(totals[at].hash, totals[0].hash) << at + 1 << " threads";
    EXPECT_EQ(totals[at].events, totals[0].events);
    EXPECT_EQ(totals[at].faults, totals[0].faults);
    EXPECT_EQ(totals[at].checked, totals[0].checked);
  }
}

TEST(Determinism, DifferentSeedsGiveDifferentHashes) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    hashes.push_back(run(generate(seed, {})).hash);
  }
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::adjacent_find(hashes.begin(), hashes.end()), hashes.end());
}

}  // namespace
}  // namespace trackside::testing
