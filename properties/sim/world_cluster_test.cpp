// A world with a cluster: it boots and answers, each fault does what its name says, and a healed world settles.
//
// What happens is seen from connections that speak by hand, from foreign writers, and from an observer.
// Neighbours: world_test.cpp (a world with one server), sim/cluster/README.md (how nodes behave).
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "properties/sim/world_parts.hpp"
#include "resp/slot.hpp"

namespace trackside::sim {
namespace {

Scenario cluster_of(std::uint32_t primaries, std::uint32_t replicas, std::uint32_t spares = 0) {
  Scenario scenario = benign();
  scenario.faults_end = 30 * second;
  scenario.cluster = ClusterSetup{.primaries = primaries, .replicas = replicas, .spares = spares};
  return scenario;
}

Fault at_node(FaultKind kind, Instant at, Instant duration, std::uint32_t node) {
  Fault result = fault(kind, at, duration);
  result.node = node;
  return result;
}

/// A connection to one node that speaks by hand.
struct NodeHand final : ConnectionEvents {
  NodeHand(World& world_given, std::uint32_t node)
      : world(world_given), connection(world.client(0).connect(World::endpoint_of(node), *this)) {
    EXPECT_TRUE(world.run_until(world.now() + 10 * millisecond));
  }
  void on_open() override { open = true; }
  void on_bytes(Bytes bytes) override { received += bytes; }
  void on_close(error_code) override { open = false; }

  std::string ask(std::string_view command, Instant patience = 10 * millisecond) {
    received.clear();
    connection->write(std::string(command) + "\r\n");
    EXPECT_TRUE(world.run_until(world.now() + patience));
    return received;
  }

  World& world;
  bool open = false;
  std::string received{};
  std::unique_ptr<Connection> connection;
};

/// In a cluster of three primaries, "foo" (slot 12182) is at node 2, "bar" (5061) at node 0, "hello" (866) at node 0.
constexpr std::string_view moved_to_node_2 = "-MOVED 12182 10.1.0.3:6379\r\n";

TEST(WorldCluster, BootsAnswersAndRedirects) {
  const Scenario scenario = cluster_of(3, 1);
  World world(scenario, nullptr);
  ASSERT_TRUE(world.run_until(second));
  EXPECT_TRUE(world.cluster_settled());
  NodeHand first(world, 0);
  EXPECT_EQ(first.ask("SET hello v"), "+OK\r\n");
  EXPECT_EQ(first.ask("GET hello"), "$1\r\nv\r\n");
  EXPECT_EQ(first.ask("GET foo"), moved_to_node_2);
  NodeHand third(world, 2);
  EXPECT_EQ(third.ask("SET foo v"), "+OK\r\n");
  EXPECT_EQ(world.effects().of(ClusterEffect::failover), 0U);
}

TEST(WorldCluster, ReplicasFollowTheirPrimaries) {
  const Scenario scenario = cluster_of(3, 1);
  World world(scenario, nullptr);
  ASSERT_TRUE(world.run_until(2 * second));
  NodeHand primary(world, 2);
  ASSERT_EQ(primary.ask("SET foo v"), "+OK\r\n");
  NodeHand replica(world, 5);
  EXPECT_EQ(replica.ask("GET foo"), moved_to_node_2);
  EXPECT_EQ(replica.ask("READONLY"), "+OK\r\n");
  EXPECT_EQ(replica.ask("GET foo"), "$1\r\nv\r\n");
}

TEST(WorldCluster, WritersFollowRedirectionsAndSplitNothing) {
  Scenario scenario = cluster_of(3, 1);
  scenario.operations = {operation(1, second, {"SET", "foo", "v"}), operation(2, 2 * second, {"SET", "foo", "w"}),
                         operation(3, 3 * second, {"SET", "{foo}a", "1", ";", "GET", "foo"}),
                         operation(4, 4 * second, {"MSET", "foo", "1", "bar", "2"})};
  Replies replies;
  World world(scenario, nullptr, {.writer_events = &replies});
  ASSERT_TRUE(world.run_until(5 * second));
  EXPECT_EQ(replies.log, (std::vector<std::string>{"1:OK", "2:OK", "3:[OK, \"w\"]",
                                                   "4:(error) CROSSSLOT Keys in request don't hash to the same slot"}));
  EXPECT_EQ(world.writers_outstanding(), 0U);
  EXPECT_EQ(world.server(2).keys_in_slot(resp::slot_of("foo")), 2U);
}

/// A world with three primaries, a replica of each, and one fault; connections to all nodes.
struct ClusterTrial {
  explicit ClusterTrial(Fault fault_given, std::uint32_t spares = 0) : scenario(cluster_of(3, 1, spares)) {
    scenario.faults.push_back(std::move(fault_given));
    world.emplace(scenario, nullptr);
    EXPECT_TRUE(world->run_until(second));
  }
  std::string ask(std::uint32_t node, std::string_view command, Instant patience = 10 * millisecond) {
    auto& hand = hands[node];
    if (hand == nullptr || !hand->open) {
      hand = std::make_unique<NodeHand>(*world, node);
    }
    return hand->ask(command, patience);
  }
  void run_until(Instant at) { ASSERT_TRUE(world->run_until(at)); }
  std::uint64_t effects(FaultKind kind) const { return world->effects().of(kind); }
  std::uint64_t effects(ClusterEffect kind) const { return world->effects().of(kind); }

