// A simulated node in cluster mode beside a real one: random sequences of commands go to both, about keys whose slots
// are open, foreign or nobody's, and every connection must receive the same bytes.
//
// A second real node stands behind the first one, and a second simulated one behind the other, for what MIGRATE moves.
// A failure names the first step after which they differ. Known differences stand in sim/redis/README.md.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "properties/integration/random_cluster_commands.hpp"
#include "properties/integration/random_commands.hpp"

namespace trackside::testing {
namespace {

/// What MIGRATE asks of the simulated node's cluster, done at once by a simulated second node.
class SecondNode final : public sim::redis::ClusterRequests {
 public:
  SecondNode(TwinServers& servers, const ClusterPair& pair)
      : first_(servers.simulated()), second_(pair.simulated_second()), port_(pair.second_port()) {
    first_.set_cluster_requests(this);
    servers.set_after_input([this] { serve(); });
  }

  void migrate(const sim::redis::Migration& request) override { request_ = request; }
  void view_changed(Announce) override {}

 private:
  void serve() {
    while (first_.migrating()) {
      const sim::redis::Migration request = *request_;
      std::vector<std::string> errors;
      const bool reached = request.port == port_;
      const auto if_present =
          request.replace ? sim::redis::Server::IfPresent::replace : sim::redis::Server::IfPresent::refuse;
      for (const sim::redis::MovingKey& key : request.keys)
        if (reached) errors.push_back(second_->import_key(key, if_present, TwinServers::now()));
      first_.finish_migration(errors, reached ? "" : "IOERR error or timeout writing to target instance",
                              TwinServers::now());
    }
  }

  sim::redis::Server& first_;
  std::unique_ptr<sim::redis::Server> second_;
  std::uint16_t port_;
  std::optional<sim::redis::Migration> request_;
};

class SimulatedClusterNode : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    try {
      pair_ = std::make_unique<ClusterPair>();
    } catch (const std::exception& problem) {
      problem_ = problem.what();
      return;
    }
    // Small client ids would look like numbers in replies.
    for (int count = 0; count < 3000; ++count) RealConnection{pair_->first().port()};
  }
  static void TearDownTestSuite() { pair_.reset(); }

  void SetUp() override { ASSERT_NE(pair_, nullptr) << problem_; }

  static std::unique_ptr<ClusterPair> pair_;
  static std::string problem_;
};

std::unique_ptr<ClusterPair> SimulatedClusterNode::pair_;
std::string SimulatedClusterNode::problem_;

/// Empty if both servers agreed on all steps.
std::string first_difference(TwinServers& servers, const std::vector<Step>& steps) {
  std::ostringstream story;
  for (const Step& step : steps) {
    const TwinServers::Outcome outcome = servers.run(step);
    story << to_text(step) << "\n";
    if (outcome.agrees()) continue;
    for (std::size_t connection = 0; connection < outcome.real.size(); ++connection)
      if (outcome.real[connection] != outcome.simulated[connection])
        story << "  connection " << connection << "\n    real:      " << printable(outcome.real[connection])
              << "\n    simulated: " << printable(outcome.simulated[connection]) << "\n";
    return story.str();
  }
  return {};
}

/// What stands between the two marks, the first included.
std::string part(const std::string& text, std::string_view from, std::string_view to) {
  const std::size_t begin = text.find(from);
  return begin == std::string::npos ? "no " + std::string{from} : text.substr(begin, text.find(to) - begin);
}

/// Cut in front of every shard, and sorted: the real server's order is that of a hash table.
std::vector<std::string> shards_of(const std::string& reply) {
  constexpr std::string_view mark = "%2\r\n$5\r\nslots";
  std::vector<std::string> shards;
  for (std::size_t at = reply.find(mark); at != std::string::npos;) {
    const std::size_t next = reply.find(mark, at + 1);
    shards.push_back(reply.substr(at, next - at));
    at = next;
  }
  std::sort(shards.begin(), shards.end());
  return shards;
}

TEST_F(SimulatedClusterNode, TellsOfTheClusterAsTheRealOneDoes) {
  pair_->restore();
  TwinServers servers{pair_->first(), 1, pair_->configuration()};
  pair_->settle_into(servers.simulated());
  servers.run({0, {{"HELLO", "3"}}});
  TwinServers::Outcome outcome = servers.run({0, {{"CLUSTER", "INFO"}}});
  EXPECT_EQ(part(outcome.real[0], "cluster_state:ok", "cluster_stats"),
            part(outcome.simulated[0], "cluster_state:ok", "cluster_stats"));
  outcome = servers.run({0, {{"CLUSTER", "SHARDS"}}});
  EXPECT_EQ(shards_of(outcome.simulated[0]).size(), 2U);
  EXPECT_EQ(shards_of(outcome.real[0]), shards_of(outcome.simulated[0]));
  for (const char* line : {"CLUSTER SLOTS", "CLUSTER NODES", "CLUSTER REPLICAS", "CLUSTER MYID", "ROLE"}) {
    outcome = servers.run_bytes(0, std::string{line} + "\r\n");
    EXPECT_EQ(outcome.real, outcome.simulated) << line;
  }
}

TEST_F(SimulatedClusterNode, AnswersAndPushesAsTheRealOneDoes) {
  const bool held = rc::check("any sequence of commands on three connections", [] {
    const std::vector<Step> steps = *any_cluster_steps(*pair_);
    pair_->restore();
    TwinServers servers{pair_->first(), twin_connections, pair_->configuration()};
    pair_->settle_into(servers.simulated());
    SecondNode second{servers, *pair_};
    const std::string difference = first_difference(servers, steps);
    if (!difference.empty()) RC_FAIL(difference);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace trackside::testing
