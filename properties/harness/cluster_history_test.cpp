// Out of what the nodes of a cluster believe, who answers for a key when; and which of their versions count.
#include "properties/testing/judging/cluster_history.hpp"

#include <memory>

#include <gtest/gtest.h>

#include "resp/slot.hpp"
#include "sim/redis/value.hpp"

namespace trackside::testing {
namespace {

using sim::ChangeOrigin;
using Belief = sim::ClusterObserver::Belief;
using Opening = sim::ClusterObserver::Opening;

constexpr std::string_view key = "k";
constexpr sim::Instant for_ever = model::end_of_time;

struct Tenured {
  sim::Instant from;
  sim::Instant until;
  std::size_t versions;

  friend bool operator==(const Tenured&, const Tenured&) = default;
};

void PrintTo(const Tenured& tenured, std::ostream* out) {
  *out << tenured.from << " to " << tenured.until << " with " << tenured.versions;
}

sim::Scenario two_primaries() {
  sim::Scenario scenario;
  scenario.cluster = sim::ClusterSetup{.primaries = 2, .replicas = 0};
  return scenario;
}

/// Two nodes and one key, which node 0 owns by epoch 1 and holds from 1 s on.
struct TwoNodes {
  TwoNodes()
      : slot(resp::slot_of(key)),
        nodes(recorder, two_primaries()) {
    nodes.set_owner([](void*, std::uint32_t, sim::redis::SessionId) { return model::nobody; }, nullptr);
    owns(0, 0, 1);
    holds(0, 1 * sim::second);
  }

  void owns(sim::Instant at, std::uint32_t node, std::uint64_t epoch) {
    nodes.on_ownership(at, node, {slot, slot}, Belief::owns, epoch);
  }
  void gives_up(sim::Instant at, std::uint32_t node) {
    nodes.on_ownership(at, node, {slot, slot}, Belief::does_not, 0);
  }
  void opens(sim::Instant at, std::uint32_t node, Opening opening) { nodes.on_opening(at, node, slot, opening); }
  void holds(std::uint32_t node, sim::Instant since, ChangeOrigin origin = ChangeOrigin::executed) {
    changes(node, since, origin, std::make_shared<sim::redis::Value>(sim::redis::Value{std::string{"v"}}));
  }
  void loses(std::uint32_t node, sim::Instant since) { changes(node, since, ChangeOrigin::moved_out, nullptr); }
  void changes(std::uint32_t node, sim::Instant since, ChangeOrigin origin, sim::redis::ValuePointer value) {
    nodes.on_change(node, origin,
                    {.at = since,
                     .database = 0,
                     .key = key,
                     .value = std::move(value),
                     .expires_at = -1,
                     .by = sim::redis::SessionId::none,
                     .cause = 0});
  }

  /// Without the one before the world began.
  std::vector<Tenured> tenures() {
    nodes.write();
    const auto& found = recorder.history().tenures.front();
    const auto& versions = recorder.history().keys.front();
    std::vector<Tenured> result;
    for (std::size_t each = 1; each < found.size(); ++each) {
      const std::size_t end = each + 1 == found.size() ? versions.size() : found[each + 1].first;
      result.push_back({found[each].from, found[each].until, end - found[each].first});
    }
    return result;
  }