  Scenario scenario;
  std::optional<World> world;
  std::map<std::uint32_t, std::unique_ptr<NodeHand>> hands;
};

TEST(WorldCluster, AManualFailoverSwapsTheRolesAndLosesNothing) {
  for (const std::uint32_t node : {0U, 3U}) {  // the primary and its replica name the same pair
    ClusterTrial trial(at_node(FaultKind::failover_manual, 2 * second, 0, node));
    EXPECT_EQ(trial.ask(0, "SET hello v"), "+OK\r\n");
    trial.run_until(4 * second);
    EXPECT_EQ(trial.ask(0, "GET hello"), "-MOVED 866 10.1.0.4:6379\r\n");
    EXPECT_EQ(trial.ask(3, "GET hello"), "$1\r\nv\r\n");
    EXPECT_EQ(trial.effects(FaultKind::failover_manual), 1U);
    EXPECT_EQ(trial.effects(ClusterEffect::failover), 1U);
    EXPECT_EQ(trial.effects(ClusterEffect::lost_write), 0U);
    EXPECT_TRUE(trial.world->cluster_settled());
  }
}

TEST(WorldCluster, ATakeoverAsksNobody) {
  ClusterTrial trial(at_node(FaultKind::failover_takeover, 2 * second, 0, 4));
  trial.run_until(4 * second);
  EXPECT_EQ(trial.ask(0, "GET c"), "-MOVED 7365 10.1.0.5:6379\r\n");
  EXPECT_TRUE(trial.world->cluster()->node(4).is_primary());
  EXPECT_FALSE(trial.world->cluster()->node(1).is_primary());
  EXPECT_EQ(trial.effects(FaultKind::failover_takeover), 1U);
}

/// The value of a line of INFO replication.
std::string told(const std::string& info, const std::string& name) {
  const std::size_t at = info.find("\n" + name + ":");
  const std::size_t begin = at + name.size() + 2;
  return at == std::string::npos ? std::string{} : info.substr(begin, info.find('\r', begin) - begin);
}

TEST(WorldCluster, WhoTakesOverTellsAtOnceOfAHistoryOfItsOwn) {
  ClusterTrial trial(at_node(FaultKind::failover_takeover, 2 * second, 0, 4));
  const std::string before = told(trial.ask(4, "INFO replication"), "master_replid");
  EXPECT_EQ(told(trial.ask(1, "INFO replication"), "master_replid"), before);
  trial.run_until(2 * second + millisecond);
  const std::string after = trial.ask(4, "INFO replication");
  EXPECT_EQ(told(after, "role"), "master");
  EXPECT_NE(told(after, "master_replid"), before);
  EXPECT_EQ(told(trial.ask(1, "INFO replication"), "master_host"), "10.1.0.5");
  EXPECT_NE(trial.ask(1, "ROLE").find("10.1.0.5"), std::string::npos);
}

TEST(WorldCluster, AnIsolatedPrimaryAnswersForAWhileAndLosesWhatItAcknowledged) {
  ClusterTrial trial(at_node(FaultKind::isolate_primary, 2 * second, 10 * second, 0));
  EXPECT_EQ(trial.ask(0, "SET hello before"), "+OK\r\n");
  trial.run_until(2500 * millisecond);
  EXPECT_EQ(trial.ask(0, "SET hello lost"), "+OK\r\n");
  trial.run_until(6 * second);
  EXPECT_EQ(trial.ask(0, "PING"), "+PONG\r\n");
  EXPECT_EQ(trial.ask(0, "GET hello"), "-CLUSTERDOWN The cluster is down\r\n");
  EXPECT_EQ(trial.ask(3, "GET hello"), "$6\r\nbefore\r\n");
  EXPECT_EQ(trial.effects(ClusterEffect::failover), 1U);
  EXPECT_EQ(trial.effects(ClusterEffect::isolation), 1U);
  EXPECT_EQ(trial.effects(ClusterEffect::lost_write), 1U);
  EXPECT_GT(trial.effects(FaultKind::isolate_primary), 0U);
  trial.run_until(18 * second);
  EXPECT_EQ(trial.ask(0, "GET hello"), "-MOVED 866 10.1.0.4:6379\r\n");
  EXPECT_TRUE(trial.world->cluster_settled());
}

TEST(WorldCluster, APrimaryIsolatedWithItsReplicasIsReplacedByNobody) {
  Fault isolation = at_node(FaultKind::isolate_primary, 2 * second, 10 * second, 3);
  isolation.side = IsolatedSide::with_replicas;
  ClusterTrial trial(isolation);
  trial.run_until(8 * second);
  EXPECT_EQ(trial.effects(ClusterEffect::failover), 0U);
  EXPECT_EQ(trial.ask(0, "GET hello"), "-CLUSTERDOWN The cluster is down\r\n");
  EXPECT_EQ(trial.ask(2, "GET foo"), "-CLUSTERDOWN The cluster is down\r\n");
  trial.run_until(18 * second);
  EXPECT_EQ(trial.ask(0, "GET hello"), "$-1\r\n");
  EXPECT_TRUE(trial.world->cluster_settled());
}

TEST(WorldCluster, APartitionKeepsToItsNodesAndItsDirection) {
  for (const CutDirection direction : {CutDirection::both, CutDirection::outgoing, CutDirection::incoming}) {
    Fault cut = fault(FaultKind::partition, 2 * second, 10 * second);
    cut.nodes = {1, 4};
    cut.direction = direction;
    ClusterTrial trial(cut);
    trial.run_until(2500 * millisecond);
    const ServerLinks& links = trial.world->cluster()->links();
    const auto is_cut = [&](std::uint16_t from, std::uint16_t to) {
      return links.cut(ServerIndex{from}, ServerIndex{to});
    };
    EXPECT_EQ(is_cut(1, 0), direction != CutDirection::incoming);
    EXPECT_EQ(is_cut(0, 1), direction != CutDirection::outgoing);
    EXPECT_FALSE(is_cut(1, 4));
    EXPECT_FALSE(is_cut(0, 2));
    trial.run_until(8 * second);
    EXPECT_EQ(trial.ask(2, "GET foo"), "-CLUSTERDOWN The cluster is down\r\n");
    EXPECT_EQ(trial.ask(1, "PING"), "+PONG\r\n");
    EXPECT_GT(trial.effects(FaultKind::partition), 0U);
    trial.run_until(20 * second);
    EXPECT_TRUE(trial.world->cluster_settled());
  }
}

TEST(WorldCluster, AClientIsCutFromOneNodeOnly) {
  ClusterTrial trial(at_node(FaultKind::cut_client, 2 * second, 3 * second, 1));
  EXPECT_EQ(trial.ask(1, "PING"), "+PONG\r\n");
  trial.run_until(2500 * millisecond);
  EXPECT_EQ(trial.ask(1, "PING"), "");
  EXPECT_EQ(trial.ask(0, "PING"), "+PONG\r\n");
  NodeHand late(*trial.world, 1);
  EXPECT_FALSE(late.open);
  trial.run_until(6 * second);
  EXPECT_EQ(trial.hands[1]->received, "+PONG\r\n");
  EXPECT_TRUE(late.open);
  EXPECT_GT(trial.effects(FaultKind::cut_client), 0U);
  EXPECT_EQ(trial.effects(ClusterEffect::failover), 0U);
}

TEST(WorldCluster, FaultsOfConnectionsMayKeepToOneNode) {
  for (const FaultKind kind : {FaultKind::reset, FaultKind::close, FaultKind::kill_client}) {
    ClusterTrial trial(at_node(kind, 2 * second, 0, 1));
    trial.ask(0, "PING");
    trial.ask(1, "PING");
    trial.run_until(3 * second);
    EXPECT_TRUE(trial.hands[0]->open) << name_of(kind);
    EXPECT_FALSE(trial.hands[1]->open) << name_of(kind);
    EXPECT_EQ(trial.effects(kind), 1U) << name_of(kind);
  }
  ClusterTrial everywhere(fault(FaultKind::reset, 2 * second, 0));
  everywhere.ask(0, "PING");
  everywhere.ask(1, "PING");
  everywhere.run_until(3 * second);
  EXPECT_FALSE(everywhere.hands[0]->open);
  EXPECT_FALSE(everywhere.hands[1]->open);
}

TEST(WorldCluster, AFrozenNodeKeepsOthersWaitingForNothing) {
  ClusterTrial trial(at_node(FaultKind::freeze_server, 2 * second, second, 1));
  trial.ask(1, "PING");
  trial.run_until(2500 * millisecond);
  EXPECT_EQ(trial.ask(1, "PING"), "");
  EXPECT_EQ(trial.ask(0, "PING"), "+PONG\r\n");
  trial.run_until(4 * second);
  EXPECT_EQ(trial.hands[1]->received, "+PONG\r\n");
  EXPECT_EQ(trial.effects(ClusterEffect::failover), 0U);
}

TEST(WorldCluster, ANodeThatIsDeadOrFrozenForLongIsReplaced) {
  for (const FaultKind kind : {FaultKind::freeze_server, FaultKind::restart_server}) {
    ClusterTrial trial(at_node(kind, 2 * second, 8 * second, 1));
    EXPECT_EQ(trial.ask(1, "SET {c}a v"), "+OK\r\n") << name_of(kind);
    trial.run_until(9 * second);
    EXPECT_TRUE(trial.world->cluster()->node(4).is_primary()) << name_of(kind);
    EXPECT_EQ(trial.ask(4, "GET {c}a"), "$1\r\nv\r\n") << name_of(kind);
    trial.run_until(20 * second);
    EXPECT_FALSE(trial.world->cluster()->node(1).is_primary()) << name_of(kind);
    EXPECT_EQ(trial.world->server(1).keys_in_slot(resp::slot_of("c")), 1U) << name_of(kind);
    EXPECT_TRUE(trial.world->cluster_settled()) << name_of(kind);
  }
}

Fault move_of(SlotMove::Ending ending, std::string_view key, std::uint32_t to) {
  Fault move = fault(FaultKind::migrate_slot, 2 * second, 2 * second);
  move.move = {resp::slot_of(key), to, ending};
  return move;
}

TEST(WorldCluster, ASlotMovesWithItsKeys) {
  ClusterTrial trial(move_of(SlotMove::Ending::complete, "foo", 0));
  for (const char* key : {"foo", "{foo}a", "{foo}b"}) {
    EXPECT_EQ(trial.ask(2, std::string("SET ") + key + " v"), "+OK\r\n");
  }
  trial.run_until(8 * second);
  EXPECT_EQ(trial.ask(2, "GET foo"), "-MOVED 12182 10.1.0.1:6379\r\n");
  EXPECT_EQ(trial.ask(1, "GET foo"), "-MOVED 12182 10.1.0.1:6379\r\n");
  EXPECT_EQ(trial.ask(0, "GET {foo}a"), "$1\r\nv\r\n");
  EXPECT_EQ(trial.world->server(0).keys_in_slot(resp::slot_of("foo")), 3U);
  EXPECT_EQ(trial.world->server(2).keys_in_slot(resp::slot_of("foo")), 0U);
  EXPECT_EQ(trial.world->server(3).keys_in_slot(resp::slot_of("foo")), 3U);  // replicated
  EXPECT_EQ(trial.effects(FaultKind::migrate_slot), 1U);
  EXPECT_EQ(trial.effects(ClusterEffect::migration), 1U);
  EXPECT_TRUE(trial.world->cluster_settled());
}

TEST(WorldCluster, AnAbandonedMoveLeavesTheSlotOpenUntilTheWorldHeals) {
  ClusterTrial trial(move_of(SlotMove::Ending::abandoned, "foo", 0));
  for (const char* key : {"foo", "{foo}a", "{foo}b"}) {
    EXPECT_EQ(trial.ask(2, std::string("SET ") + key + " v"), "+OK\r\n");
  }
  trial.run_until(20 * second);
  EXPECT_EQ(trial.ask(2, "GET {foo}absent"), "-ASK 12182 10.1.0.1:6379\r\n");
  EXPECT_EQ(trial.world->server(0).keys_in_slot(resp::slot_of("foo")), 1U);
  EXPECT_FALSE(trial.world->cluster_settled());
  trial.run_until(36 * second);
  EXPECT_EQ(trial.world->server(0).keys_in_slot(resp::slot_of("foo")), 3U);
  EXPECT_TRUE(trial.world->cluster_settled());
}

TEST(WorldCluster, ASlotThatIsGivenBackIsWhereItWas) {
  ClusterTrial trial(move_of(SlotMove::Ending::given_back, "foo", 0));
  EXPECT_EQ(trial.ask(2, "SET foo v"), "+OK\r\n");
  trial.run_until(10 * second);
  EXPECT_EQ(trial.ask(2, "GET foo"), "$1\r\nv\r\n");
  EXPECT_EQ(trial.ask(0, "GET foo"), moved_to_node_2);
  EXPECT_EQ(trial.effects(ClusterEffect::migration), 1U);
  EXPECT_TRUE(trial.world->cluster_settled());
}

TEST(WorldCluster, ASlotIsMovedFromTheNodeThatIsNamedOrNotAtAll) {
  Fault move = move_of(SlotMove::Ending::complete, "foo", 0);
  move.node = 1;
  ClusterTrial trial(move);
  trial.run_until(8 * second);
  EXPECT_EQ(trial.ask(2, "GET foo"), "$-1\r\n");
  EXPECT_EQ(trial.effects(FaultKind::migrate_slot), 0U);
}

TEST(WorldCluster, ASpareIsMetAndAReplicaIsForgotten) {
  ClusterTrial meeting(at_node(FaultKind::add_node, 2 * second, 0, 6), 1);
  EXPECT_EQ(meeting.ask(6, "GET foo"), "-CLUSTERDOWN Hash slot not served\r\n");
  EXPECT_EQ(meeting.ask(2, "CLUSTER NODES").find("10.1.0.7"), std::string::npos);
  meeting.run_until(8 * second);
  EXPECT_NE(meeting.ask(2, "CLUSTER NODES").find("10.1.0.7"), std::string::npos);
  EXPECT_EQ(meeting.ask(6, "GET foo"), moved_to_node_2);
  EXPECT_EQ(meeting.effects(FaultKind::add_node), 1U);

  ClusterTrial removal(at_node(FaultKind::remove_node, 2 * second, 0, 3));
  EXPECT_NE(removal.ask(2, "CLUSTER NODES").find("10.1.0.4"), std::string::npos);
  removal.run_until(8 * second);
  EXPECT_EQ(removal.ask(2, "CLUSTER NODES").find("10.1.0.4"), std::string::npos);
  EXPECT_EQ(removal.effects(FaultKind::remove_node), 1U);
  EXPECT_TRUE(removal.world->cluster_settled());

  ClusterTrial owner(at_node(FaultKind::remove_node, 2 * second, 0, 0));
  owner.run_until(8 * second);
  EXPECT_NE(owner.ask(2, "CLUSTER NODES").find("10.1.0.1:"), std::string::npos);
  EXPECT_EQ(owner.effects(FaultKind::remove_node), 0U);
}

TEST(WorldCluster, ANodeThatHearsNothingAnswersByWhatItKnew) {
  ClusterTrial trial(at_node(FaultKind::stale_topology, 2 * second, second, 1));
  trial.scenario.faults.push_back(at_node(FaultKind::failover_takeover, 2200 * millisecond, 0, 0));
  trial.hands.clear();
  trial.world.emplace(trial.scenario, nullptr);
  trial.run_until(2800 * millisecond);
  EXPECT_EQ(trial.ask(2, "GET hello"), "-MOVED 866 10.1.0.4:6379\r\n");
  EXPECT_EQ(trial.ask(1, "GET hello"), "-MOVED 866 10.1.0.1:6379\r\n");
  EXPECT_GT(trial.effects(FaultKind::stale_topology), 0U);
  trial.run_until(5 * second);
  EXPECT_EQ(trial.ask(1, "GET hello"), "-MOVED 866 10.1.0.4:6379\r\n");
}

TEST(WorldCluster, AReplicaThatLagsAnswersWithOldValues) {
  Fault lag = at_node(FaultKind::replica_lag, 2 * second, 5 * second, 5);
  lag.argument = second;
  ClusterTrial trial(lag);
  EXPECT_EQ(trial.ask(2, "SET foo v"), "+OK\r\n");
  EXPECT_EQ(trial.ask(5, "READONLY"), "+OK\r\n");
  trial.run_until(3 * second);
  EXPECT_EQ(trial.ask(2, "SET foo w"), "+OK\r\n");
  EXPECT_EQ(trial.ask(5, "GET foo"), "$1\r\nv\r\n");
  trial.run_until(4500 * millisecond);
  EXPECT_EQ(trial.ask(5, "GET foo"), "$1\r\nw\r\n");
  EXPECT_GT(trial.effects(FaultKind::replica_lag), 0U);
}

/// Writes down what happens to keys, and who owns what, in short words.
struct Story final : ClusterObserver {
  void on_change(std::uint32_t node, ChangeOrigin origin, const redis::ServerObserver::Change& change) override {
    constexpr std::array<std::string_view, 7> words = {"executed", "replicated", "discarded", "loaded",
                                                       "moved_in", "moved_out",  "dropped"};
    lines.push_back(fmt::format("{} {} {}{}", node, words[static_cast<std::size_t>(origin)], change.key,
                                change.value == nullptr ? " gone" : ""));
  }
  void on_ownership(Instant, std::uint32_t node, cluster::SlotRange slots, Belief belief,
                    std::uint64_t epoch) override {
    lines.push_back(fmt::format("{} {} {}-{} by {}", node, belief == Belief::owns ? "owns" : "lost", slots.first,
                                slots.last, epoch));
  }
  void on_role(Instant, std::uint32_t node, Role role) override {
    lines.push_back(fmt::format("{} {}", node, role == Role::primary ? "primary" : "replica"));
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines{};
};

TEST(WorldCluster, ObserversAreToldWhoOwnsWhatAndWhyKeysChange) {
  Scenario scenario = cluster_of(3, 1);
  scenario.faults = {at_node(FaultKind::isolate_primary, 3 * second, 6 * second, 0)};
  Story story;
  World world(scenario, nullptr, {.cluster_observer = &story});
  EXPECT_EQ(story.take(),
            (std::vector<std::string>{"0 owns 0-5460 by 1", "1 owns 5461-10922 by 2", "2 owns 10923-16383 by 3"}));
  ASSERT_TRUE(world.run_until(2 * second));
  EXPECT_EQ(story.take(), (std::vector<std::string>{"3 replica", "4 replica", "5 replica"}));
  NodeHand hand(world, 0);
  hand.ask("SET hello v");
  EXPECT_EQ(story.take(), (std::vector<std::string>{"0 executed hello", "3 replicated hello"}));
  ASSERT_TRUE(world.run_until(3500 * millisecond));
  hand.ask("SET hello w");
  EXPECT_EQ(story.take(), (std::vector<std::string>{"0 executed hello"}));
  ASSERT_TRUE(world.run_until(9 * second));
  EXPECT_EQ(story.take(), (std::vector<std::string>{"3 primary", "3 owns 0-5460 by 4"}));
  ASSERT_TRUE(world.run_until(15 * second));
  const std::vector<std::string> healed = story.take();
  EXPECT_EQ(std::count(healed.begin(), healed.end(), "0 replica"), 1);
  EXPECT_EQ(std::count(healed.begin(), healed.end(), "0 lost 0-5460 by 4"), 1);
  EXPECT_EQ(std::count(healed.begin(), healed.end(), "0 discarded hello gone"), 1);
  EXPECT_EQ(std::count(healed.begin(), healed.end(), "0 loaded hello"), 1);
}

TEST(WorldCluster, AHundredPrimariesLiveTogether) {
  Scenario scenario = cluster_of(100, 1);
  scenario.cluster->node_timeout = 5 * second;
  scenario.faults_end = 20 * second;
  scenario.replay_tape = false;
  scenario.faults = {at_node(FaultKind::isolate_primary, 3 * second, 15 * second, 7)};
  for (std::uint32_t id = 0; id < 100; ++id) {
    scenario.operations.push_back(
        operation(id, second + id * 100 * millisecond, {"SET", "k" + std::to_string(id), "v"}));
  }
  Replies replies;
  World world(scenario, nullptr, {.writer_events = &replies});
  ASSERT_TRUE(world.run_until(40 * second));
  EXPECT_TRUE(world.cluster_settled());
  EXPECT_EQ(world.effects().of(ClusterEffect::failover), 1U);
  EXPECT_TRUE(world.cluster()->node(107).is_primary());
  EXPECT_EQ(replies.log.size(), 100U);
  EXPECT_EQ(world.writers_outstanding(), 0U);
}

}  // namespace
}  // namespace trackside::sim
