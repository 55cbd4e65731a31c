// What the generator makes: scenarios that are valid, the same for the same seed, and of every kind.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "properties/testing/generation/generator.hpp"

namespace trackside::testing {
namespace {

constexpr std::uint64_t seeds = 300;

TEST(Generator, TheSameSeedMakesTheSameScenario) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(generate(seed, {}), generate(seed, {}));
    EXPECT_NE(sim::print(generate(seed, {})), sim::print(generate(seed + 1, {})));
  }
}

TEST(Generator, EveryScenarioCanBeWrittenAndReadBack) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const sim::Scenario scenario = generate(seed * 0x9e3779b97f4a7c15, {});
    sim::Scenario read;
    sim::ParseError error;
    ASSERT_TRUE(sim::parse(sim::print(scenario), read, error))
        << seed << ", line " << error.line << ": expected " << error.expected << ", found " << error.found;
    ASSERT_EQ(read, scenario) << seed;
  }
}

TEST(Generator, NothingHappensAfterTheFaultsEnd) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const sim::Scenario scenario = generate(seed, {});
    std::set<std::uint32_t> ids;
    for (std::size_t at = 0; at < scenario.operations.size(); ++at) {
      EXPECT_TRUE(ids.insert(scenario.operations[at].id).second) << "every operation has a number of its own";
      EXPECT_LT(scenario.operations[at].at, scenario.faults_end);
      EXPECT_TRUE(at == 0 || scenario.operations[at - 1].at <= scenario.operations[at].at);
    }
    for (const sim::Fault& fault : scenario.faults) {
      EXPECT_LE(fault.at + fault.duration, scenario.faults_end);
    }
  }
}

TEST(Generator, OptionsAreFollowed) {
  const sim::Scenario scenario = generate(10, {.subject = "naive", .strategy = "heavy", .operations = 17});
  EXPECT_EQ(scenario.subject, "naive");
  EXPECT_EQ(scenario.strategy, "heavy");
  EXPECT_EQ(scenario.operations.size(), 17u) << "a seed without stories, which add some";
}

TEST(Generator, EveryKindOfFaultAndOfCommandOccurs) {
  std::set<sim::FaultKind> kinds;
  std::set<std::string> commands;
  bool transactions = false;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const sim::Scenario scenario = generate(seed, {});
    for (const sim::Fault& fault : scenario.faults) {
      kinds.insert(fault.kind);
    }
    for (const sim::Operation& operation : scenario.operations) {
      commands.insert(operation.words.front());
      transactions = transactions || std::count(operation.words.begin(), operation.words.end(), ";") > 0;
    }
  }
  for (std::size_t index = 0; index < sim::fault_kinds; ++index) {
    const auto kind = static_cast<sim::FaultKind>(index);
    EXPECT_TRUE(kinds.contains(kind)) << name_of(kind);  // it makes no clusters
  }
  for (const char* command : {"GET", "HGET", "SMEMBERS", "LRANGE", "ZRANGE", "SET", "DEL", "PEXPIRE", "APPEND", "EVAL",
                              "FLUSHALL", "MSET", "RENAME", "MGET", "SWAPDB", "RESET", "TTL"}) {
    EXPECT_TRUE(commands.contains(command)) << command;
  }
  EXPECT_TRUE(transactions);
}

TEST(Generator, SizesDifferFromRunToRun) {
  std::size_t smallest = SIZE_MAX;
  std::size_t largest = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const std::size_t size = generate(seed, {}).operations.size();
    smallest = std::min(smallest, size);
    largest = std::max(largest, size);
  }
  EXPECT_LE(smallest, 4u);
  EXPECT_GE(largest, 100u);
}

}  // namespace
}  // namespace trackside::testing
