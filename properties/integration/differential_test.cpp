// The simulated server is as good as it is like a real one: random sequences of commands go to both, and every
// connection must receive the same bytes, pushes and their order included.
//
// A failure names the first step after which they differ. Known differences stand in sim/redis/README.md.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <sstream>
#include <string_view>

#include "properties/integration/random_commands.hpp"

namespace trackside::testing {
namespace {

class SimulatedRedis : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    real_ = std::make_unique<RedisProcess>();
    try {
      real_->start();
    } catch (const std::exception& problem) {
      real_.reset();
      problem_ = problem.what();
      return;
    }
    // Small client ids would look like numbers in replies.
    for (int count = 0; count < 3000; ++count) RealConnection{real_->port()};
  }
  static void TearDownTestSuite() { real_.reset(); }

  void SetUp() override { ASSERT_NE(real_, nullptr) << problem_; }

  static std::unique_ptr<RedisProcess> real_;
  static std::string problem_;
};

std::unique_ptr<RedisProcess> SimulatedRedis::real_;
std::string SimulatedRedis::problem_;

/// Cut in front of every push, and in order of the pieces.
std::vector<std::string> sorted_pushes(std::string_view received) {
  std::vector<std::string> pieces;
  while (!received.empty()) {
    const std::size_t next = received.find("\r\n>");
    const std::size_t length = next == std::string_view::npos ? received.size() : next + 2;
    pieces.emplace_back(received.substr(0, length));
    received.remove_prefix(length);
  }
  std::sort(pieces.begin(), pieces.end());
  return pieces;
}

bool redirects_broadcasts(const Step& step) {
  return std::any_of(step.commands.begin(), step.commands.end(), [](const Words& command) {
    const auto has = [&](const char* word) { return std::find(command.begin(), command.end(), word) != command.end(); };
    return has("BCAST") && has("REDIRECT");
  });
}

/// The real server tells the broadcast clients of one prefix in the order of their addresses in memory. Two of them
/// can have one target, or one be the other's.
bool agrees_but_for_addresses(const TwinServers::Outcome& outcome) {
  return std::equal(outcome.real.begin(), outcome.real.end(), outcome.simulated.begin(),
                    [](const std::string& real, const std::string& simulated) {
                      return sorted_pushes(real) == sorted_pushes(simulated);
                    });
}

/// Empty if both servers agreed on all steps.
std::string first_difference(TwinServers& servers, const std::vector<Step>& steps) {
  std::ostringstream story;
  bool broadcasts_meet = false;
  for (const Step& step : steps) {
    const TwinServers::Outcome outcome = servers.run(step);
    story << to_text(step) << "\n";
    broadcasts_meet = broadcasts_meet || redirects_broadcasts(step);
    if (outcome.agrees() || (broadcasts_meet && agrees_but_for_addresses(outcome))) continue;
    for (std::size_t connection = 0; connection < outcome.real.size(); ++connection)
      if (outcome.real[connection] != outcome.simulated[connection])
        story << "  connection " << connection << "\n    real:      " << printable(outcome.real[connection])
              << "\n    simulated: " << printable(outcome.simulated[connection]) << "\n";
    return story.str();
  }
  return {};
}

TEST_F(SimulatedRedis, TreatsMalformedBytesAsTheRealOneDoes) {
  for (const std::string_view bytes :
       {"PING\r\n", "ping\nPING\r\n", "\r\n\r\nPING\r\n", "ECHO 'a b'\r\n", "ECHO \"\\x41\\n\"\r\n", "ECHO \"open\r\n",
        "ECHO \"a\"b\r\n", "*1\r\nhello\r\n", "*x\r\n", "*-1\r\nPING\r\n", "*0\r\nPING\r\n", "*1\r\n$-1\r\n",
        "*1\r\n$x\r\n", "*2\r\n$4\r\nECHO\r\n$3\r\na\r\n\r\n", "*99999999999\r\n", "*1\r\n$99999999999\r\n",
        "*1\r\n$4\r\nPINGxxPING\r\n", "nosuch 'with spaces' and more\r\n", "GET\r\n*1\r\n$4\r\nPING\r\n"}) {
    TwinServers servers{*real_, 1};
    const TwinServers::Outcome outcome = servers.run_bytes(0, bytes);
    EXPECT_EQ(outcome.real, outcome.simulated) << printable(bytes);
  }
}

void hold_against(const RedisProcess& real, const rc::Gen<Step>& step) {
  std::vector<Step> steps = *any_prelude();
  const std::vector<Step> rest = *rc::gen::container<std::vector<Step>>(step);
  steps.insert(steps.end(), rest.begin(), rest.end());
  TwinServers servers{real, twin_connections};
  const std::string difference = first_difference(servers, steps);
  if (!difference.empty()) RC_FAIL(difference);
}

TEST_F(SimulatedRedis, AnswersAndPushesAsTheRealOneDoes) {
  EXPECT_TRUE(rc::check("any sequence of commands on three connections", [] { hold_against(*real_, any_step()); }));
}

class SimulatedRedisAbout : public SimulatedRedis, public ::testing::WithParamInterface<std::string> {};

TEST_P(SimulatedRedisAbout, AnswersAndPushesAsTheRealOneDoes) {
  EXPECT_TRUE(rc::check("any sequence of commands about " + GetParam(),
                        [] { hold_against(*real_, any_step_about(GetParam())); }));
}

INSTANTIATE_TEST_SUITE_P(Each, SimulatedRedisAbout, ::testing::ValuesIn(subjects()),
                         [](const auto& subject) { return subject.param; });

}  // namespace
}  // namespace trackside::testing
