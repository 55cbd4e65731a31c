// The command-line tool as its users meet it: what it answers to wrong input, what its files hold, how it ends.
//
// Every refusal is status 2 and one line on standard error that names what was wrong. Neighbours: tool_process.hpp,
// properties/tool.
#include <algorithm>
#include <chrono>
#include <regex>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "properties/tool/tool_process.hpp"

namespace trackside::testing {
namespace {

constexpr int held = 0;
constexpr int broken = 1;
constexpr int bad_input = 2;

constexpr const char* small_scenario =
    "trackside scenario 1\n"
    "seed 7\n"
    "client\n"
    "op 1 at 1 client 0 : GET k\n";

class Tool : public ::testing::Test {
 protected:
  ToolResult call(const std::vector<std::string>& arguments) const {
    return ToolProcess{folder_.path(), arguments}.wait();
  }

  /// Expects status 2, and one line on standard error that `said` occurs in.
  void expect_refusal(const std::vector<std::string>& arguments, const std::string& said) const {
    std::string line = "trackside";
    for (const std::string& argument : arguments) {
      line += " '" + argument + "'";
    }
    SCOPED_TRACE(line);
    const ToolResult result = call(arguments);
    EXPECT_EQ(result.status, bad_input);
    EXPECT_NE(result.err.find(said), std::string::npos) << "expected: " << said << "\nfound: " << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }

  nlohmann::json json(const std::string& name) const { return nlohmann::json::parse(folder_.read(name)); }

