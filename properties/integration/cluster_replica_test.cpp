// Reading from a real cluster's replicas: who answers, own writes, a replica that lags, stops, is promoted, and a slot
// that moves while a replica vouches for it.
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

ClientOptions replica_options(std::uint16_t port, ReadFrom from) {
  ClientOptions options = quick_options(port);
  options.topology = Topology::cluster;
  options.read_from = from;
  options.command_timeout = 5s;
  return options;
}

class ClusterReplicas : public ::testing::Test {
 protected:
  static Command get(const std::string& key) { return Command{"GET", key}; }
  std::string read(const std::string& key) { return ask(client_, get(key)); }
  bool becomes_cached(const std::string& key) {
    return eventually([&] { return read(key), is_cached(client_, get(key)); });
  }
  /// GETs that the node executed.
  int reads_at(std::size_t node) {
    const std::string info = cluster_.ask(node, {"INFO", "commandstats"});
    const std::size_t at = info.find("cmdstat_get:calls=");
    return at == std::string::npos ? 0 : std::stoi(info.substr(at + std::string{"cmdstat_get:calls="}.size()));
  }
  /// Until the replica answers: reads of another key of the slot, so that the cache has no part in it.
  bool is_read_at(std::size_t node, const std::string& key) {
    return eventually(
        [&] {
          const int before = reads_at(node);
          ask(plain_, get(key));
          return reads_at(node) > before;
        },
        5s);
  }
  std::string role(std::size_t node) { return cluster_.ask(node, {"INFO", "replication"}).substr(0, 40); }

  static constexpr auto max_idle = 500ms;
  RealCluster cluster_{3, 3};
  Threads threads_{2};
  std::shared_ptr<TrackingCache> cache_ = std::make_shared<TrackingCache>(CacheOptions{.max_idle = max_idle});
  Client client_{threads_.executor(), replica_options(cluster_.port(0), ReadFrom::prefer_replica), cache_};
  Client plain_{threads_.executor(), replica_options(cluster_.port(0), ReadFrom::prefer_replica)};
  Client other_{threads_.executor(), replica_options(cluster_.port(1), ReadFrom::primary)};
};

TEST_F(ClusterReplicas, ReadsGoToThemAndAreCachedThere) {
  const std::string key = "read";
  const std::size_t primary = cluster_.owner_of(key);
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(is_read_at(primary + 3, key));
  const int before = reads_at(primary);
  for (int round = 0; round < 50; ++round) {
    EXPECT_EQ(ask(plain_, get(key)), "1");
  }
  EXPECT_EQ(reads_at(primary), before) << "none of them went to the primary";
  ASSERT_TRUE(eventually([&] { return read(key), reads_at(primary + 3) > 50; }));
  EXPECT_TRUE(becomes_cached(key));
  EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
  EXPECT_TRUE(eventually([&] { return read(key) == "2"; })) << "the replica tells of what its primary tells it";
  EXPECT_TRUE(becomes_cached(key));
}

TEST_F(ClusterReplicas, AnOwnWriteIsReadWhereverReadsGo) {
  for (int round = 0; round < 300; ++round) {
    const std::string key = "{own}" + std::to_string(round % 3);
    const std::string value = std::to_string(round);
    ASSERT_EQ(ask(client_, {"SET", key, value}), "OK");
    ASSERT_EQ(read(key), value);
    if (round % 10 == 0) {
      std::this_thread::sleep_for(120ms);  // long enough for replicas to take over
    }
    ASSERT_EQ(read(key), value);
  }
}

TEST_F(ClusterReplicas, AReplicaThatStandsStillIsNotReadBehindAnOwnWrite) {
  const std::string key = "lag";
  const std::size_t primary = cluster_.owner_of(key);
  ask(client_, {"SET", key, "1"});
  ASSERT_TRUE(is_read_at(primary + 3, key));
  ASSERT_TRUE(becomes_cached(key));
  cluster_.node(primary + 3).signal(SIGSTOP);
  EXPECT_EQ(ask(client_, {"SET", key, "2"}), "OK");
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(read(key), "2");
    std::this_thread::sleep_for(20ms);
  }
  cluster_.node(primary + 3).signal(SIGCONT);
  EXPECT_TRUE(is_read_at(primary + 3, key));
  EXPECT_EQ(read(key), "2");
}

