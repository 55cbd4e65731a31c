// The simulated world by itself, without caches: the same scenario is the same run (G12), whoever watches and whatever
// ran before.
//
// Neighbours: determinism_test.cpp (the same with caches on it), decider.hpp (why it holds).
#include <algorithm>
#include <memory>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "properties/sim/world_parts.hpp"

namespace trackside::sim {
namespace {

/// A scenario with traffic and faults of all kinds, all from one number.
Scenario stormy(std::uint64_t seed) {
  constexpr auto kinds = static_cast<std::uint64_t>(FaultKind::cut_client);  // those that need no cluster
  Scenario scenario = benign(3);
  scenario.seed = seed;
  scenario.replay_tape = false;
  scenario.strategy = "heavy";
  scenario.writers = 3;
  std::uint64_t state = seed;
  const auto below = [&](std::uint64_t bound) {
    state = mix(state + 1);
    return state % bound;
  };
  for (std::uint32_t id = 0; id < 40; ++id) {
    const std::string key = "k" + std::to_string(below(4));
    const std::string value(1 + below(3'000), 'v');
    const auto writer = static_cast<std::uint32_t>(below(3));
    scenario.operations.push_back(
        operation(id, static_cast<Instant>(id) * 250 * millisecond, {"SET", key, value}, writer));
  }
  for (std::uint32_t id = 0; id < 12; ++id) {
    const auto kind = static_cast<FaultKind>(below(kinds));
    const auto at = static_cast<Instant>(below(10'000)) * millisecond;
    const auto duration = static_cast<Instant>(below(3'000)) * millisecond;
    const auto target = static_cast<std::uint32_t>(below(3));
    scenario.faults.push_back({id, kind, at, duration, target, below(1'000)});
  }
  std::sort(scenario.faults.begin(), scenario.faults.end(), [](const Fault& left, const Fault& right) {
    return std::tie(left.at, left.id) < std::tie(right.at, right.id);
  });
  return scenario;
}

struct Outcome {
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  std::vector<std::string> replies{};
  std::vector<TapeEntry> tape{};

  bool same_run(const Outcome& other) const {
    return hash == other.hash && events == other.events && replies == other.replies;
  }
};

Outcome run(const Scenario& scenario, WorldOptions options = {}) {
  Replies replies;
  options.writer_events = &replies;
  World world(scenario, nullptr, options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::uint32_t index = 0; index < scenario.clients.size(); ++index) {
    clients.push_back(std::make_unique<RawClient>(world.client(index), World::endpoint(), "", &replies));
    clients.back()->start();
  }
  for (std::uint32_t turn = 0; turn < 100; ++turn) {
    EXPECT_TRUE(world.run_until(turn * 200 * millisecond));
    const std::vector<std::string> words = {"GET", "k" + std::to_string(turn % 4)};
    clients[turn % clients.size()]->send(1'000 + turn, words);
  }
  EXPECT_TRUE(world.run_until(60 * second));
  EXPECT_EQ(world.writers_outstanding(), 0U);
  return {world.hash(), world.events(), std::move(replies.log), world.tape()};
}

RC_GTEST_PROP(WorldDeterminism, TheSameScenarioIsTheSameRun, (std::uint64_t seed)) {
  const Scenario scenario = stormy(seed);
  RC_ASSERT(run(scenario).same_run(run(scenario)));
  RC_ASSERT(run(scenario).hash != run(stormy(seed + 1)).hash);
}

RC_GTEST_PROP(WorldDeterminism, ObserversChangeNothing, (std::uint64_t seed)) {
  const Scenario scenario = stormy(seed);
  RC_ASSERT(run(scenario).same_run(run(scenario, {.recording = Decider::Recording::on, .trace = true})));
}

RC_GTEST_PROP(WorldDeterminism, ATapeOfARunIsThatRunAgain, (std::uint64_t seed)) {
  Scenario scenario = stormy(seed);
  const Outcome original = run(scenario, {.recording = Decider::Recording::on});
  scenario.replay_tape = true;
  scenario.tape = original.tape;
  RC_ASSERT(run(scenario).same_run(original));
}

RC_GTEST_PROP(WorldDeterminism, AScenarioReadFromItsTextIsTheSameRun, (std::uint64_t seed)) {
  const Scenario scenario = stormy(seed);
  Scenario read;
  ParseError error;
  RC_ASSERT(parse(print(scenario), read, error));
  RC_ASSERT(run(read).same_run(run(scenario)));
}

RC_GTEST_PROP(WorldDeterminism, ClientsThatDoNothingChangeNothingForOthers, (std::uint64_t seed)) {
  Scenario scenario = benign(1);
  scenario.seed = seed;
  scenario.replay_tape = false;
  scenario.operations = {operation(1, second, {"SET", "k", "v"}), operation(2, 2 * second, {"SET", "k", "w"})};
  const auto times_of_changes = [](const Scenario& which) {
    Changes changes;
    World world(which, &changes);
    EXPECT_TRUE(world.run_until(20 * second));
    return changes.times;
  };
  const auto alone = times_of_changes(scenario);
  scenario.clients.resize(4);
  RC_ASSERT(times_of_changes(scenario) == alone);
}

TEST(WorldDeterminism, TheThousandthRunOfAProcessIsLikeTheFirst) {
  const Scenario scenario = stormy(12345);
  const Outcome first = run(scenario);
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    const Scenario other = stormy(seed);
    World world(other, nullptr);
    ASSERT_TRUE(world.run_until(2 * second));
  }
  EXPECT_TRUE(run(scenario).same_run(first));
}

}  // namespace
}  // namespace trackside::sim
