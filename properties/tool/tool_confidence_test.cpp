// `trackside confidence` as its users meet it: its table, its file, and what it refuses.
// Neighbours: tool_test.cpp (the other commands), staleness_test.cpp (what the figures mean).
#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "properties/tool/tool_process.hpp"

namespace trackside::testing {
namespace {

TEST(ToolConfidence, TheFileHasARowForEachLineOfTheTable) {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments{"confidence", "--runs", "1", "--seed", "3", "--json", "table.json"};
  const ToolResult result = ToolProcess{folder.path(), arguments}.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  const nlohmann::json json = nlohmann::json::parse(folder.read("table.json"));
  ASSERT_EQ(json["rows"].size(), 17U);
  for (const auto& row : json["rows"]) {
    EXPECT_NE(result.out.find("| " + row["name"].get<std::string>() + " |"), std::string::npos) << row;
    EXPECT_EQ(row["runs"], 1);
    EXPECT_EQ(row["reads"], 12'000);
    EXPECT_GT(row["pushes_dropped"], 0);
  }
  EXPECT_EQ(json["rows"][0]["confidence"], 100.0);
  EXPECT_EQ(json["rows"][1]["confidence"], 99.9);
  EXPECT_EQ(json["rows"].back()["max_ttl_seconds"], 1.0);
  EXPECT_EQ(ToolProcess(folder.path(), arguments).wait().out, result.out) << "a table that does not come back is none";
}

TEST(ToolConfidence, NumbersOutOfRangeAreRefused) {
  const TemporaryFolder folder;
  const std::vector<std::vector<std::string>> wrong = {{"--runs", "0"},      {"--runs", "1001"}, {"--dropping", "101"},
                                                       {"--dropping", "-1"}, {"--seed", "x"},    {"--frob", "1"}};
  for (const auto& option : wrong) {
    const ToolResult result = ToolProcess{folder.path(), {"confidence", option[0], option[1]}}.wait();
    EXPECT_EQ(result.status, 2) << option[0] << ' ' << option[1];
    EXPECT_NE(result.err.find(option[0]), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

}  // namespace
}  // namespace trackside::testing