TEST_F(ClusterReplicas, WhatAReplicaDoesNotHaveIsAskedForAtThePrimary) {
  const std::string key = "{there}";
  const std::string absent = "{there}not";
  const std::size_t primary = cluster_.owner_of(key);
  const std::size_t to = (primary + 1) % 3;
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(is_read_at(primary + 3, key));
  EXPECT_EQ(read(absent), "(nil)");
  cluster_.open_slot(resp::slot_of(key), primary, to);
  cluster_.move_keys(resp::slot_of(key), primary, to);
  EXPECT_EQ(ask(plain_, get(key)), "1") << "the replica has it no longer, and says nothing of where it went";
  EXPECT_EQ(read(key), "1");
  cluster_.close_slot(resp::slot_of(key), primary, to);
  EXPECT_EQ(read(key), "1");
}

TEST_F(ClusterReplicas, ASlotThatMovesTakesItsEntriesFromTheReplicaToo) {
  const std::string key = "moving";
  const std::size_t from = cluster_.owner_of(key);
  const std::size_t to = (from + 1) % 3;
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(is_read_at(from + 3, key));
  std::this_thread::sleep_for(300ms);
  ASSERT_TRUE(becomes_cached(key));
  cluster_.move_slot(resp::slot_of(key), from, to);
  EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
  EXPECT_TRUE(eventually([&] { return read(key) == "2"; }, max_idle + 2s));
  EXPECT_TRUE(is_read_at(to + 3, key)) << "by the new owner's replica";
  EXPECT_TRUE(becomes_cached(key));
}

TEST_F(ClusterReplicas, ReadsGoOnWhenAReplicaDiesAndWhenItComesBack) {
  const std::string key = "dying";
  const std::size_t primary = cluster_.owner_of(key);
  ask(other_, {"SET", key, "1"});
  ASSERT_TRUE(is_read_at(primary + 3, key));
  ASSERT_TRUE(becomes_cached(key));
  cluster_.node(primary + 3).stop();
  EXPECT_EQ(ask(other_, {"SET", key, "2"}), "OK");
  EXPECT_TRUE(eventually([&] { return read(key) == "2"; }, max_idle + 200ms));
  EXPECT_TRUE(becomes_cached(key)) << "at the primary";
}

TEST_F(ClusterReplicas, AReplicaThatIsPromotedAnswersAsThePrimaryItIs) {
  const std::string key = "promoted";
  const std::size_t primary = cluster_.owner_of(key);
  ask(client_, {"SET", key, "1"});
  ASSERT_TRUE(is_read_at(primary + 3, key));
  ASSERT_TRUE(becomes_cached(key));
  ASSERT_EQ(cluster_.ask(primary + 3, {"CLUSTER", "FAILOVER"}), "OK");
  ASSERT_TRUE(eventually([&] { return role(primary + 3).find("role:master") != std::string::npos; }));
  EXPECT_TRUE(eventually([&] { return ask(client_, {"SET", key, "2"}) == "OK"; }));
  EXPECT_EQ(read(key), "2");
  EXPECT_TRUE(eventually([&] { return role(primary).find("role:slave") != std::string::npos; }));
  EXPECT_TRUE(is_read_at(primary, key)) << "by what was the primary";
  EXPECT_EQ(read(key), "2");
  EXPECT_EQ(ask(other_, {"SET", key, "3"}), "OK");
  EXPECT_TRUE(eventually([&] { return read(key) == "3"; }));
}

TEST_F(ClusterReplicas, TheNearestAnswersWhicheverItIs) {
  Client nearest{threads_.executor(), replica_options(cluster_.port(0), ReadFrom::nearest)};
  for (int round = 0; round < 100; ++round) {
    const std::string key = "near" + std::to_string(round);
    ASSERT_EQ(ask(nearest, {"SET", key, "1"}), "OK");
    ASSERT_EQ(ask(nearest, get(key)), "1");
  }
}

}  // namespace
}  // namespace trackside::testing
