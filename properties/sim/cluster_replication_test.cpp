// Replication between servers that belong to no cluster: who goes on from where, who starts over, and what is counted.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <string>

#include "sim/cluster/replication.hpp"
#include "sim/redis/value.hpp"

namespace trackside::testing {
namespace {

using namespace sim::cluster;
using sim::Instant;
using sim::millisecond;
using sim::second;

constexpr std::uint32_t bytes_of_a_write = 50;

struct Store final : ReplicatedData {
  std::map<std::string, std::string> keys;
  int loads = 0;

  SnapshotPointer snapshot() override {
    Snapshot all;
    for (const auto& [key, value] : keys) {
      all.push_back({.key = key, .value = pointer_to(value)});
    }
    return std::make_shared<const Snapshot>(std::move(all));
  }
  void load(Instant, const Snapshot& snapshot) override {
    ++loads;
    keys.clear();
    for (const StoredKey& stored : snapshot) {
      keys[stored.key] = std::get<sim::redis::String>(stored.value->content);
    }
  }
  void apply(Instant, std::span<const ReplicatedChange> changes) override {
    for (const ReplicatedChange& change : changes) {
      keys[change.key] = std::get<sim::redis::String>(change.value->content);
    }
  }
  static sim::redis::ValuePointer pointer_to(const std::string& text) {
    return std::make_shared<const sim::redis::Value>(sim::redis::Value{text});
  }
};

/// Three servers on a network that delivers at once, while it may.
class Trio {
 public:
  explicit Trio(ReplicationOptions options = {}) : options_(options) {}

  Replication& operator[](std::size_t index) { return servers_[index]; }
  Store& store(std::size_t index) { return stores_[index]; }
  Instant now() const { return now_; }

  void write(std::size_t at, const std::string& key, const std::string& value) {
    stores_[at].keys[key] = value;
    const ReplicatedChange change{.key = key, .value = Store::pointer_to(value)};
    servers_[at].feed(std::span(&change, 1), bytes_of_a_write);
    settle();
  }
  void follow(std::size_t replica, std::size_t primary) {
    servers_[replica].follow(now_, index_of(primary));
    settle();
  }
  void lead(std::size_t server) {
    servers_[server].lead(now_);
    settle();
  }
  void restart(std::size_t server) {
    reset_links(server);
    stores_[server].keys.clear();
    servers_[server].restart(now_);
  }
  void run_for(Instant duration) {
    for (const Instant end = now_ + duration; now_ < end;) {
      now_ += second;
      for (Replication& server : servers_) {
        server.tick(now_);
      }
      settle();
    }
  }
  /// Everything between these two is lost, and both notice.
  void reset_links(std::size_t server) {
    for (std::size_t at = 0; at < links_.size();) {
      const auto [link, acceptor] = links_[at];
      if (link.opener != index_of(server) && acceptor != index_of(server)) {
        ++at;
        continue;
      }
      links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(at));
      server_at(link.opener).on_closed(now_, link);
      server_at(acceptor).on_closed(now_, link);
    }
  }
  /// Connections are refused.
  void set_reachable(std::size_t server, bool reachable) {
    reachable_[server] = reachable;
    if (!reachable) {
      reset_links(server);
      settle();
    }
  }
  void set_mute(std::size_t server, bool mute) { mute_[server] = mute; }

  void settle() {
    for (bool busy = true; busy;) {
      busy = false;
      for (std::size_t index = 0; index < servers_.size(); ++index) {
        std::vector<LinkAction<ReplicationMessage>> actions;
        servers_[index].outbox().take(actions);
        for (LinkAction<ReplicationMessage>& action : actions) {
          busy = true;
          perform(index, action);
        }
      }
    }
  }

 private:
  static ServerIndex index_of(std::size_t server) { return ServerIndex{static_cast<std::uint16_t>(server)}; }
  Replication& server_at(ServerIndex server) { return servers_[static_cast<std::size_t>(server)]; }

  void perform(std::size_t from, const LinkAction<ReplicationMessage>& action) {
    if (action.verb == LinkVerb::open) {
      if (reachable_[static_cast<std::size_t>(action.server)] && reachable_[from]) {
        links_.push_back({action.link, action.server});
        servers_[from].on_open(now_, action.link);
      } else {
        servers_[from].on_closed(now_, action.link);
      }
      return;
    }
    for (std::size_t at = 0; at < links_.size(); ++at) {
      const auto [link, acceptor] = links_[at];
      if (link != action.link) {
        continue;
      }
      Replication& peer = server_at(link.opener == index_of(from) ? acceptor : link.opener);
      if (action.verb == LinkVerb::close) {
        links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(at));
        peer.on_closed(now_, link);
      } else if (!mute_[from]) {
        peer.on_message(now_, link, action.message);
      }
      return;
    }
  }

