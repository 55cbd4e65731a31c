// The reducer: what it returns breaks the same promise, is no larger, and is made of parts of what it was given.
#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "properties/testing/generation/generator.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/search/reducer.hpp"

namespace trackside::testing {
namespace {

struct Failure {
  sim::Scenario scenario;
  model::Promise promise;
};

/// The first `count` failures of the naive cache.
std::vector<Failure> failures(std::size_t count) {
  std::vector<Failure> found;
  for (std::uint64_t seed = 1; seed <= 1'000 && found.size() < count; ++seed) {
    sim::Scenario scenario = generate(seed, {.subject = "naive", .operations = 30});
    const RunResult result = run(scenario);
    if (result.violation) {
      found.push_back({std::move(scenario), result.violation->promise});
    }
  }
  return found;
}

TEST(Reducer, KeepsThePromiseBrokenWithFewerSteps) {
  std::vector<std::size_t> steps;
  for (const Failure& failure : failures(7)) {
    const Reduction reduction = reduce(failure.scenario, failure.promise);
    const RunResult again = run(reduction.scenario);
    ASSERT_TRUE(again.violation.has_value());
    EXPECT_EQ(again.violation->promise, failure.promise);
    EXPECT_LE(reduction.steps, reduction.steps_before);
    EXPECT_EQ(reduction.steps, reduction.scenario.operations.size() + reduction.scenario.faults.size());
    EXPECT_LE(reduction.executions, executions_by_default + 1);
    steps.push_back(reduction.steps);
  }
  ASSERT_EQ(steps.size(), 7u);
  std::sort(steps.begin(), steps.end());
  EXPECT_LE(steps[3], 4u) << "the median";
  EXPECT_LE(steps.back(), 12u);
}

TEST(Reducer, TheWayStaysTheSame) {
  for (const Failure& failure : failures(5)) {
    const Reduction reduction = reduce(failure.scenario, failure.promise);
    EXPECT_EQ(reduction.way, run(failure.scenario).way);
    EXPECT_EQ(reduction.way, run(reduction.scenario).way);
  }
}

/// What waited for an operation that is gone begins when it did, so that all behind it is as it was. Not every chain:
/// where many commands travel together, the decisions about them are named by all of them, and are lost with any.
TEST(Reducer, MostChainsOfOperationsBecomeShort) {
  const auto is_chained = [](const sim::Operation& each) { return each.after != 0; };
  std::vector<std::size_t> steps;
  for (std::uint64_t seed = 1; seed <= 1'000 && steps.size() < 9; ++seed) {
    const sim::Scenario chained = generate(seed, {.subject = "naive", .operations = 200, .world = WorldKind::node});
    const auto waiting = std::count_if(chained.operations.begin(), chained.operations.end(), is_chained);
    const RunResult result = run(chained);
    if (waiting > 100 && result.violation && result.violation->promise == model::Promise::monotonic_reads) {
      steps.push_back(reduce(chained, result.violation->promise).steps);
    }
  }
  ASSERT_EQ(steps.size(), 9U) << "chains of operations fail";
  std::sort(steps.begin(), steps.end());
  EXPECT_LE(steps[4], 6U) << "the median";
}

TEST(Reducer, InventsNothing) {
  for (const Failure& failure : failures(2)) {
    const Reduction reduction = reduce(failure.scenario, failure.promise);
    for (const sim::Operation& operation : reduction.scenario.operations) {
      const auto& all = failure.scenario.operations;
      const bool is_plain = operation.words.front() == "GET" || operation.words.front() == "SET";
      EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const sim::Operation& other) {
        return other.id == operation.id && (is_plain || other.words == operation.words);
      }));
    }
    for (const sim::Fault& fault : reduction.scenario.faults) {
      const auto& all = failure.scenario.faults;
      EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const sim::Fault& other) { return other.id == fault.id; }));
    }
  }
}

TEST(Reducer, IsDeterministic) {
  for (const Failure& failure : failures(1)) {
    const Reduction one = reduce(failure.scenario, failure.promise);
    const Reduction other = reduce(failure.scenario, failure.promise);
    EXPECT_EQ(one.scenario, other.scenario);
    EXPECT_EQ(one.executions, other.executions);
  }
}

TEST(Reducer, StopsWhereItIsTold) {
  for (const Failure& failure : failures(1)) {
    for (const std::uint32_t most : {0u, 1u, 5u}) {
      const Reduction reduction = reduce(failure.scenario, failure.promise, most);
      EXPECT_LE(reduction.executions, most + 1);
      EXPECT_TRUE(run(reduction.scenario).violation.has_value());
    }
  }
}

}  // namespace
}  // namespace trackside::testing
