// Whole runs of the shipped client in a simulated cluster, told as stories.
#include <algorithm>

#include <gtest/gtest.h>

#include "properties/harness/told_run.hpp"

namespace trackside::testing {
namespace {

/// Three primaries; foo is at node 2, bar at node 0.
sim::Scenario in_cluster(std::string_view lines, std::string_view settings = "") {
  return scenario_of(
      "faults_end 5\nwriters 1\ncluster primaries=3 replicas=1 node_timeout=1\n"
      "client max_idle=1 command_timeout=3" +
      std::string{settings} + "\nreplay_tape yes\n" + std::string{lines});
}

RunResult run_of(std::string_view lines, std::string_view settings = "") {
  return run(in_cluster(lines, settings), {.story = true});
}

TEST(ClusterRun, ReadsAreAnsweredByTheCacheUntilSomebodyWrites) {
  const RunResult result = run_of(
      "op 1 at 0.5 client 0 : SET foo v1\n"
      "op 2 at 1.0 client 0 : MGET foo bar\n"
      "op 3 at 1.1 client 0 : MGET foo bar\n"
      "op 4 at 1.2 writer 0 : SET foo v4\n"
      "op 5 at 1.4 client 0 : GET foo\n");
  EXPECT_FALSE(result.violation);
  EXPECT_TRUE(tells(result, "op 3 MGET foo bar got [\"v1\", (nil)]   from its cache"));
  EXPECT_TRUE(tells(result, "op 5 GET foo got \"v4\""));
  EXPECT_FALSE(tells(result, "op 5 GET foo got \"v4\"   from"));
}

TEST(ClusterRun, ASlotThatMovesTakesItsEntriesWithIt) {
  const RunResult result = run_of(
      "op 1 at 0.5 client 0 : SET foo v1\n"
      "op 2 at 1.0 client 0 : GET foo\n"
      "op 3 at 1.1 client 0 : GET foo\n"
      "op 4 at 1.5 client 0 : GET foo\n"
      "fault 1 at 1.2 for 0 migrate_slot key foo to 0\n");
  EXPECT_FALSE(result.violation);
  EXPECT_EQ(result.cluster_effects[static_cast<std::size_t>(sim::ClusterEffect::migration)], 1U);
  EXPECT_TRUE(tells(result, "op 3 GET foo got \"v1\"   from its cache"));
  EXPECT_TRUE(tells(result, "op 4 GET foo got \"v1\""));
  EXPECT_FALSE(tells(result, "op 4 GET foo got \"v1\"   from"));
}

TEST(ClusterRun, AReadWhoseLinkFallsSilentIsAskedAgain) {
  const RunResult result = run_of(
      "op 1 at 0.5 client 0 : SET foo v1\n"
      "op 2 at 1.05 client 0 : GET foo\n"
      "fault 1 at 1 for 1.3 half_open node 2 target 0 argument 0\n");
  EXPECT_FALSE(result.violation);
  EXPECT_TRUE(tells(result, "cache has lost its link (10.1.0.3:6379)"));
  EXPECT_TRUE(tells(result, "op 2 GET foo got \"v1\""));
  EXPECT_FALSE(tells(result, "op 2 GET foo failed"));
}

TEST(ClusterRun, ReadsGoToAReplicaOnceItIsAsFarAsThePrimaryWas) {
  const RunResult result = run_of(
      "op 1 at 0.5 client 0 : SET foo v1\n"
      "op 2 at 0.6 client 0 : GET foo\n"
      "op 3 at 1.5 client 0 : GET foo\n"
      "op 4 at 1.8 client 0 : GET foo\n"
      "op 5 at 1.9 writer 0 : SET foo v5\n"
      "op 6 at 2.1 client 0 : GET foo\n",
      " read_from=prefer_replica");
  EXPECT_FALSE(result.violation);
  EXPECT_TRUE(tells(result, "cache keeps \"v1\" for GET foo (10.1.0.3:6379)")) << "behind its own write";
  EXPECT_TRUE(tells(result, "cache keeps \"v1\" for GET foo (10.1.0.6:6379)") ||
              tells(result, "cache may not keep \"v1\" for GET foo (10.1.0.6:6379)"));
  EXPECT_TRUE(tells(result, "op 6 GET foo got \"v5\""));
  EXPECT_TRUE(tells(result, "cache is to forget foo (10.1.0.6:6379)")) << "the replica tells of the write";
}

TEST(ClusterRun, ANodeThatWasRemovedIsNotConnectedToForEver) {
  sim::Scenario scenario = in_cluster(
      "op 1 at 0.5 client 0 : SET foo v1\n"
      "op 2 at 70 client 0 : GET foo\n"
      "fault 1 at 1 for 0 remove_node node 5\n",
      " read_from=prefer_replica");
  scenario.faults_end = 75 * sim::second;
  const RunResult result = run(scenario, {.story = true});
  EXPECT_FALSE(result.violation);
  const auto last = std::find_if(result.story.rbegin(), result.story.rend(), [](const StoryLine& line) {
    return line.text.find("link (10.1.0.6:6379)") != std::string::npos;
  });
  ASSERT_NE(last, result.story.rend());
  EXPECT_EQ(last->text.find("cache has a link"), std::string::npos);
  EXPECT_GT(last->at, 30 * sim::second);
  EXPECT_LT(last->at, 60 * sim::second);
}

}  // namespace
}  // namespace trackside::testing
