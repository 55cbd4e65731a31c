// The simulator's kernel: order of events, exact cancellation, decisions by name, and the strategies' spread.
// Neighbours: network_test.cpp and world_test.cpp, which use it.
#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/kernel/decider.hpp"
#include "sim/kernel/scheduler.hpp"
#include "sim/kernel/sites.hpp"
#include "sim/kernel/timers.hpp"

namespace trackside::sim {
namespace {

using History = std::vector<std::pair<Instant, std::uint32_t>>;

/// Writes down every event.
struct Journal {
  explicit Journal(Scheduler& scheduler) {
    scheduler.handle(
        EventKind::serve,
        [](void* self, const Event& event) { static_cast<Journal*>(self)->run.emplace_back(event.at, event.entity); },
        this);
  }
  History run{};
};

History play(Scheduler& scheduler, const std::vector<std::uint32_t>& times) {
  Journal journal(scheduler);
  for (std::uint32_t index = 0; index < times.size(); ++index) {
    scheduler.post(times[index], EventKind::serve, index, 0);
  }
  while (scheduler.step(end_of_time)) {
  }
  return journal.run;
}

RC_GTEST_PROP(Scheduler, RunsByTimeAndThenInTheOrderOfPosting, ()) {
  const auto times = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(0U, 30U));
  History expected;
  for (std::uint32_t index = 0; index < times.size(); ++index) {
    expected.emplace_back(times[index], index);
  }
  std::sort(expected.begin(), expected.end());
  Scheduler scheduler;
  RC_ASSERT(play(scheduler, times) == expected);
  const std::uint64_t hash = scheduler.hash();
  scheduler.reset();
  RC_ASSERT(play(scheduler, times) == expected);
  RC_ASSERT(scheduler.hash() == hash);
}

RC_GTEST_PROP(Scheduler, PurgingKeepsTheOrderOfTheRest, ()) {
  const auto times = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(0U, 30U));
  Scheduler scheduler;
  Journal journal(scheduler);
  History expected;
  for (std::uint32_t index = 0; index < times.size(); ++index) {
    scheduler.post(times[index], EventKind::serve, index, 0);
    if (index % 3 == 0) {
      expected.emplace_back(times[index], index);
    }
  }
  std::sort(expected.begin(), expected.end());
  scheduler.purge([](const Event& event) { return event.entity % 3 != 0; });
  while (scheduler.step(end_of_time)) {
  }
  RC_ASSERT(journal.run == expected);
}

TEST(Scheduler, AnEventPostedForThePastRunsNowBehindTheOthers) {
  Scheduler scheduler;
  Journal journal(scheduler);
  scheduler.post(10, EventKind::serve, 1, 0);
  scheduler.advance_to(10);
  scheduler.post(3, EventKind::serve, 2, 0);
  while (scheduler.step(10)) {
  }
  EXPECT_EQ(journal.run, (History{{10, 1}, {10, 2}}));
}

TEST(Scheduler, TheLimitIsIncludedAndTheClockStaysBehindIt) {
  Scheduler scheduler;
  Journal journal(scheduler);
  scheduler.post(10, EventKind::serve, 1, 0);
  EXPECT_FALSE(scheduler.step(9));
  EXPECT_EQ(scheduler.now(), 0);
  EXPECT_TRUE(scheduler.step(10));
}

TEST(Scheduler, TheHashTellsRunsApartByTimeEntityAndContent) {
  const auto hash = [](Instant at, std::uint32_t entity, std::uint64_t content) {
    Scheduler scheduler;
    Journal journal(scheduler);
    scheduler.post(at, EventKind::serve, entity, 0);
    scheduler.step(end_of_time);
    scheduler.note(content);
    return scheduler.hash();
  };
  EXPECT_EQ(hash(1, 1, 1), hash(1, 1, 1));
  EXPECT_NE(hash(1, 1, 1), hash(2, 1, 1));
  EXPECT_NE(hash(1, 1, 1), hash(1, 2, 1));
  EXPECT_NE(hash(1, 1, 1), hash(1, 1, 2));
}

TEST(Scheduler, TheHashIsTheSameOnEveryMachine) {
  Scheduler scheduler;
  EXPECT_EQ(play(scheduler, {3, 1, 2, 1}).size(), 4U);
  EXPECT_EQ(scheduler.hash(), 0xc8bafac091321d3cU);
}

