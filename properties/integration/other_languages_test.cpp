// Clients of other languages on the simulated servers: what they are told is what a real server and a real cluster tell
// them. Whatever a client sends by itself while it connects is part of that.
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "properties/integration/real_cluster.hpp"
#include "properties/integration/redis_process.hpp"
#include "properties/tool/served_process.hpp"

namespace trackside::testing {
namespace {

// Debian's, which has Debian's packages.
constexpr const char* python = "/usr/bin/python3";

/// What the script of this folder prints about a server and a cluster.
std::string told_by_redis_py(std::uint16_t server, std::uint16_t cluster) {
  return output_of(std::string{python} + " " + TRACKSIDE_SCRIPTS + "/redis_py.py " + std::to_string(server) + " " +
                   std::to_string(cluster) + " 2>/dev/null");
}

TEST(OtherLanguages, RedisPyIsToldWhatARealServerAndClusterTellIt) {
  if (output_of(std::string{python} + " -c 'import redis; print(1)' 2>/dev/null") != "1\n") {
    std::fprintf(stderr, "NOT TESTED, redis-py: %s has none; ci/setup installs python3-redis\n", python);
    GTEST_SKIP() << "no redis-py";
  }
  RedisProcess real;
  real.start();
  const RealCluster real_cluster{3, 3};
  const ServedProcess simulated;
  const ServedProcess simulated_cluster({"--cluster", "3", "--replicas", "1", "--node-timeout", "1s"});
  const std::string expected = told_by_redis_py(real.port(), real_cluster.port(0));
  EXPECT_NE(expected.find("\nby replicas: True\n"), std::string::npos) << expected;
  EXPECT_EQ(told_by_redis_py(simulated.port(), simulated_cluster.port()), expected);
}

}  // namespace
}  // namespace trackside::testing
