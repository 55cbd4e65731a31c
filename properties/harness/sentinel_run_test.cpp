// Whole runs of the shipped client with simulated sentinels, told as stories.
#include <gtest/gtest.h>

#include "properties/harness/told_run.hpp"
#include "trackside/forwarding_cache.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {
namespace {

/// Node 0 is the primary, 1 its replica, 2 to 4 the sentinels.
sim::Scenario with_sentinels(std::string_view lines) {
  return scenario_of(
      "faults_end 12\nwriters 1\nsentinels replicas=1 sentinels=3 down_after=0.5\n"
      "client max_idle=1 command_timeout=3\nreplay_tape yes\n" +
      std::string{lines});
}

RunResult run_of(std::string_view lines) { return run(with_sentinels(lines), {.story = true}); }

TEST(SentinelRun, ReadsAreAnsweredByTheCacheUntilSomebodyWrites) {
  const RunResult result = run_of(
      "op 1 at 0.5 client 0 : SET foo v1\n"
      "op 2 at 1.5 client 0 : GET foo\n"
      "op 3 at 1.6 client 0 : GET foo\n"
      "op 4 at 1.7 writer 0 : SET foo v4\n"
      "op 5 at 1.8 client 0 : GET foo\n"
      "op 6 at 4.0 client 0 : GET foo\n");
  EXPECT_FALSE(result.violation);
  EXPECT_TRUE(tells(result, "op 3 GET foo got \"v1\"   from its cache"));
  EXPECT_FALSE(tells(result, "op 5 GET foo got \"v4\"   from"));
  EXPECT_TRUE(tells(result, "op 6 GET foo got \"v4\"   from its cache")) << "they go on confirming the primary";
}

TEST(SentinelRun, ADeadPrimaryIsFollowed) {
  const RunResult result = run_of(
      "op 1 at 0.5 client 0 : SET foo v1\n"
      "op 2 at 1.0 client 0 : GET foo\n"
      "fault 1 at 1.5 for 9 restart_server node 0 target 0\n"
      "op 3 at 2.0 client 0 : SET foo v3\n"
      "op 4 at 6.0 client 0 : GET foo\n"
      "op 5 at 6.1 client 0 : GET foo\n");
  EXPECT_FALSE(result.violation);
  EXPECT_EQ(result.cluster_effects[static_cast<std::size_t>(sim::ClusterEffect::failover)], 1U);
  EXPECT_TRUE(tells(result, "op 4 GET foo got \"v3\"") || tells(result, "op 4 GET foo got \"v1\""));
  EXPECT_TRUE(tells(result, "op 5 GET foo got") && tells(result, "   from its cache"));
}

/// The client reaches the old primary alone, which goes on answering.
constexpr std::string_view deaf =
    "op 1 at 0.5 client 0 : SET foo v1\n"
    "op 2 at 1.5 client 0 : GET foo\n"
    "op 3 at 1.6 client 0 : GET foo\n"
    "fault 1 at 2 for 9 isolate_primary node 0\n"
    "fault 2 at 2 for 9 cut_client node 2 target 0\n"
    "fault 3 at 2 for 9 cut_client node 3 target 0\n"
    "op 4 at 7.0 writer 0 : SET foo v4\n"
    "op 5 at 9.0 client 0 : GET foo\n"
    "op 6 at 9.5 client 0 : GET foo\n";

TEST(SentinelRun, AnOldPrimaryThatIsCutOffIsNotBelievedWithoutTheMajority) {
  const RunResult result = run_of(deaf);
  EXPECT_FALSE(result.violation);
  EXPECT_EQ(result.cluster_effects[static_cast<std::size_t>(sim::ClusterEffect::failover)], 1U);
  EXPECT_TRUE(tells(result, "op 3 GET foo got \"v1\"   from its cache"));
  EXPECT_TRUE(tells(result, "op 5 GET foo got \"v1\""));
  EXPECT_FALSE(tells(result, "op 6 GET foo got \"v1\"   from"));
}

TEST(SentinelRun, AFailoverByOrderIsFollowed) {
  const RunResult result = run_of(
      "op 1 at 0.5 client 0 : SET foo v1\n"
      "op 2 at 1.5 client 0 : GET foo\n"
      "fault 1 at 2 for 0 failover_manual node 1\n"
      "op 3 at 5.0 client 0 : SET foo v3\n"
      "op 4 at 6.0 client 0 : GET foo\n"
      "op 5 at 6.1 client 0 : GET foo\n");
  EXPECT_FALSE(result.violation);
  EXPECT_TRUE(tells(result, "op 3 SET foo v3 got") || tells(result, "op 3 got"));
  EXPECT_TRUE(tells(result, "op 5 GET foo got \"v3\"   from its cache"));
}

/// Node 0 is the primary, 1 its replica, 2 the only sentinel.
TEST(SentinelRun, ALoneSentinelThatLostItsConfigurationIsBelievedUnderItsNewId) {
  const RunResult result = run(
      scenario_of("faults_end 12\nwriters 1\nsentinels replicas=1 sentinels=1 down_after=0.5\n"
                  "client max_idle=1 command_timeout=3\nreplay_tape yes\n"
                  "op 1 at 0.5 client 0 : SET foo v1\n"
                  "fault 1 at 2 for 1 restart_server node 2 target 0 argument 1\n"
                  "op 2 at 6.0 client 0 : GET foo\n"
                  "op 3 at 6.1 client 0 : GET foo\n"),
      {.story = true});
  EXPECT_FALSE(result.violation);
  EXPECT_TRUE(tells(result, "op 3 GET foo got \"v1\"   from its cache"));
}

/// The judge itself: what PING alone vouches for is found.
class OfPingAlone final : public ForwardingCache {
 public:
  explicit OfPingAlone(const CacheOptions& options) : ForwardingCache(std::make_shared<NodeTrackingCache>(options)) {}
  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) override {
    CacheScope alone = scope;
    alone.topology = Topology::node;
    return ForwardingCache::initialize(clock, alone);
  }
};

TEST(SentinelRun, ACacheThatTrustsPingAloneIsFoundStale) {
  const RunResult result = run(with_sentinels(deaf), {.make = [](const CacheOptions& options) {
                                                    return std::make_shared<OfPingAlone>(options);
                                                  }});
  ASSERT_TRUE(result.violation);
  EXPECT_EQ(result.violation->promise, model::Promise::bounded_staleness);
}

}  // namespace
}  // namespace trackside::testing
