// Real clients on the simulated server: our own with its cache, hiredis, and redis-cli.
#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "impl/examples/cached_reader.hpp"
#include "properties/integration/client_harness.hpp"
#include "properties/tool/served_process.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

std::string redis_cli(const ServedProcess& served, const std::string& arguments, std::uint16_t node = 0) {
  return output_of("redis-cli -p " + std::to_string(served.port() + node) + " " + arguments + " 2>/dev/null");
}

/// The text of the reply, error or not.
std::string said(HiredisConnection& hiredis, const Words& words) {
  const Reply reply = hiredis.ask(words);
  return std::string{reply.as_string().value()};
}

TEST(Served, OurClientCachesAndHearsOfWrites) {
  const ServedProcess served;
  Threads threads{2};
  const auto cache = quick_cache();
  Client client{threads.executor(), quick_options(served.port()), cache};
  Client other{threads.executor(), quick_options(served.port())};
  const Command get_k{"GET", "k"};
  for (int turn = 0; turn < 20; ++turn) {
    const std::string value = "v" + std::to_string(turn);
    EXPECT_EQ(ask(other, {"SET", "k", value}), "OK");
    EXPECT_TRUE(eventually([&] { return ask(client, get_k) == value; }));
    EXPECT_TRUE(eventually([&] { return ask(client, get_k), is_cached(client, get_k); }));
  }
  EXPECT_GE(cache->stats()->summary().invalidations, 19U);
}

TEST(Served, OurClientLivesThroughARestart) {
  const ServedProcess served({"--faults", "restart_server@500ms+200ms,reset@1200ms"});
  Threads threads{2};
  Client client{threads.executor(), quick_options(served.port()), quick_cache()};
  EXPECT_EQ(ask(client, {"SET", "k", "v"}), "OK");
  EXPECT_EQ(ask(client, {"GET", "k"}), "v");
  EXPECT_TRUE(eventually([&] { return served.told().find("reset\n") != std::string::npos; }));
  EXPECT_TRUE(eventually([&] { return ask(client, {"GET", "k"}) == "(nil)"; })) << "the server came back empty";
}

TEST(Served, OurClientCachesInACluster) {
  const ServedProcess served({"--cluster", "3", "--replicas", "1", "--node-timeout", "1s"});
  Threads threads{2};
  ClientOptions options = quick_options(served.port());
  options.topology = Topology::cluster;
  options.command_timeout = 5s;
  Client client{threads.executor(), options, std::make_shared<TrackingCache>(CacheOptions{})};
  Client other{threads.executor(), options};
  for (int number = 0; number < 10; ++number) {
    const Command get{"GET", "k" + std::to_string(number)};
    EXPECT_EQ(ask(other, {"SET", "k" + std::to_string(number), "1"}), "OK");
    EXPECT_TRUE(eventually([&] { return ask(client, get), is_cached(client, get); }));
    EXPECT_EQ(ask(other, {"SET", "k" + std::to_string(number), "2"}), "OK");
    EXPECT_TRUE(eventually([&] { return ask(client, get) == "2"; }));
  }
}

TEST(Served, HiredisTalksToIt) {
  const ServedProcess served;
  HiredisConnection hiredis({.port = served.port()});
  EXPECT_EQ(said(hiredis, {"SET", "k", "v"}), "OK");
  EXPECT_EQ(said(hiredis, {"GET", "k"}), "v");
  EXPECT_EQ(said(hiredis, {"GET"}), "ERR wrong number of arguments for 'get' command");
}

TEST(Served, HiredisIsToldWhereKeysAreInACluster) {
  const ServedProcess served({"--cluster", "3"});
  HiredisConnection first({.port = served.port()});
  HiredisConnection third({.port = static_cast<std::uint16_t>(served.port() + 2)});
  EXPECT_EQ(said(first, {"SET", "foo", "bar"}), "MOVED 12182 127.0.0.1:" + std::to_string(served.port() + 2));
  EXPECT_EQ(said(third, {"SET", "foo", "bar"}), "OK");
  EXPECT_EQ(said(third, {"GET", "foo"}), "bar");
  EXPECT_EQ(said(third, {"MGET", "foo", "bar"}), "CROSSSLOT Keys in request don't hash to the same slot");
  EXPECT_NE(said(third, {"CLUSTER", "INFO"}).find("cluster_state:ok"), std::string::npos);
}

