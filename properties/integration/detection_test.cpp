// A client that is not told what its endpoint leads to: one server, a cluster, or sentinels.
#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/real_cluster.hpp"
#include "properties/integration/real_sentinels.hpp"
#include "trackside/cluster_tracking_cache.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

ClientOptions untold(std::uint16_t port) {
  ClientOptions options = quick_options(port);
  options.topology = Topology::detect;
  options.command_timeout = 5s;
  return options;
}

bool becomes_cached(Client& client, const std::string& key) {
  return eventually([&] { return ask(client, {"GET", key}), is_cached(client, {"GET", key}); });
}

/// Both kinds of options, cached and not, and a second client over the same memory.
void expect_served(ClientOptions options) {
  Threads threads{2};
  const auto cache = std::make_shared<TrackingCache>(CacheOptions{.max_idle = 1s});
  Client first{threads.executor(), options, cache};
  Client second{threads.executor(), options, cache->share()};
  Client plain{threads.executor(), options};
  for (int number = 0; number < 10; ++number) {
    const std::string key = "k" + std::to_string(number);
    EXPECT_EQ(ask(plain, {"SET", key, "1"}), "OK") << key;
    EXPECT_TRUE(becomes_cached(first, key)) << key;
    EXPECT_TRUE(becomes_cached(second, key)) << key;
    EXPECT_EQ(ask(plain, {"SET", key, "2"}), "OK") << key;
    EXPECT_TRUE(eventually([&] { return ask(first, {"GET", key}) == "2" && ask(second, {"GET", key}) == "2"; })) << key;
  }
  EXPECT_TRUE(first.healthy());
}

TEST(Detection, OneServerIsFound) {
  RedisProcess server;
  server.start();
  expect_served(untold(server.port()));
}

TEST(Detection, AClusterIsFound) {
  RealCluster cluster{3};
  expect_served(untold(cluster.port(0)));
}

TEST(Detection, SentinelsAreFound) {
  RealSentinels world;
  ClientOptions options = world.options();
  options.topology = Topology::detect;
  expect_served(options);
}

TEST(Detection, TheNextEndpointIsTriedWhileNobodyAnswers) {
  RealCluster cluster{3};
  ClientOptions options = untold(free_loopback_port());
  options.more_endpoints = {{.port = free_loopback_port()}, {.port = cluster.port(2)}};
  expect_served(options);
  options.topology = Topology::cluster;
  expect_served(options);
  RedisProcess server;
  server.start();
  options.topology = Topology::detect;
  options.more_endpoints.back().port = server.port();
  expect_served(options);
}

TEST(Detection, WhatIsGivenMeanwhileWaitsAndMayBeCancelledOrTimeOut) {
  Threads threads{1};
  ClientOptions options = untold(free_loopback_port());
  options.command_timeout = 300ms;
  Client client{threads.executor(), options, std::make_shared<TrackingCache>()};
  EXPECT_EQ(ask(client, {"GET", "k"}), "connect_failed");
  EXPECT_EQ(ask(client, {"BLPOP", "k", "1"}), "connect_failed");
}

/// Never anything of the old one, and a name for what is wrong.
TEST(Detection, AServerThatComesBackAsAnotherKindIsRefused) {
  RedisProcess server;
  server.start();
  Threads threads{1};
  const auto cache = std::make_shared<TrackingCache>();
  Client client{threads.executor(), untold(server.port()), cache};
  Client plain{threads.executor(), untold(server.port())};
  ASSERT_EQ(ask(client, {"SET", "k", "old"}), "OK");
  ASSERT_EQ(ask(plain, {"GET", "k"}), "old");
  ASSERT_TRUE(becomes_cached(client, "k"));
  server.stop();
  EXPECT_TRUE(eventually([&] { return !is_cached(client, {"GET", "k"}); }, 200ms));
  server.start({"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_loopback_port())});
  EXPECT_TRUE(eventually([&] { return ask(client, {"GET", "k"}) == "cluster_unsupported"; }));
  EXPECT_TRUE(eventually([&] { return ask(plain, {"GET", "k"}) == "cluster_unsupported"; }));
  EXPECT_FALSE(client.healthy());
}

TEST(Detection, ACacheForTheWrongTopologyIsNotUsed) {
  RealCluster cluster{3};
  Threads threads{1};
  Client client{threads.executor(), untold(cluster.port(0)), quick_cache()};
  EXPECT_EQ(ask(client, {"SET", "k", "1"}), "cluster_unsupported") << "a NodeTrackingCache";
  Client fitting{threads.executor(), untold(cluster.port(0)), std::make_shared<ClusterTrackingCache>()};
  EXPECT_EQ(ask(fitting, {"SET", "k", "1"}), "OK");
  EXPECT_TRUE(becomes_cached(fitting, "k"));
}

}  // namespace
}  // namespace trackside::testing
