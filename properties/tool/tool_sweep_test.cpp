// `trackside merge` and `trackside exhaust` as their users meet them: parts that make the whole, searches that go on.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "properties/tool/tool_process.hpp"

namespace trackside::testing {
namespace {

class ToolSweep : public ::testing::Test {
 protected:
  ToolResult call(const std::vector<std::string>& arguments) const {
    return ToolProcess{folder_.path(), arguments}.wait();
  }
  nlohmann::json json(const std::string& name) const { return nlohmann::json::parse(folder_.read(name)); }


  TemporaryFolder folder_;
};

TEST_F(ToolSweep, ShardsMergedAreTheWhole) {
  const std::vector<std::string> sweep{"run", "--subject", "naive", "--seed", "3", "--jobs", "1"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> all = sweep;
    all.insert(all.end(), more.begin(), more.end());
    return call(all).status;
  };
  EXPECT_EQ(with({"--runs", "40", "--json", "whole.json"}), 1);
  EXPECT_LE(with({"--runs", "20", "--shard", "0/2", "--json", "a.json"}), 1);
  EXPECT_LE(with({"--runs", "20", "--shard", "1/2", "--json", "b.json"}), 1);
  EXPECT_EQ(call({"merge", "a.json", "b.json", "--json", "merged.json"}).status, 1);
  const auto whole = json("whole.json");
  const auto merged = json("merged.json");
  for (const char* name : {"subject", "seed", "runs", "violations", "events", "hash", "reads", "hits", "faults",
                           "promises", "strategies", "cluster_effects", "marks"}) {
    EXPECT_EQ(merged[name], whole[name]) << name;
  }
}

TEST_F(ToolSweep, OnlyResultsOfOneSweepAreMerged) {
  ASSERT_EQ(call({"run", "--runs", "2", "--seed", "1", "--json", "a.json"}).status, 0);
  ASSERT_EQ(call({"run", "--runs", "2", "--seed", "9", "--json", "b.json"}).status, 0);
  EXPECT_EQ(call({"merge", "a.json", "b.json"}).status, 2);
  EXPECT_EQ(call({"merge", "missing.json"}).status, 2);
  EXPECT_EQ(call({"merge"}).status, 2);
  ASSERT_EQ(call({"subjects", "--json", "subjects.json"}).status, 0);
  EXPECT_NE(call({"merge", "subjects.json"}).err.find("is not a result"), std::string::npos);
}

TEST_F(ToolSweep, AnExhaustiveSearchGoesOnWhereItWas) {
  ASSERT_EQ(call({"exhaust", "redirected", "--resume", "journal", "--json", "first.json"}).status, 0);
  // As if it had been interrupted half-way, in the middle of a line.
  const std::string journal = folder_.read("journal");
  folder_.write("journal", journal.substr(0, journal.size() / 2));
  ASSERT_EQ(call({"exhaust", "redirected", "--resume", "journal", "--json", "second.json"}).status, 0);
  for (const char* name : {"schedules", "states", "transitions", "runs", "searched", "complete"}) {
    EXPECT_EQ(json("second.json")[name], json("first.json")[name]) << name;
  }
  EXPECT_EQ(call({"exhaust", "shared-memory", "--resume", "journal"}).status, 2) << "another scope's journal";
  EXPECT_EQ(call({"exhaust", "nothing"}).status, 2);
  EXPECT_EQ(call({"exhaust"}).status, 2);
}

TEST_F(ToolSweep, TheScopesAreListed) {
  const ToolResult result = call({"exhaust", "--list"});
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find("reader-and-writer "), std::string::npos);
  EXPECT_NE(result.out.find("two-caches "), std::string::npos);
}

TEST_F(ToolSweep, AnExhaustiveSearchThatFindsSomethingTellsItAndLeavesAScenario) {
  const ToolResult result =
      call({"exhaust", "own-writes", "--subject", "naive", "--report", "report", "--json", "result.json"});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.out.find("FAILED  replay it with"), std::string::npos) << result.out;
  const std::string scenario = json("result.json")["scenario"];
  ASSERT_FALSE(scenario.empty());
  EXPECT_EQ(call({"replay", scenario}).status, 1);
}

}  // namespace
}  // namespace trackside::testing