/// Timers with the handler that a world gives them.
struct TimerWorld {
  TimerWorld() {
    scheduler.handle(
        EventKind::timer,
        [](void* self, const Event& event) {
          auto& world = *static_cast<TimerWorld*>(self);
          if (world.timers.alive(event)) {
            world.timers.take(event)();
          }
        },
        this);
  }
  Scheduler scheduler;
  Timers timers{scheduler};
};

struct Tasks {
  struct Entry {
    TimerId id = TimerId::none;
    bool cancelled = false;
    int runs = 0;
    std::uint32_t cancels = UINT32_MAX;  // another task, from inside this one
  };
  TimerWorld world;
  std::vector<Entry> entries;

  void cancel(std::size_t index) {
    world.timers.cancel(entries[index].id);
    entries[index].cancelled |= entries[index].runs == 0;
  }
  static void run(void* self, std::uint64_t argument) {
    auto& tasks = *static_cast<Tasks*>(self);
    Entry& entry = tasks.entries[argument];
    ++entry.runs;
    if (entry.cancels < tasks.entries.size()) {
      tasks.cancel(entry.cancels);
    }
  }
};

RC_GTEST_PROP(Timers, EveryTaskRunsOnceUnlessItWasCancelledBefore, ()) {
  const auto plan = *rc::gen::container<std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>>>(
      rc::gen::tuple(rc::gen::inRange(0U, 4U), rc::gen::inRange(0U, 50U), rc::gen::inRange(0U, 60U)));
  Tasks tasks;
  for (const auto& [action, time, other] : plan) {
    if (action == 0 && !tasks.entries.empty()) {
      tasks.cancel(other % tasks.entries.size());
    } else if (action == 1) {
      tasks.world.scheduler.step(tasks.world.scheduler.now() + time);
    } else {
      Tasks::Entry entry;
      entry.cancels = action == 2 ? other : UINT32_MAX;
      entry.id = tasks.world.timers.add(tasks.world.scheduler.now() + time, {},
                                        {&Tasks::run, &tasks, tasks.entries.size()});
      tasks.entries.push_back(entry);
    }
  }
  while (tasks.world.scheduler.step(end_of_time)) {
  }
  for (const Tasks::Entry& entry : tasks.entries) {
    RC_ASSERT(entry.runs == (entry.cancelled ? 0 : 1));
  }
  RC_ASSERT(tasks.world.timers.pending() == 0U);
}

