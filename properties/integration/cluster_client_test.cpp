// The client and its cache against a real cluster: slots that move, nil in a slot that is open, failovers, isolation.
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/real_cluster.hpp"
#include "resp/slot.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

ClientOptions cluster_options(std::uint16_t port) {
  ClientOptions options = quick_options(port);
  options.topology = Topology::cluster;
  options.command_timeout = 5s;
  return options;
}

class ClusterClient : public ::testing::Test {
 protected:
  explicit ClusterClient(std::size_t replicas = 0) : cluster_(3, replicas) {}

  static Command get(const std::string& key) { return Command{"GET", key}; }
  std::string read(const std::string& key) { return ask(client_, get(key)); }
  /// Reads until the second one is answered by the cache.
  bool becomes_cached(const std::string& key) {
    return eventually([&] { return read(key), is_cached(client_, get(key)); });
  }

  static constexpr auto max_idle = 500ms;
  RealCluster cluster_;
  Threads threads_{2};
  std::shared_ptr<TrackingCache> cache_ = std::make_shared<TrackingCache>(CacheOptions{.max_idle = max_idle});
  Client client_{threads_.executor(), cluster_options(cluster_.port(0)), cache_};
  Client other_{threads_.executor(), cluster_options(cluster_.port(1))};
};

TEST_F(ClusterClient, CachesAtEveryNodeAndHearsOfEveryWrite) {
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

TEST_F(ClusterClient, ASlotThatMovesTakesItsEntriesWithIt) {
  const std::string key = "moving";
  const std::size_t from = cluster_.owner_of(key);
  const std::size_t to = (from + 1) % 3;
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(becomes_cached(key));
  ASSERT_EQ(read("{moving}nothing"), "(nil)");
  ASSERT_TRUE(becomes_cached("{moving}nothing"));
  cluster_.move_slot(resp::slot_of(key), from, to);
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get(key)); }, 200ms)) << "the guard tells at once";
  EXPECT_EQ(ask(other_, {"SET", "{moving}nothing", "now there"}), "OK");
  EXPECT_TRUE(eventually([&] { return read("{moving}nothing") == "now there"; }, 200ms));
  EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
  EXPECT_TRUE(eventually([&] { return read(key) == "2"; }));
  EXPECT_TRUE(becomes_cached(key)) << "at its new owner";
  cluster_.move_slot(resp::slot_of(key), to, from);
  EXPECT_EQ(ask(client_, {"SET", key, "3"}), "OK");
  EXPECT_EQ(read(key), "3");
  EXPECT_TRUE(becomes_cached(key)) << "at its old owner again";
}

TEST_F(ClusterClient, NothingIsAnAnswerForMaxIdleWhileASlotIsOpen) {
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

TEST_F(ClusterClient, CommandsOfSeveralSlotsAreSplit) {
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

TEST_F(ClusterFailover, ADeadPrimarysKeysAreReadFromItsReplicaAndCachedAgain) {
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

TEST_F(ClusterFailover, AManualFailoverTakesTheEntriesAtOnce) {
  const std::string key = "handed over";
  const std::size_t primary = cluster_.owner_of(key);
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(becomes_cached(key));
  ASSERT_EQ(cluster_.ask(primary + 3, {"CLUSTER", "FAILOVER"}), "OK");
  ASSERT_TRUE(eventually([&] { return cluster_.is_primary(primary + 3) && !cluster_.is_primary(primary); }));
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get(key)); }, 200ms)) << "the guards of all slots end";
  EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
  EXPECT_EQ(read(key), "2");
  EXPECT_TRUE(becomes_cached(key));
}

/// The others stand still, so it hears nothing from them: as good as a cut between it and its peers.
TEST_F(ClusterFailover, APrimaryThatIsCutOffVouchesNoLonger) {
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

}  // namespace
}  // namespace trackside::testing