  std::uint16_t slot;
  Recorder recorder;
  ClusterHistory nodes;
};

TEST(ClusterHistory, AnOwnerAnswersForAllTime) {
  TwoNodes world;
  EXPECT_EQ(world.tenures(), (std::vector<Tenured>{{0, for_ever, 2}}));
}

TEST(ClusterHistory, ADeposedOwnerAnswersUntilItKnowsAndComesBeforeItsSuccessor) {
  TwoNodes world;
  world.owns(3 * sim::second, 1, 7);
  world.holds(0, 4 * sim::second);
  world.gives_up(5 * sim::second, 0);
  EXPECT_EQ(world.tenures(),
            (std::vector<Tenured>{{0, 5 * sim::second, 3}, {3 * sim::second, for_ever, 1}}));
}

TEST(ClusterHistory, WhoFindsTheClusterDownDoesNotAnswer) {
  TwoNodes world;
  world.nodes.on_state(2 * sim::second, 0, false);
  world.nodes.on_state(3 * sim::second, 0, true);
  EXPECT_EQ(world.tenures(),
            (std::vector<Tenured>{{0, 2 * sim::second, 2}, {3 * sim::second, for_ever, 1}}));
}

TEST(ClusterHistory, AReplicaDoesNotAnswer) {
  TwoNodes world;
  world.nodes.on_role(2 * sim::second, 0, sim::ClusterObserver::Role::replica);
  EXPECT_EQ(world.tenures(), (std::vector<Tenured>{{0, 2 * sim::second, 2}}));
}

TEST(ClusterHistory, WhoseKeyHasMovedSendsItsReadersToWhoImports) {
  TwoNodes world;
  world.opens(2 * sim::second, 1, Opening::importing);
  world.opens(2 * sim::second, 0, Opening::migrating);
  world.holds(1, 3 * sim::second, ChangeOrigin::moved_in);
  world.loses(0, 4 * sim::second);
  world.owns(5 * sim::second, 1, 7);
  world.gives_up(6 * sim::second, 0);
  EXPECT_EQ(world.tenures(), (std::vector<Tenured>{{0, 4 * sim::second, 3},
                                                   {4 * sim::second, 5 * sim::second, 1},
                                                   {5 * sim::second, for_ever, 1}}));
}

TEST(ClusterHistory, WhoWasSentToWhoImportsMayComeLate) {
  TwoNodes world;
  world.loses(0, 2 * sim::second);
  world.opens(3 * sim::second, 1, Opening::importing);
  world.opens(3 * sim::second, 0, Opening::migrating);
  world.opens(4 * sim::second, 0, Opening::closed);
  world.opens(5 * sim::second, 1, Opening::closed);
  EXPECT_EQ(world.tenures(), (std::vector<Tenured>{{0, 3 * sim::second, 3},
                                                   {3 * sim::second, 5 * sim::second, 1},
                                                   {4 * sim::second, for_ever, 1}}));
}

TEST(ClusterHistory, ASlotThatIsGivenBackIsItsFirstOwnersAgainWhateverTheEpochs) {
  TwoNodes world;
  world.opens(2 * sim::second, 1, Opening::importing);
  world.opens(2 * sim::second, 0, Opening::migrating);
  world.owns(3 * sim::second, 1, 7);
  world.gives_up(3 * sim::second, 0);
  world.opens(3 * sim::second, 1, Opening::closed);
  world.opens(3 * sim::second, 0, Opening::closed);
  world.opens(4 * sim::second, 0, Opening::importing);
  world.opens(4 * sim::second, 1, Opening::migrating);
  world.owns(5 * sim::second, 0, 1);  // which has not heard of epoch 7
  world.gives_up(6 * sim::second, 1);
  world.holds(0, 7 * sim::second);
  const std::vector<Tenured> found = world.tenures();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back(), (Tenured{4 * sim::second, for_ever, 2})) << "ASK sends to it before that";
}

TEST(ClusterHistory, AnEpochThatNobodyHeardOfLeavesRoomForARivalAsLongAsThatAnswersToo) {
  TwoNodes world;
  world.owns(3 * sim::second, 1, 4);
  world.owns(4 * sim::second, 0, 5);
  world.gives_up(6 * sim::second, 1);
  EXPECT_EQ(world.tenures(), (std::vector<Tenured>{{0, 6 * sim::second, 2},
                                                   {3 * sim::second, 6 * sim::second, 1},
                                                   {4 * sim::second, for_ever, 1}}));
}

TEST(ClusterHistory, ARivalMayBeginOnlyAfterTheEpochThatItDidNotHearOf) {
  TwoNodes world;
  world.owns(3 * sim::second, 0, 5);
  world.owns(4 * sim::second, 1, 4);
  world.gives_up(6 * sim::second, 1);
  EXPECT_EQ(world.tenures(), (std::vector<Tenured>{{0, 6 * sim::second, 2},
                                                   {4 * sim::second, 6 * sim::second, 1},
                                                   {3 * sim::second, for_ever, 1}}));
}

TEST(ClusterHistory, AnEpochWithoutARivalBetweenEndsTheTenureBefore) {
  TwoNodes world;
  world.owns(3 * sim::second, 0, 5);
  world.owns(4 * sim::second, 1, 6);
  EXPECT_EQ(world.tenures(), (std::vector<Tenured>{{0, 3 * sim::second, 2},
                                                   {3 * sim::second, for_ever, 1},
                                                   {4 * sim::second, for_ever, 1}}));
}

TEST(ClusterHistory, WhatReplicasHadWhileTheirPrimaryFoundTheClusterDownIsItsVersion) {
  TwoNodes world;
  world.gives_up(2 * sim::second, 0);
  world.nodes.on_state(2 * sim::second, 1, false);
  world.owns(2 * sim::second, 1, 4);
  world.holds(1, 2 * sim::second, ChangeOrigin::replicated);
  world.nodes.on_role(3 * sim::second, 0, sim::ClusterObserver::Role::replica);
  world.holds(0, 3 * sim::second, ChangeOrigin::loaded);
  world.nodes.on_state(6 * sim::second, 1, true);
  EXPECT_EQ(world.tenures(),
            (std::vector<Tenured>{{0, 2 * sim::second, 2}, {6 * sim::second, for_ever, 2}}));
  EXPECT_EQ(world.recorder.history().keys.front().back().lingers_from, 3 * sim::second);
}

TEST(ClusterHistory, AKeyThatIsNotThereIsAskedForElsewhereFromTheOpeningOn) {
  TwoNodes world;
  world.loses(0, 2 * sim::second);
  world.opens(3 * sim::second, 1, Opening::importing);
  world.opens(3 * sim::second, 0, Opening::migrating);
  world.opens(4 * sim::second, 0, Opening::closed);
  world.opens(4 * sim::second, 1, Opening::closed);
  EXPECT_EQ(world.tenures(), (std::vector<Tenured>{{0, 3 * sim::second, 3},
                                                   {3 * sim::second, 4 * sim::second, 1},
                                                   {4 * sim::second, for_ever, 1}}));
}

}  // namespace
}  // namespace trackside::testing
