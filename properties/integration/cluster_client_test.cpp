// The client and its cache against a real cluster: slots that move, nil in a slot that is open, failovers, isolation;
// each as a user whom nodes tell of slots that leave, and as one who may not subscribe, and has to ask.
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/real_cluster.hpp"
#include "resp/slot.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

enum class Slots { guarded, asked_for };

ClientOptions cluster_options(std::uint16_t port, Slots slots = Slots::guarded) {
  ClientOptions options = quick_options(port);
  options.topology = Topology::cluster;
  options.command_timeout = 5s;
  if (slots == Slots::asked_for) {
    options.username = "caching";
    options.password = "secret";
  }
  return options;
}

class ClusterClient : public ::testing::TestWithParam<Slots> {
 protected:
  explicit ClusterClient(std::size_t replicas = 0) : cluster_(3, replicas) {
    for (std::size_t node = 0; node < cluster_.size(); ++node) {
      cluster_.ask(node, {"ACL", "SETUSER", "caching", "on", ">secret", "~*", "+@all", "resetchannels"});
    }
  }

  static Command get(const std::string& key) { return Command{"GET", key}; }
  std::string read(const std::string& key) { return ask(client_, get(key)); }
  /// Reads until the second one is answered by the cache.
  bool becomes_cached(const std::string& key) {
    return eventually([&] { return read(key), is_cached(client_, get(key)); });
  }

  static constexpr auto max_idle = 500ms;
  /// Within which it is noticed that a node lost a slot: the flight of a push, or else max_idle by contract.
  const std::chrono::milliseconds notice_ = GetParam() == Slots::guarded ? 200ms : max_idle + 100ms;
  RealCluster cluster_;
  Threads threads_{2};
  std::shared_ptr<TrackingCache> cache_ = std::make_shared<TrackingCache>(CacheOptions{.max_idle = max_idle});
  Client client_{threads_.executor(), cluster_options(cluster_.port(0), GetParam()), cache_};
  Client other_{threads_.executor(), cluster_options(cluster_.port(1))};
};

TEST_P(ClusterClient, CachesAtEveryNodeAndHearsOfEveryWrite) {
  for (int number = 0; number < 30; ++number) {
    const std::string key = "k" + std::to_string(number);
    EXPECT_EQ(ask(other_, {"SET", key, "1"}), "OK");
    EXPECT_TRUE(becomes_cached(key)) << key;
    EXPECT_EQ(read(key), "1");
    EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
    EXPECT_TRUE(eventually([&] { return read(key) == "2"; })) << key;
    EXPECT_EQ(ask(client_, {"SET", key, "3"}), "OK");
    EXPECT_EQ(read(key), "3") << "its own write";
  }
}

TEST_P(ClusterClient, ASlotThatMovesTakesItsEntriesWithIt) {
  const std::string key = "moving";
  const std::size_t from = cluster_.owner_of(key);
  const std::size_t to = (from + 1) % 3;
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(becomes_cached(key));
  ASSERT_EQ(read("{moving}nothing"), "(nil)");
  ASSERT_TRUE(becomes_cached("{moving}nothing"));
  cluster_.move_slot(resp::slot_of(key), from, to);
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get(key)); }, notice_));
  EXPECT_EQ(ask(other_, {"SET", "{moving}nothing", "now there"}), "OK");
  EXPECT_TRUE(eventually([&] { return read("{moving}nothing") == "now there"; }, notice_));
  EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
  EXPECT_TRUE(eventually([&] { return read(key) == "2"; }));
  EXPECT_TRUE(becomes_cached(key)) << "at its new owner";
  cluster_.move_slot(resp::slot_of(key), to, from);
  EXPECT_EQ(ask(client_, {"SET", key, "3"}), "OK");
  EXPECT_EQ(read(key), "3");
  EXPECT_TRUE(becomes_cached(key)) << "at its old owner again";
}

/// Which looks as if nothing had happened, in every map of the slots (attack C2).
TEST_P(ClusterClient, ASlotThatLeftAndCameBackTookItsEntriesWithIt) {
  const std::string key = "returning";
  const std::size_t home = cluster_.owner_of(key);
  const std::size_t away = (home + 1) % 3;
  const std::uint16_t slot = resp::slot_of(key);
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(becomes_cached(key));
  cluster_.move_slot(slot, home, away);
  EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
  cluster_.move_slot(slot, away, home);
  EXPECT_TRUE(eventually([&] { return read(key) == "2"; }, notice_));
}

/// The cluster's epoch rises with the first slot only (attack C3).
TEST_P(ClusterClient, ASecondSlotToTheSameNodeIsNoticedToo) {
  const std::size_t from = cluster_.owner_of("s0");
  const std::size_t to = (from + 1) % 3;
  std::vector<std::string> keys;
  for (int number = 0; keys.size() < 3; ++number) {
    const std::string key = "s" + std::to_string(number);
    if (cluster_.owner_of(key) == from) {
      keys.push_back(key);
    }
  }
  for (const std::string& key : keys) {
    ask(other_, {"SET", key, "1"});
    ASSERT_TRUE(becomes_cached(key));
    cluster_.move_slot(resp::slot_of(key), from, to);
    EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
    EXPECT_TRUE(eventually([&] { return read(key) == "2"; }, notice_)) << key;
  }
}