  ReplicationOptions options_;
  std::array<Store, 3> stores_;
  std::array<Replication, 3> servers_{Replication{ServerIndex{0}, options_, stores_[0]},
                                      Replication{ServerIndex{1}, options_, stores_[1]},
                                      Replication{ServerIndex{2}, options_, stores_[2]}};
  std::vector<std::pair<LinkId, ServerIndex>> links_;
  std::array<bool, 3> reachable_{true, true, true};
  std::array<bool, 3> mute_{};
  Instant now_ = 100 * second;
};

ReplicationOptions prompt() { return {.diskless_delay = 0}; }

TEST(Replication, ANewReplicaGetsEverythingAndThenTheStream) {
  Trio trio(prompt());
  trio.write(0, "a", "1");
  EXPECT_EQ(trio[0].offset(), 0U) << "without a replica there is no stream";
  trio.follow(1, 0);
  EXPECT_EQ(trio[1].state(), ReplicaState::streaming);
  EXPECT_EQ(trio.store(1).keys["a"], "1");
  trio.write(0, "b", "2");
  EXPECT_EQ(trio.store(1).keys["b"], "2");
  EXPECT_EQ(trio[1].offset(), bytes_of_a_write);
  EXPECT_EQ(trio[1].id(), trio[0].id());
  EXPECT_EQ(trio.store(1).loads, 1);
}

TEST(Replication, ASnapshotWaitsForOthersForFiveSeconds) {
  Trio trio;
  trio.write(0, "a", "old");
  trio.store(1).keys["a"] = "own";
  trio.follow(1, 0);
  trio.run_for(3 * second);
  EXPECT_EQ(trio.store(1).keys["a"], "own") << "what it had is served meanwhile";
  trio.follow(2, 0);
  trio.write(0, "a", "new");
  trio.run_for(2 * second);
  EXPECT_EQ(trio.store(1).keys["a"], "new");
  EXPECT_EQ(trio.store(2).keys["a"], "new") << "both by one snapshot";
  EXPECT_EQ(trio[0].offset(), bytes_of_a_write);
  EXPECT_EQ(trio[2].offset(), bytes_of_a_write);
}

TEST(Replication, AReplicaThatWasAwayGoesOnWhereItWas) {
  Trio trio(prompt());
  trio.follow(1, 0);
  trio.set_reachable(1, false);
  trio.write(0, "a", "1");
  trio.write(0, "b", "2");
  EXPECT_EQ(trio.store(1).keys.size(), 0U);
  trio.set_reachable(1, true);
  trio.run_for(second);
  EXPECT_EQ(trio.store(1).keys["b"], "2");
  EXPECT_EQ(trio.store(1).loads, 1);
  EXPECT_EQ(trio[0].partial_resynchronisations(), 1U);
}

TEST(Replication, WhatTheBacklogForgotMakesAReplicaStartOver) {
  ReplicationOptions options = prompt();
  options.backlog_bytes = 3 * bytes_of_a_write;
  Trio trio(options);
  trio.follow(1, 0);
  trio.set_reachable(1, false);
  for (int write = 0; write < 4; ++write) {
    trio.write(0, "a", std::to_string(write));
  }
  trio.set_reachable(1, true);
  trio.run_for(second);
  EXPECT_EQ(trio.store(1).keys["a"], "3");
  EXPECT_EQ(trio.store(1).loads, 2);
}

TEST(Replication, ADemotedPrimaryGoesOnIfItWroteNothingMore) {
  Trio trio(prompt());
  trio.follow(1, 0);
  trio.follow(2, 0);
  trio.write(0, "a", "1");
  trio.lead(1);
  trio.write(1, "a", "2");
  trio.follow(0, 1);
  trio.follow(2, 1);
  EXPECT_EQ(trio.store(0).keys["a"], "2");
  EXPECT_EQ(trio.store(2).keys["a"], "2");
  EXPECT_EQ(trio.store(0).loads, 0);
  EXPECT_EQ(trio.store(2).loads, 1) << "only at the very beginning";
  EXPECT_EQ(trio[0].id(), trio[1].id());
  EXPECT_EQ(trio[1].second_id(), trio[0].second_id());
}

