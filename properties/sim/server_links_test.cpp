// Links between servers by themselves: order, loss with the link, cuts, processes that stand still.
//
// Neighbours: sim/network/server_links.hpp (what is tested), world_cluster_test.cpp (the same with nodes).
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "properties/sim/simulated_peer.hpp"
#include "sim/network/server_links.hpp"

namespace trackside::sim {
namespace {

constexpr std::uint16_t servers = 4;
constexpr Instant latency = ServerLinks::base_latency;

/// Servers that write down what they are told: "3 at 1", "up at 0", "closed at 1".
class Wires final : public LinkReceiver {
 public:
  explicit Wires(const Scenario& scenario) : decider_(scenario, Decider::Recording::off) {}

  Instant ready_at(ServerIndex at) const override { return frozen.contains(at) ? end_of_time : 0; }
  bool listening(ServerIndex at) const override { return !down.contains(at); }
  void on_open(ServerIndex at, LinkId) override { note("up", at); }
  void on_message(ServerIndex at, LinkId link, MessageSlot message) override {
    const int said = pool.take(message);
    note(std::to_string(said), at);
    received[{link.number, at}].push_back(said);
  }
  void on_closed(ServerIndex at, LinkId link) override {
    note("closed", at);
    closed.insert({link.number, at});
  }
  void on_lost(LinkId, MessageSlot message) override { pool.take(message); }

  LinkId open(std::uint16_t from, std::uint16_t to) {
    const LinkId link{ServerIndex{from}, LinkPurpose::bus, ++opened_};
    links.open(link, ServerIndex{to});
    return link;
  }
  void say(LinkId link, std::uint16_t from, int what) { links.send(link, ServerIndex{from}, pool.put(what)); }
  void run_for(Instant duration) {
    const Instant until = scheduler.now() + duration;
    while (scheduler.step(until)) {
    }
    scheduler.advance_to(until);
  }
  /// Cuts one server off.
  void cut(std::uint16_t server) {
    ServerCut cut{.inside = std::vector<bool>(servers)};
    cut.inside[server] = true;
    links.set_cuts({cut});
  }

  Scheduler scheduler;
  std::set<ServerIndex> frozen;
  std::set<ServerIndex> down;
  MessagePool<int> pool;
  std::string log;
  std::map<std::pair<std::uint32_t, ServerIndex>, std::vector<int>> received;  // by link and who heard it
  std::set<std::pair<std::uint32_t, ServerIndex>> closed;

 private:
  void note(const std::string& what, ServerIndex at) {
    log += what + " at " + std::to_string(static_cast<unsigned>(at)) + "; ";
  }

  Decider decider_;
  std::uint32_t opened_ = 0;

