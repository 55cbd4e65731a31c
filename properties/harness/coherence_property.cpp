// The promises hold in generated worlds, and in every scenario that once was an argument.
//
// RapidCheck chooses seeds and counts runs; a scenario follows from its seed, and our own reducer makes a failing one
// small (testing/search/reducer.hpp). `RC_PARAMS="seed=7 max_success=1000000"` explores elsewhere, and longer.
// properties/regressions holds attacks made by hand and failures of the past; each says what is to come of it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "properties/harness/failing_run.hpp"
#include "properties/run_count.hpp"
#include "properties/testing/generation/generator.hpp"
#include "properties/testing/report/report.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/search/explore.hpp"

namespace trackside::testing {
namespace {

std::string outcome_of(const RunResult& result) {
  return result.violation ? std::string{model::code_of(result.violation->promise)} : "held";
}

TEST(Coherence, EveryPromiseHoldsInEveryWorld) {
  check_runs(2'000, [] {
    const auto seed = *rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>());
    check_run("coherence", generate(seed, {}));
  });
}

TEST(Coherence, EveryPromiseHoldsInSmallCrowdedWorlds) {
  check_runs(500, [] {
    const auto seed = *rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>());
    check_run("coherence", generate(seed, {.strategy = "heavy", .operations = 40}));
  });
}

TEST(Coherence, ANaiveCacheIsCaughtWithinAThousandRuns) {
  std::map<std::string, int> broken;
  for (std::uint64_t seed = 1; seed <= 1'000 && broken["G2"] + broken["G3"] + broken["G4"] == 0; ++seed) {
    ++broken[outcome_of(run(generate(seed, {.subject = "naive"})))];
  }
  EXPECT_GT(broken["G2"] + broken["G3"] + broken["G4"], 0);
}

TEST(Coherence, EveryFaultDoesSomethingInOneRunOfAHundred) {
  Progress progress;
  Exploration exploration{.first_seed = 1, .runs = 1'000, .jobs = 2};
  exploration.generator.world = WorldKind::cluster;
  const Totals clusters = explore(exploration, progress);
  exploration.generator.world = WorldKind::node;
  const Totals nodes = explore(exploration, progress);
  for (std::size_t kind = 0; kind < sim::fault_kinds; ++kind) {
    EXPECT_GE(std::max(clusters.runs_with_fault[kind], nodes.runs_with_fault[kind]), 10U)
        << sim::name_of(static_cast<sim::FaultKind>(kind));
  }
}

// ---- regressions ----

struct Regression {
  std::filesystem::path file;
  sim::Scenario scenario;
  std::map<std::string, std::string> expected;  // by subject: "held" or the promise that breaks
};

/// Lines such as "# expects verified: held" and "# expects naive: G3".
std::map<std::string, std::string> expectations_in(const std::string& text) {
  std::map<std::string, std::string> expected;
  const std::string mark = "# expects ";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::string line = text.substr(at + mark.size(), text.find('\n', at) - at - mark.size());
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) {
      expected[line.substr(0, colon)] = line.substr(colon + 2);
    }
  }
  return expected;
}

std::vector<Regression> regressions() {
  std::vector<Regression> found;
  for (const auto& entry : std::filesystem::directory_iterator{TRACKSIDE_REGRESSIONS}) {
    if (entry.path().extension() != ".scenario") {
      continue;
    }
    std::ifstream stream{entry.path()};
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    Regression regression{.file = entry.path(), .scenario = {}, .expected = expectations_in(text)};
    sim::ParseError error;
    EXPECT_TRUE(sim::parse(text, regression.scenario, error))
        << entry.path() << ':' << error.line << ": expected " << error.expected << ", found " << error.found;
    EXPECT_FALSE(regression.expected.empty()) << entry.path() << " does not say what it expects";
    found.push_back(std::move(regression));
  }
  std::sort(found.begin(), found.end(), [](const auto& left, const auto& right) { return left.file < right.file; });
  return found;
}

TEST(Coherence, EveryRegressionEndsAsItSays) {
  const auto all = regressions();
  EXPECT_GE(all.size(), 10u);
  for (const Regression& regression : all) {
    for (const auto& [subject, expected] : regression.expected) {
      sim::Scenario scenario = regression.scenario;
      scenario.subject = subject;
      const RunResult result = run(scenario, {.story = true});
      EXPECT_EQ(outcome_of(result), expected)
          << regression.file << " with " << subject << '\n'
          << (result.violation ? verdict_of(result) : "") << story_of(scenario, result, Detail::operations);
    }
  }
}

}  // namespace
}  // namespace trackside::testing