TEST(Replication, ADemotedPrimaryThatWroteMoreStartsOver) {
  Trio trio(prompt());
  trio.follow(1, 0);
  trio.write(0, "a", "1");
  trio.lead(1);
  trio.write(0, "a", "lost");
  trio.write(1, "b", "2");
  trio.follow(0, 1);
  EXPECT_EQ(trio.store(0).loads, 1);
  EXPECT_EQ(trio.store(0).keys["a"], "1");
  EXPECT_EQ(trio.store(0).keys["b"], "2");
}

TEST(Replication, APingAloneMakesHistoriesDiverge) {
  Trio trio(prompt());
  trio.follow(1, 0);
  trio.follow(2, 0);
  trio.lead(1);
  trio.run_for(10 * second);  // server 0 still feeds server 2
  EXPECT_GT(trio[0].offset(), trio[1].offset());
  trio.follow(0, 1);
  EXPECT_EQ(trio.store(0).loads, 1);
}

TEST(Replication, APrimaryThatRestartsEmptyEmptiesItsReplicas) {
  Trio trio(prompt());
  trio.follow(1, 0);
  trio.write(0, "a", "1");
  trio.restart(0);
  trio.run_for(second);
  EXPECT_EQ(trio[1].state(), ReplicaState::streaming);
  EXPECT_TRUE(trio.store(1).keys.empty());
  EXPECT_EQ(trio.store(1).loads, 2);
}

TEST(Replication, AReplicaOfAReplicaHearsOfANewHistory) {
  Trio trio(prompt());
  trio.follow(1, 0);
  trio.follow(2, 1);
  trio.write(0, "a", "1");
  EXPECT_EQ(trio.store(2).keys["a"], "1");
  trio.lead(1);
  trio.run_for(second);
  trio.write(1, "a", "2");
  EXPECT_EQ(trio.store(2).keys["a"], "2");
  EXPECT_EQ(trio[2].id(), trio[1].id());
  EXPECT_EQ(trio.store(2).loads, 1);
}

TEST(Replication, WhoFollowsAReplicaThatIsNotInStepIsSentAway) {
  Trio trio(prompt());
  trio.set_reachable(0, false);
  trio.follow(1, 0);
  trio.follow(2, 1);
  EXPECT_EQ(trio[2].state(), ReplicaState::disconnected);
  trio.set_reachable(0, true);
  trio.run_for(3 * second);
  EXPECT_EQ(trio[2].state(), ReplicaState::streaming);
}

TEST(Replication, AcknowledgementsComeEachSecond) {
  Trio trio(prompt());
  trio.follow(1, 0);
  trio.follow(2, 0);
  trio.write(0, "a", "1");
  EXPECT_EQ(trio[0].acknowledged_by(bytes_of_a_write), 0U);
  trio.set_mute(2, true);
  trio.run_for(second);
  EXPECT_EQ(trio[0].acknowledged_by(bytes_of_a_write), 1U);
  EXPECT_EQ(trio[0].replicas().size(), 2U);
  trio.run_for(62 * second);
  ASSERT_EQ(trio[0].replicas().size(), 1U) << "silent for a minute";
  EXPECT_EQ(trio[0].replicas()[0].server, ServerIndex{1});
}

TEST(Replication, ASilentPrimaryIsGivenUpAfterAMinuteAndTheDataAgesMeanwhile) {
  Trio trio(prompt());
  trio.follow(1, 0);
  trio.set_mute(0, true);
  trio.run_for(30 * second);
  EXPECT_EQ(trio[1].state(), ReplicaState::streaming);
  EXPECT_EQ(trio[1].data_age(trio.now()), 30 * second);
  trio.run_for(31 * second);
  EXPECT_NE(trio[1].state(), ReplicaState::streaming);
}

TEST(Replication, PingsMoveTheOffsetButNotWhileAFailoverWaits) {
  Trio trio(prompt());
  trio.follow(1, 0);
  trio.run_for(10 * second);
  const std::uint64_t offset = trio[0].offset();
  EXPECT_GT(offset, 0U);
  trio[0].set_quiet(true);
  trio.run_for(30 * second);
  EXPECT_EQ(trio[0].offset(), offset);
  EXPECT_EQ(trio[1].offset(), offset);
}

}  // namespace
}  // namespace trackside::testing
