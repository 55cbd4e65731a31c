// Exhaustive search of small scopes: that it tries every order, merges only what is alike, and finds what is wrong.
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "properties/testing/report/report.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/search/exhaust.hpp"
#include "sim/kernel/sites.hpp"

namespace trackside::testing {
namespace {

const std::atomic<bool> go_on{false};

Searched search(const sim::Scenario& scenario) { return *search_orders(scenario, go_on); }

std::vector<sim::Scenario> scenarios_of(std::string_view scope) { return find_scope(scope)->scenarios(); }

/// Notes the names of the states that a run goes through, and when.
class Names final : public sim::OrdersObserver {
 public:
  bool on_choice(std::uint64_t state, std::uint32_t options) override {
    last = state;
    widths.push_back(options);
    return true;
  }

  std::uint64_t last = 0;
  std::vector<std::uint32_t> widths;
};

/// A scope's scenario in some order.
sim::Scenario in_any_order(const sim::Scenario& scenario, std::uint64_t order) {
  sim::Scenario candidate = scenario;
  for (std::uint64_t choice = 0; choice < 60; ++choice) {
    const std::uint64_t value = sim::mix(order + choice) % 4;
    if (value != 0) {
      candidate.tape.push_back({std::string{sim::site::order.name}, 0, choice, value});
    }
  }
  return candidate;
}

TEST(Exhaust, TheVerifiedCacheHoldsInEveryOrderOfOneScenario) {
  const Searched searched = search(scenarios_of("reader-and-writer").front());
  EXPECT_FALSE(searched.broken);
  EXPECT_GT(searched.schedules, searched.runs) << "states are merged";
  EXPECT_GE(searched.transitions, searched.states);
}

TEST(Exhaust, CountsAreTheSameEachTime) {
  const auto all = scenarios_of("two-caches");
  for (const std::size_t index : {std::size_t{0}, all.size() / 2, all.size() - 1}) {
    EXPECT_EQ(search(all[index]), search(all[index])) << index;
  }
}

TEST(Exhaust, ANaiveCacheIsCaughtAndTheOrderSaysHow) {
  std::set<std::string> broken;
  for (sim::Scenario scenario : scenarios_of("reader-and-writer")) {
    scenario.subject = "naive";
    const Searched searched = search(scenario);
    if (searched.broken) {
      broken.insert(std::string{model::code_of(*searched.broken)});
      scenario.tape = searched.order;
      const RunResult again = run(scenario);
      ASSERT_TRUE(again.violation);
      EXPECT_EQ(again.violation->promise, *searched.broken);
    }
    if (broken.size() > 1) {
      return;
    }
  }
  FAIL() << "one promise at most was broken";
}

/// What the name of a state is good for: whatever led there, what comes is the same.
RC_GTEST_PROP(Exhaust, StatesOfOneNameGoOnAlike, ()) {
  const auto all = scenarios_of(*rc::gen::elementOf(std::vector<std::string>{"reader-and-writer", "two-caches"}));
  const sim::Scenario& scenario = all[*rc::gen::inRange<std::size_t>(0, all.size())];
  std::map<std::uint64_t, std::string> futures;
  for (std::uint64_t order = 0; order < 40; ++order) {
    Names names;
    const sim::Scenario candidate = in_any_order(scenario, order);
    const RunResult result = run(candidate, {.story = true, .orders = &names});
    const sim::Instant last = scenario.operations.back().at;
    std::string future;
    for (const StoryLine& line : result.story) {
      future += line.at > last ? line.who + ' ' + line.text + '\n' : "";
    }
    const auto [at, added] = futures.try_emplace(names.last, future);
    RC_ASSERT(at->second == future);
  }
}

/// Every order that some run takes is among those that are counted.
TEST(Exhaust, NoOrderLeadsElsewhere) {
  const sim::Scenario scenario = scenarios_of("reader-and-writer")[1];
  const Searched searched = search(scenario);
  std::set<std::vector<std::uint32_t>> ways;
  for (std::uint64_t order = 0; order < 3'000; ++order) {
    Names names;
    run(in_any_order(scenario, order * 1'000), {.orders = &names});
    ways.insert(names.widths);
  }
  EXPECT_GT(ways.size(), 3u);
  EXPECT_LE(ways.size(), searched.schedules);
}

TEST(Exhaust, AnInterruptedSearchHasNothing) {
  const std::atomic<bool> stop{true};
  EXPECT_EQ(search_orders(scenarios_of("two-caches").front(), stop), std::nullopt);
}

TEST(Exhaust, EveryScopeReadsWritesAndHasFaults) {
  ASSERT_GE(scopes().size(), 5u);
  for (const Scope& scope : scopes()) {
    const auto all = scope.scenarios();
    std::set<sim::FaultKind> kinds;
    std::set<std::string> texts;
    for (const sim::Scenario& scenario : all) {
      EXPECT_EQ(scenario.operations.size(), 3u);
      EXPECT_LE(scenario.faults.size(), 1u);
      for (const sim::Fault& fault : scenario.faults) kinds.insert(fault.kind);
      const std::string text = sim::print(scenario);
      sim::Scenario parsed;
      sim::ParseError error;
      ASSERT_TRUE(sim::parse(text, parsed, error)) << error.expected << ", found " << error.found;
      EXPECT_TRUE(parsed == scenario);
      EXPECT_TRUE(texts.insert(text).second) << "twice";
    }
    EXPECT_GE(kinds.size(), 3u) << scope.name;
  }
}

}  // namespace
}  // namespace trackside::testing