/// Every map of the slots is as before (attack C11).
TEST_P(ClusterClient, ASlotThatNobodyServedForAWhileTookItsEntriesWithIt) {
  const std::string key = "unserved";
  const std::size_t owner = cluster_.owner_of(key);
  const std::string slot = std::to_string(resp::slot_of(key));
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(becomes_cached(key));
  ASSERT_EQ(cluster_.ask(owner, {"CLUSTER", "DELSLOTS", slot}), "OK");
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get(key)); }, notice_));
  ASSERT_EQ(cluster_.ask(owner, {"CLUSTER", "ADDSLOTS", slot}), "OK");
  EXPECT_TRUE(eventually([&] { return read(key) == "1"; }));
  EXPECT_TRUE(becomes_cached(key));
}

TEST_P(ClusterClient, NothingIsAnAnswerForMaxIdleWhileASlotIsOpen) {
  const std::string key = "absent";
  const std::size_t from = cluster_.owner_of(key);
  const std::size_t to = (from + 1) % 3;
  ASSERT_TRUE(becomes_cached(key));
  cluster_.open_slot(resp::slot_of(key), from, to);
  ASSERT_EQ(ask(other_, {"SET", key, "made elsewhere"}), "OK") << "by ASK, at the slot's next owner";
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get(key)); }, max_idle + 100ms));
  EXPECT_EQ(read(key), "made elsewhere") << "by ASK";
  EXPECT_FALSE(is_cached(client_, get(key))) << "what ASK brings is not tracked";
  cluster_.close_slot(resp::slot_of(key), from, to);
  EXPECT_TRUE(becomes_cached(key));
}

TEST_P(ClusterClient, CommandsOfSeveralSlotsAreSplit) {
  EXPECT_EQ(ask(client_, {"MSET", "a", "1", "b", "2", "c", "3"}), "OK");
  EXPECT_EQ(ask(client_, {"MGET", "a", "b", "none", "c", "a"}), R"(["1", "2", (nil), "3", "1"])");
  EXPECT_TRUE(eventually([&] {
    return ask(client_, {"MGET", "a", "b", "c"}), is_cached(client_, {"MGET", "a", "b", "c"});
  }));
  EXPECT_EQ(ask(client_, {"EXISTS", "a", "b", "none"}), "(integer) 2");
  EXPECT_EQ(ask(client_, {"DEL", "a", "b", "none"}), "(integer) 2");
  EXPECT_EQ(ask(client_, {"MGET", "a", "b", "c"}), R"([(nil), (nil), "3"])");
  EXPECT_NE(ask(client_, {"SINTER", "a", "b"}).find("CROSSSLOT"), std::string::npos);
}

class ClusterFailover : public ClusterClient {
 protected:
  ClusterFailover() : ClusterClient(3) {}
};

TEST_P(ClusterFailover, ADeadPrimarysKeysAreReadFromItsReplicaAndCachedAgain) {
  const std::string key = "failing";
  const std::size_t primary = cluster_.owner_of(key);
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(becomes_cached(key));
  ASSERT_EQ(cluster_.ask(primary, {"WAIT", "1", "1000"}).substr(0, 1), ":");
  cluster_.node(primary).stop();
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get(key)); }, 200ms)) << "its link is gone";
  EXPECT_TRUE(eventually([&] { return ask(other_, {"SET", key, "2"}) == "OK"; }, 20s));
  EXPECT_TRUE(eventually([&] { return read(key) == "2"; }, 20s));
  EXPECT_TRUE(becomes_cached(key));
}

TEST_P(ClusterFailover, AManualFailoverTakesTheEntriesAtOnce) {
  const std::string key = "handed over";
  const std::size_t primary = cluster_.owner_of(key);
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(becomes_cached(key));
  ASSERT_EQ(cluster_.ask(primary + 3, {"CLUSTER", "FAILOVER"}), "OK");
  ASSERT_TRUE(eventually([&] { return cluster_.is_primary(primary + 3) && !cluster_.is_primary(primary); }));
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get(key)); }, notice_));
  EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
  EXPECT_EQ(read(key), "2");
  EXPECT_TRUE(becomes_cached(key));
}

/// The others stand still, so it hears nothing from them: as good as a cut between it and its peers.
TEST_P(ClusterFailover, APrimaryThatIsCutOffVouchesNoLonger) {
  const std::string key = "isolated";
  const std::size_t primary = cluster_.owner_of(key);
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(becomes_cached(key));
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    if (node != primary) {
      cluster_.node(node).signal(SIGSTOP);
    }
  }
  constexpr auto node_timeout = 1000ms;
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get(key)); }, max_idle + node_timeout * 3 / 2 + 300ms));
  EXPECT_NE(cluster_.ask(primary, {"PING"}), "") << "though it answers";
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    if (node != primary) {
      cluster_.node(node).signal(SIGCONT);
    }
  }
  EXPECT_TRUE(eventually([&] { return becomes_cached(key); }, 20s));
}

std::string name_of_slots(const ::testing::TestParamInfo<Slots>& info) {
  return info.param == Slots::guarded ? "Guarded" : "AskedFor";
}
INSTANTIATE_TEST_SUITE_P(Slots, ClusterClient, ::testing::Values(Slots::guarded, Slots::asked_for), name_of_slots);
INSTANTIATE_TEST_SUITE_P(Slots, ClusterFailover, ::testing::Values(Slots::guarded, Slots::asked_for), name_of_slots);

}  // namespace
}  // namespace trackside::testing