 public:
  Effects effects;
  ServerLinks links{scheduler, decider_, effects, *this, servers};
};

TEST(ServerLinks, WhatIsSaidBeforeALinkIsUpArrivesBehindItsOpening) {
  Wires wires(testing::benign_scenario());
  const LinkId link = wires.open(0, 1);
  wires.say(link, 0, 1);
  wires.say(link, 0, 2);
  wires.run_for(4 * latency);
  EXPECT_EQ(wires.log, "up at 0; 1 at 1; 2 at 1; ");
  wires.say(link, 1, 3);
  wires.links.close(link, ServerIndex{1});
  wires.run_for(4 * latency);
  EXPECT_EQ(wires.log, "up at 0; 1 at 1; 2 at 1; 3 at 0; closed at 0; ");
  EXPECT_EQ(wires.links.in_use(), 0U);
}

TEST(ServerLinks, NobodyListensAtADeadServer) {
  Wires wires(testing::benign_scenario());
  wires.down.insert(ServerIndex{1});
  const LinkId link = wires.open(0, 1);
  wires.say(link, 0, 1);
  wires.run_for(second);
  EXPECT_EQ(wires.log, "closed at 0; ");
  EXPECT_EQ(wires.pool.in_use(), 0U);
  EXPECT_EQ(wires.links.in_use(), 0U);
}

TEST(ServerLinks, ACutHoldsMessagesEndsAndHandshakes) {
  Wires wires(testing::benign_scenario());
  const LinkId link = wires.open(0, 1);
  const LinkId other = wires.open(2, 3);
  wires.run_for(second);
  wires.log.clear();
  wires.cut(0);
  wires.say(link, 0, 1);
  wires.links.close(link, ServerIndex{0});
  wires.open(0, 2);
  wires.say(other, 2, 2);
  wires.run_for(second);
  EXPECT_EQ(wires.log, "2 at 3; ");
  EXPECT_GT(wires.effects.of(FaultKind::partition), 0U);
  wires.links.set_cuts({});
  wires.run_for(second);
  EXPECT_EQ(wires.log, "2 at 3; 1 at 1; closed at 1; up at 0; ");
}

TEST(ServerLinks, AFrozenProcessReadsLaterAndADeadOneNeverDoes) {
  Wires wires(testing::benign_scenario());
  const LinkId link = wires.open(0, 1);
  wires.run_for(second);
  wires.log.clear();
  wires.frozen.insert(ServerIndex{1});
  wires.say(link, 0, 1);
  wires.run_for(second);
  EXPECT_EQ(wires.log, "");
  wires.frozen.clear();
  wires.links.thaw(ServerIndex{1});
  wires.run_for(second);
  EXPECT_EQ(wires.log, "1 at 1; ");
  wires.say(link, 0, 2);
  wires.links.crash(ServerIndex{1});
  wires.run_for(second);
  EXPECT_EQ(wires.log, "1 at 1; closed at 0; ");
  EXPECT_EQ(wires.pool.in_use(), 0U);
}

RC_GTEST_PROP(ServerLinks, KeepTheOrderAndLoseNothingButWithTheLink, ()) {
  Scenario scenario;
  scenario.seed = *rc::gen::arbitrary<std::uint64_t>();
  scenario.strategy = *rc::gen::element<std::string>("uniform", "heavy", "pct", "swizzle", "burst");
  Wires wires(scenario);
  std::vector<std::pair<LinkId, ServerIndex>> open;  // with who accepted
  std::map<std::pair<std::uint32_t, ServerIndex>, std::vector<int>> sent;
  std::set<std::uint32_t> broken;
  int said = 0;
  const auto steps = *rc::gen::container<std::vector<std::pair<int, std::uint16_t>>>(
      rc::gen::pair(rc::gen::inRange(0, 12), rc::gen::inRange<std::uint16_t>(0, 1'000)));
  for (const auto& [action, amount] : steps) {
    const auto server = static_cast<std::uint16_t>(amount % servers);
    const auto next = static_cast<std::uint16_t>((server + 1U + amount / servers % (servers - 1U)) % servers);
    if (action < 2) {
      open.emplace_back(wires.open(server, next), ServerIndex{next});
    } else if (action < 7 && !open.empty()) {
      const auto& [link, acceptor] = open[amount % open.size()];
      wires.links.send(link, link.opener, wires.pool.put(++said));
      sent[{link.number, acceptor}].push_back(said);
    } else if (action == 7 && !open.empty()) {
      const LinkId link = open[amount % open.size()].first;
      wires.links.close(link, link.opener);
      broken.insert(link.number);
    } else if (action == 8) {
      wires.cut(server);
    } else if (action == 9) {
      wires.links.crash(ServerIndex{server});
      for (const auto& [link, acceptor] : open) {
        if (link.opener == ServerIndex{server} || acceptor == ServerIndex{server}) {
          broken.insert(link.number);
        }
      }
    } else if (action == 10) {
      wires.frozen.insert(ServerIndex{server});
    } else {
      wires.run_for(amount * millisecond);
    }
  }
  wires.links.set_cuts({});
  for (const ServerIndex each : std::exchange(wires.frozen, {})) {
    wires.links.thaw(each);
  }
  wires.run_for(100 * second);
  for (const auto& [name, all] : sent) {
    const std::vector<int>& heard = wires.received[name];
    RC_ASSERT(heard.size() <= all.size());
    RC_ASSERT(std::equal(heard.begin(), heard.end(), all.begin()));  // a beginning of it
    RC_ASSERT(heard.size() == all.size() || broken.contains(name.first));
  }
  RC_ASSERT(wires.pool.in_use() == 0U);
  RC_ASSERT(wires.scheduler.pending() == 0U);
}

}  // namespace
}  // namespace trackside::sim