TEST(Served, RedisCliTalksToIt) {
  const ServedProcess served;
  EXPECT_EQ(redis_cli(served, "set k v"), "OK\n");
  EXPECT_EQ(redis_cli(served, "-3 get k"), "v\n");
  EXPECT_NE(redis_cli(served, "info server").find("redis_version:7.0.15"), std::string::npos);
  EXPECT_NE(redis_cli(served, "--bigkeys").find("Sampled 1 keys"), std::string::npos);
}

TEST(Served, RedisCliFollowsRedirectionsInACluster) {
  const ServedProcess served({"--cluster", "3"});
  const std::string third = "127.0.0.1:" + std::to_string(served.port() + 2);
  EXPECT_EQ(redis_cli(served, "get foo"), "MOVED 12182 " + third + "\n\n");
  EXPECT_EQ(redis_cli(served, "-c set foo bar"), "OK\n");
  EXPECT_EQ(redis_cli(served, "-c get foo", 1), "bar\n");
  EXPECT_EQ(redis_cli(served, "get foo", 2), "bar\n");
  EXPECT_NE(redis_cli(served, "--cluster check " + served.endpoint()).find("All 16384 slots covered"),
            std::string::npos);
}

TEST(Served, RedisCliTakesASpareNodeInAndMovesSlotsToIt) {
  const ServedProcess served({"--cluster", "3", "--spares", "1", "--node-timeout", "1s"});
  const std::string spare = "127.0.0.1:" + std::to_string(served.port() + 3);
  EXPECT_EQ(redis_cli(served, "-c set foo bar"), "OK\n");
  EXPECT_NE(redis_cli(served, "--cluster add-node " + spare + " " + served.endpoint()).find("[OK] New node added"),
            std::string::npos);
  const auto all_know_it = [&] {
    const std::string check = redis_cli(served, "--cluster check " + spare);
    return check.find("[OK] All nodes agree about slots configuration") != std::string::npos &&
           check.find("4 masters") != std::string::npos &&
           redis_cli(served, "get foo", 3).starts_with("MOVED 12182");
  };
  ASSERT_TRUE(eventually(all_know_it));
  std::string spares_id = redis_cli(served, "cluster myid", 3);
  std::string owners_id = redis_cli(served, "cluster myid", 2);
  spares_id.pop_back();
  owners_id.pop_back();
  // Slots go in ascending order: foo's, 12182, is the 1261st of the third node.
  EXPECT_NE(redis_cli(served, "--cluster reshard " + served.endpoint() + " --cluster-from " + owners_id +
                                  " --cluster-to " + spares_id + " --cluster-slots 1261 --cluster-yes")
                .find("Moving slot 12182 from"),
            std::string::npos);
  EXPECT_EQ(redis_cli(served, "get foo", 3), "bar\n");
  EXPECT_EQ(redis_cli(served, "get foo", 2), "MOVED 12182 " + spare + "\n\n");
}

TEST(Served, AReplicaTakesOverWhenItsPrimaryFreezes) {
  const ServedProcess served(
      {"--cluster", "3", "--replicas", "1", "--node-timeout", "500ms", "--faults", "freeze_server:2@500ms+1h"});
  EXPECT_EQ(redis_cli(served, "-c set foo bar", 1), "OK\n");
  const std::string replica = "127.0.0.1:" + std::to_string(served.port() + 5);
  EXPECT_TRUE(eventually([&] { return redis_cli(served, "get foo") == "MOVED 12182 " + replica + "\n\n"; }));
  EXPECT_EQ(redis_cli(served, "get foo", 5), "bar\n");
}

}  // namespace
}  // namespace trackside::testing