  TemporaryFolder folder_;
};

TEST_F(Tool, WithoutACommandOrWithAnUnknownOneItSaysSo) {
  expect_refusal({}, "command");
  expect_refusal({"explore"}, "\"explore\"");
  expect_refusal({"subjects", "more"}, "more");
}

TEST_F(Tool, AnUnknownOptionIsNamed) {
  for (const char* command : {"run", "subjects", "bench"}) {
    expect_refusal({command, "--frob"}, "--frob");
  }
  expect_refusal({"replay", "1", "--frob"}, "--frob");
  expect_refusal({"shrink", "file", "--frob"}, "--frob");
  expect_refusal({"--frob"}, "--frob");
}

TEST_F(Tool, ANumberOutOfRangeIsRefusedWithItsRange) {
  for (const char* runs : {"0", "-1", "many", "1.5", "", "99999999999999999999"}) {
    expect_refusal({"run", "--runs", runs}, "--runs");
  }
  for (const char* jobs : {"0", "-1", "1025", "x"}) {
    expect_refusal({"run", "--runs", "1", "--jobs", jobs}, "--jobs");
  }
  for (const char* seed : {"-1", "x", "1.5", "99999999999999999999"}) {
    expect_refusal({"run", "--runs", "1", "--seed", seed}, "--seed");
  }
  for (const char* operations : {"0", "-1", "100001"}) {
    expect_refusal({"run", "--runs", "1", "--operations", operations}, "--operations");
  }
  for (const char* seconds : {"0", "-1", "61", "nan", "x"}) {
    expect_refusal({"bench", "sim", "--seconds", seconds}, "--seconds");
  }
}

TEST_F(Tool, ADurationThatIsNoneIsRefused) {
  for (const char* duration : {"", "s", "0", "-1s", "1 s", "1d", "nan", "inf", "0x10", "1e400", "9999h"}) {
    expect_refusal({"run", "--for", duration}, "--for");
  }
}

TEST_F(Tool, AShardThatIsNoneIsRefused) {
  for (const char* shard : {"", "x", "1", "/", "1/", "/2", "2/2", "-1/2", "0/0", "0/-1", "1/2/3", "0.5/2"}) {
    expect_refusal({"run", "--runs", "1", "--shard", shard}, "--shard");
  }
}

TEST_F(Tool, OptionsThatContradictEachOtherAreRefused) {
  expect_refusal({"run", "--runs", "1", "--for", "1s"}, "--for");
  expect_refusal({"run", "--runs", "1", "--runs", "2"}, "--runs");
  expect_refusal({"run", "--runs"}, "--runs");
  for (const char* output : {"--json", "--html", "--perfetto"}) {
    expect_refusal({"replay", "1", "--as-test", output, "file"}, "--as-test");
  }
}

TEST_F(Tool, UnknownSubjectsStrategiesAndPartsAreNamed) {
  expect_refusal({"run", "--runs", "1", "--subject", "nobody"}, "\"nobody\"");
  expect_refusal({"run", "--runs", "1", "--strategy", "cunning"}, "\"cunning\"");
  expect_refusal({"replay", "1", "--subject", "nobody"}, "\"nobody\"");
  expect_refusal({"replay", "1", "--strategy", "cunning"}, "\"cunning\"");
  expect_refusal({"bench", "everything"}, "everything");
}

TEST_F(Tool, AScenarioFileThatCannotBeReadIsNamed) {
  for (const char* command : {"replay", "shrink"}) {
    expect_refusal({command, "missing.scenario"}, "missing.scenario: No such file");
    expect_refusal({command, "."}, ".: is a folder");
    expect_refusal({command, "/dev/null"}, "/dev/null:1: expected");
    expect_refusal({command}, "required");
  }
}

TEST_F(Tool, AnErrorInAScenarioIsToldWithFileLineExpectedAndFound) {
  const std::string header = "trackside scenario 1\n";
  const std::vector<std::string> mistakes{
      "garbage\n",
      "trackside scenario 2\n",
      header + "colour blue\n",
      header + "seed x\n",
      header + "seed 1\nseed 2\n",
      header + "strategy cunning\n",
      header + "faults_end soon\n",
      header + "client\nop 1 at 1 client 7 : GET k\n",
      header + "client\nop 1 at 1 client 0 :\n",
      header + "client\nop 1 at 1 client 0 : GET \"k\n",
      header + "client\nop 1 at 1 client 0 : GET k\nop 1 at 2 client 0 : GET k\n",
      header + "client\nfault 1 at 1 for 1 earthquake target 0 argument 0\n",
      header + "client\nclient max_idle=-1\n",
      std::string(1000, '\0'),
      "\xff\xfe\xfd",
  };
  for (const std::string& mistake : mistakes) {
    folder_.write("wrong.scenario", mistake);
    SCOPED_TRACE(mistake);
    expect_refusal({"replay", "wrong.scenario"}, "wrong.scenario:");
    const std::string said = call({"replay", "wrong.scenario"}).err;
    EXPECT_TRUE(std::regex_search(said, std::regex{"wrong\\.scenario:[0-9]+: expected .+, found .+"})) << said;
  }
  folder_.write("wrong.scenario", header + "subject nobody\nclient\n");
  expect_refusal({"replay", "wrong.scenario"}, "\"nobody\"");
}

TEST_F(Tool, AFileThatCannotBeWrittenIsToldBeforeTheWork) {
  folder_.write("file", "");
  for (const char* path : {".", "file/x.json", "/dev/null/x.json"}) {
    expect_refusal({"run", "--for", "1h", "--json", path}, path);
    for (const char* output : {"--json", "--html", "--perfetto"}) {
      expect_refusal({"replay", "1", output, path}, path);
    }
    expect_refusal({"subjects", "--json", path}, path);
  }
  for (const char* path : {"file", "file/x", "/dev/null/x"}) {
    expect_refusal({"run", "--for", "1h", "--report", path}, path);
  }
  expect_refusal({"run", "--runs", "1", "--json", "/dev/full"}, "/dev/full");
  expect_refusal({"replay", "1", "--html", "/dev/full"}, "/dev/full");
  expect_refusal({"replay", "1", "--perfetto", "/dev/full"}, "/dev/full");
}

TEST_F(Tool, HelpAndVersionGoToStandardOutput) {
  const std::vector<std::vector<std::string>> calls{{"--help"},           {"run", "--help"},      {"replay", "--help"},
                                                    {"shrink", "--help"}, {"subjects", "--help"}, {"bench", "--help"},
                                                    {"--version"}};
  for (const auto& arguments : calls) {
    const ToolResult result = call(arguments);
    EXPECT_EQ(result.status, held);
    EXPECT_FALSE(result.out.empty());
    EXPECT_EQ(result.err, "");
  }
}

TEST_F(Tool, SubjectsListsTheVerifiedAndANaiveCache) {
  EXPECT_EQ(call({"subjects", "--json", "subjects.json"}).status, held);
  std::vector<std::string> names;
  for (const auto& subject : json("subjects.json")) {
    names.push_back(subject.at("name").get<std::string>());
    EXPECT_FALSE(subject.at("description").get<std::string>().empty());
  }
  EXPECT_NE(std::find(names.begin(), names.end(), "verified"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "naive"), names.end());
}

TEST_F(Tool, ARunThatHeldSaysWhatItChecked) {
  const ToolResult result = call({"run", "--runs", "60", "--seed", "5", "--json", "new/folder/run.json"});
  EXPECT_EQ(result.status, held) << result.out << result.err;
  EXPECT_EQ(result.err, "");  // no progress line in a pipe
  const auto run = json("new/folder/run.json");
  EXPECT_EQ(run.at("runs"), 60);
  EXPECT_EQ(run.at("violations"), 0);
  EXPECT_GT(run.at("events"), 1000);
  EXPECT_GT(run.at("virtual_seconds"), 60.0);
  EXPECT_GT(run.at("wall_seconds"), 0.0);
  EXPECT_TRUE(std::regex_match(run.at("hash").get<std::string>(), std::regex{"[0-9a-f]{16}"}));
  EXPECT_TRUE(run.at("failures").empty());
  EXPECT_GT(run.at("faults").at("reset").get<int>() + run.at("faults").at("half_open").get<int>(), 0);
  for (const char* promise : {"G1", "G2", "G3", "G4", "G5", "G6", "G8"}) {
    const auto& promises = run.at("promises").items();
    EXPECT_TRUE(std::any_of(promises.begin(), promises.end(), [&](const auto& checked) {
      return checked.key().find(promise) == 0 && checked.value() > 0;
    })) << promise;
  }
}

TEST_F(Tool, ShardsTogetherAreTheWhole) {
  std::uint64_t events = 0;
  for (const char* shard : {"0/3", "1/3", "2/3"}) {
    ASSERT_EQ(call({"run", "--runs", "10", "--shard", shard, "--json", "part.json"}).status, held);
    events += json("part.json").at("events").get<std::uint64_t>();
  }
  ASSERT_EQ(call({"run", "--runs", "30", "--json", "whole.json"}).status, held);
  EXPECT_EQ(json("whole.json").at("events"), events);
}

TEST_F(Tool, AFailureIsShrunkWrittenAndReplayed) {
  const ToolResult result = call({"run", "--subject", "naive", "--runs", "300", "--json", "run.json"});
  ASSERT_EQ(result.status, broken);
  const auto run = json("run.json");
  EXPECT_GT(run.at("violations"), 0);
  ASSERT_FALSE(run.at("failures").empty());
  for (const auto& failure : run.at("failures")) {
    const auto file = failure.at("scenario").get<std::string>();
    EXPECT_NE(result.out.find("replay " + file), std::string::npos) << file;
    EXPECT_GE(failure.at("steps"), 1);
    const auto picture = failure.at("picture").get<std::string>();
    EXPECT_NE(result.out.find("the picture:  " + picture), std::string::npos) << picture;
    EXPECT_NE(folder_.read(picture).find("<title>" + failure.at("promise").get<std::string>() + " broken"),
              std::string::npos);

    const ToolResult replayed = call({"replay", file, "--json", "replay.json"});
    EXPECT_EQ(replayed.status, broken);
    EXPECT_EQ(json("replay.json").at("promise"), failure.at("promise"));
    EXPECT_NE(replayed.out.find("<-- breaks"), std::string::npos) << replayed.out;

    const ToolResult seed = call({"replay", std::to_string(failure.at("seed").get<int>()), "--subject", "naive"});
    EXPECT_EQ(seed.status, broken);

    const ToolResult shrunk = call({"shrink", file, "-o", "again.scenario"});
    EXPECT_EQ(shrunk.status, broken);
    EXPECT_EQ(call({"replay", "again.scenario"}).status, broken);
  }
}

TEST_F(Tool, UntilBrokenTheFirstFailureIsTheSameFromAnyNumberOfThreads) {
  const auto first_broken = [this](int seed, const char* jobs) {
    EXPECT_EQ(call({"run", "--subject", "naive", "--seed", std::to_string(seed), "--until-broken", "--json", "run.json",
                    "--jobs", jobs})
                  .status,
              broken);
    return json("run.json").at("first_broken");
  };
  int seed = 1;  // of a run that holds, so that there is something before the first failure
  while (first_broken(seed, "1").at("runs") == 1) {
    ++seed;
  }
  const auto first = first_broken(seed, "1");
  EXPECT_EQ(first_broken(seed, "4"), first);
  const auto run = json("run.json");
  ASSERT_EQ(run.at("failures").size(), 1U);
  EXPECT_EQ(run.at("failures")[0].at("promise"), first.at("promise"));
  EXPECT_EQ(run.at("failures")[0].at("seed"), first.at("seed"));
  const int runs = first.at("runs").get<int>();
  EXPECT_EQ(first.at("seed"), seed + runs - 1);
  EXPECT_GE(run.at("runs"), runs);  // others go on while the one that breaks is under way
  const std::vector<std::string> before{"run", "--subject", "naive", "--seed", std::to_string(seed), "--runs",
                                        std::to_string(runs - 1)};
  EXPECT_EQ(call(before).status, held);
  EXPECT_EQ(call({"run", "--runs", "10", "--until-broken", "--json", "run.json"}).status, held);
  EXPECT_FALSE(json("run.json").contains("first_broken"));
}

TEST_F(Tool, AReplayIsDrawnForABrowserAndForPerfetto) {
  folder_.write("hand.scenario", small_scenario);
  const ToolResult result =
      call({"replay", "hand.scenario", "--html", "new/page.html", "--perfetto", "new/trace.json"});
  EXPECT_EQ(result.status, held) << result.err;
  const std::string page = folder_.read("new/page.html");
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_NE(page.find("<code id=\"replay\">build/release/trackside replay hand.scenario</code>"), std::string::npos);
  EXPECT_GT(json("new/trace.json").at("traceEvents").size(), 20U);
}

TEST_F(Tool, AScenarioBecomesATest) {
  folder_.write("hand.scenario", small_scenario);
  const ToolResult result = call({"replay", "hand.scenario", "--as-test"});
  EXPECT_EQ(result.status, held) << result.err;
  EXPECT_NE(result.out.find("TEST(Replayed, Hand)"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("Every promise held."), std::string::npos);
}

TEST_F(Tool, AFailureFitsOnOneScreen) {
  const ToolResult result = call({"run", "--subject", "naive", "--runs", "200", "--seed", "100"});
  ASSERT_EQ(result.status, broken);
  std::size_t screens = 0;
  for (std::size_t at = result.out.find("FAILED  "); at != std::string::npos; ++screens) {
    const std::size_t next = result.out.find("\nFAILED  ", at);
    EXPECT_LE(std::count(result.out.begin() + static_cast<std::ptrdiff_t>(at),
                         next == std::string::npos ? result.out.end()
                                                   : result.out.begin() + static_cast<std::ptrdiff_t>(next),
                         '\n'),
              40);
    at = next == std::string::npos ? next : next + 1;
  }
  EXPECT_GE(screens, 2U);
}

TEST_F(Tool, AScenarioWrittenByHandIsReplayed) {
  folder_.write("hand.scenario", small_scenario);
  const ToolResult result = call({"replay", "hand.scenario", "--json", "hand.json"});
  EXPECT_EQ(result.status, held) << result.err;
  EXPECT_NE(result.out.find("GET k"), std::string::npos) << result.out;
  EXPECT_EQ(json("hand.json").at("held"), true);
  expect_refusal({"shrink", "hand.scenario"}, "nothing to shrink");
}

TEST_F(Tool, CtrlCEndsARunWithinASecondWithWhatItHas) {
  ToolProcess process{folder_.path(), {"run", "--for", "60s", "--json", "run.json"}};
  std::this_thread::sleep_for(std::chrono::milliseconds{700});
  const auto pressed = std::chrono::steady_clock::now();
  process.interrupt();
  const ToolResult result = process.wait(std::chrono::seconds{10});
  EXPECT_LT(std::chrono::steady_clock::now() - pressed, std::chrono::seconds{1});
  EXPECT_EQ(result.status, held);
  EXPECT_NE(result.out.find("promises that were checked"), std::string::npos) << result.out;
  EXPECT_GE(json("run.json").at("runs"), 1);
}

}  // namespace
}  // namespace trackside::testing