TEST(Timers, TimeoutsThatAreSetAndCancelledDoNotPileUp) {
  TimerWorld world;
  int runs = 0;
  const Task count{[](void* context, std::uint64_t) { ++*static_cast<int*>(context); }, &runs, 0};
  world.timers.add(5 * second, {}, count);
  for (int index = 0; index < 100'000; ++index) {
    world.timers.cancel(world.timers.add(2 * second + index, {}, count));
  }
  EXPECT_LT(world.scheduler.pending(), 1'000U);
  while (world.scheduler.step(end_of_time)) {
  }
  EXPECT_EQ(runs, 1);
}

Scenario with(std::uint64_t seed, std::string strategy) {
  Scenario scenario;
  scenario.seed = seed;
  scenario.strategy = std::move(strategy);
  return scenario;
}

RC_GTEST_PROP(Decider, ADecisionDependsOnItsNameAndOnNothingElse, (std::uint64_t seed)) {
  const Scenario scenario = with(seed, *rc::gen::element<std::string>("uniform", "heavy", "pct", "swizzle", "burst"));
  Decider first(scenario, Decider::Recording::off);
  Decider second(scenario, Decider::Recording::off);
  for (std::uint64_t ordinal = 0; ordinal < 50; ++ordinal) {
    second.decide(site::think, ordinal, 1, 1'000);
    RC_ASSERT(first.decide(site::delay, 3, ordinal, 1 << 30) == second.decide(site::delay, 3, ordinal, 1 << 30));
  }
}

TEST(Decider, EveryPartOfANameMatters) {
  const auto decide = [](std::uint64_t seed, const Site& where, std::uint64_t entity, std::uint64_t ordinal) {
    return Decider(with(seed, "uniform"), Decider::Recording::off).decide(where, entity, ordinal, UINT64_MAX);
  };
  const std::uint64_t value = decide(1, site::entropy, 2, 3);
  EXPECT_NE(value, decide(2, site::entropy, 2, 3));
  EXPECT_NE(value, decide(1, site::cut, 2, 3));
  EXPECT_NE(value, decide(1, site::entropy, 3, 3));
  EXPECT_NE(value, decide(1, site::entropy, 2, 4));
}

RC_GTEST_PROP(Decider, NothingIsEverAboveTheBound, (std::uint64_t seed, std::uint64_t ordinal)) {
  const auto bound = *rc::gen::oneOf(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange<std::uint64_t>(0, 5'000));
  for (const std::string_view name : strategy_names()) {
    Decider decider(with(seed, std::string(name)), Decider::Recording::off);
    for (const Site* each : {&site::delay, &site::cut, &site::chunk}) {
      RC_ASSERT(decider.decide(*each, 1, ordinal, bound) <= bound);
    }
  }
}

TEST(Decider, AnEmptyTapeIsBenign) {
  Scenario scenario = with(7, "heavy");
  scenario.replay_tape = true;
  Decider decider(scenario, Decider::Recording::on);
  for (std::uint64_t ordinal = 0; ordinal < 100; ++ordinal) {
    EXPECT_EQ(decider.decide(site::delay, 1, ordinal, 1 << 30), 0U);
  }
  EXPECT_TRUE(decider.recorded().empty());
}

RC_GTEST_PROP(Decider, ARecordedTapeDecidesAlike, (std::uint64_t seed)) {
  Scenario scenario = with(seed, "heavy");
  Decider original(scenario, Decider::Recording::on);
  const auto decide_all = [](Decider& decider) {
    std::vector<std::uint64_t> values;
    for (std::uint64_t ordinal = 0; ordinal < 20; ++ordinal) {
      values.push_back(decider.decide(site::delay, ordinal % 3, ordinal, 1 << 30));
      values.push_back(decider.decide(site::chunk, ordinal % 3, ordinal, 3));
    }
    return values;
  };
  const auto expected = decide_all(original);
  scenario.tape = original.recorded();
  scenario.replay_tape = true;
  scenario.seed = 0;
  Decider replay(scenario, Decider::Recording::off);
  RC_ASSERT(decide_all(replay) == expected);
}

TEST(Decider, RareDecisionsAreMostlyBenignAndReachEveryValue) {
  Decider decider(with(1, "uniform"), Decider::Recording::off);
  std::array<int, 4> counts{};
  for (std::uint64_t ordinal = 0; ordinal < 4'000; ++ordinal) {
    ++counts[decider.decide(site::chunk, 0, ordinal, 3)];
  }
  EXPECT_GT(counts[0], 2'800);
  EXPECT_LT(counts[0], 3'200);
  for (const int count : {counts[1], counts[2], counts[3]}) {
    EXPECT_GT(count, 250);
  }
}

std::uint64_t longest_delay(std::uint64_t seed, const std::string& strategy) {
  Decider decider(with(seed, strategy), Decider::Recording::off);
  std::uint64_t longest = 0;
  for (std::uint64_t ordinal = 0; ordinal < 300; ++ordinal) {
    longest = std::max(longest, decider.decide(site::delay, 0, ordinal, 1 << 30));
  }
  return longest;
}

TEST(Strategy, TheScaleOfDelaysDiffersFromRunToRunByOrdersOfMagnitude) {
  for (const std::string strategy : {"uniform", "heavy"}) {
    std::vector<std::uint64_t> longest;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      longest.push_back(longest_delay(seed, strategy));
    }
    const auto [least, most] = std::minmax_element(longest.begin(), longest.end());
    EXPECT_LT(*least, 2 * millisecond) << strategy;
    EXPECT_GT(*most, 200 * millisecond) << strategy;
  }
}

TEST(Strategy, HeavyDelaysReachFromMicrosecondsToSecondsInOneRun) {
  bool found = false;
  for (std::uint64_t seed = 0; seed < 50 && !found; ++seed) {
    Decider decider(with(seed, "heavy"), Decider::Recording::off);
    std::array<int, 3> classes{};  // below 10 microseconds, up to 10 milliseconds, above
    for (std::uint64_t ordinal = 0; ordinal < 1'000; ++ordinal) {
      const auto delay = static_cast<Instant>(decider.decide(site::delay, 0, ordinal, 1 << 30));
      ++classes[delay < 10 * microsecond ? 0 : (delay < 10 * millisecond ? 1 : 2)];
    }
    found = classes[0] > 50 && classes[1] > 50 && classes[2] > 50;
  }
  EXPECT_TRUE(found);
}

TEST(Strategy, AnUnknownNameIsNone) {
  EXPECT_EQ(make_strategy("lucky", 1, second), nullptr);
  for (const std::string_view name : strategy_names()) {
    EXPECT_NE(make_strategy(name, 1, second), nullptr) << name;
  }
}

}  // namespace
}  // namespace trackside::sim
