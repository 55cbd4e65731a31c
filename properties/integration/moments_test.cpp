// The same scripts on a real cluster and on the simulated one (`trackside serve --cluster 3`): who answers what, in
// which order, must be the same, line by line.
//
// The key `foo` has slot 12182, which is node 2's; its replica is node 5. Known differences stand in
// sim/cluster/README.md.
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "properties/integration/moments.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;
using Watch = Watcher::Watch;

constexpr std::size_t owner = troubled_node;
constexpr std::size_t replica = owner + 3;
constexpr std::size_t other = 0;
constexpr std::size_t third = 1;
const std::string slot = "12182";
const Words get_foo{"GET", "foo"};
/// Of a connection that has the node tell what it may no longer believe: invalidations, and the end of its guard.
const std::vector<Words> guarded{{"HELLO", "3"}, {"CLIENT", "TRACKING", "ON"}, {"SSUBSCRIBE", "guard:{foo}"}};

std::string show(const Lines& lines) {
  std::string all;
  for (const std::string& line : lines) {
    all += "  " + line + "\n";
  }
  return all;
}

Lines play(std::unique_ptr<Arm> arm, const std::function<void(Script&)>& scene) {
  Script script{*arm};
  scene(script);
  return script.moments();
}

void play_on_both(Arm::Trouble trouble, const std::function<void(Script&)>& scene) {
  const Lines real = play(real_arm(trouble), scene);
  const Lines simulated = play(served_arm(trouble), scene);
  std::printf("%s", show(real).c_str());
  EXPECT_GT(real.size(), 5U);
  EXPECT_EQ(real, simulated) << "real:\n" << show(real) << "simulated:\n" << show(simulated);
}

bool has_synced(const Script& script, std::size_t node) {
  return script.ask_quietly(node, {"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
}

/// Follows its primary, and every other node knows that it does: only then do they hear of its wish to take over.
bool follows(const Script& script, std::size_t node, std::size_t primary) {
  for (std::size_t asked = 0; asked < arm_nodes; ++asked) {
    const std::string replicas = script.ask_quietly(asked, {"CLUSTER", "REPLICAS", script.id(primary)});
    if (asked != node && replicas.find(script.id(node)) == std::string::npos) {
      return false;
    }
  }
  return has_synced(script, node);
}

std::string role(const Script& script, std::size_t node) {
  const std::string told = script.ask_quietly(node, {"ROLE"});
  return told.substr(0, told.find(','));
}

std::string epoch(const Script& script, std::size_t node) {
  const std::string info = script.ask_quietly(node, {"CLUSTER", "INFO"});
  const std::string mark = "cluster_current_epoch:";
  const std::size_t at = info.find(mark) + mark.size();
  return info.substr(at, info.find_first_not_of("0123456789", at) - at);
}

void begin_with_foo(Script& script) {
  script.ask(owner, {"SET", "foo", "1"});
  script.until("replicated", [&] { return script.ask_quietly(owner, {"WAIT", "1", "100"}) == "(integer) 1"; });
}

TEST(Moments, APrimaryDies) {
  play_on_both(Arm::Trouble::death, [](Script& script) {
    begin_with_foo(script);
    // Once back, it finds the cluster down until it has heard of it, which is a matter of milliseconds.
    Watcher& there = script.watch({"reader at the owner", owner, {}, get_foo, {"CLUSTERDOWN"}});
    Watcher& guard = script.watch({"guard at the owner", owner, guarded, {}});
    Watcher& next = script.watch({"reader at its replica", replica, {}, get_foo});
    Watcher& elsewhere = script.watch({"reader at another node", other, {}, get_foo});
    script.watch({"reader of another slot", other, {}, {"GET", "b"}});
    script.watch({"reader of replicas", replica, {{"READONLY"}}, get_foo});
    script.watch_for(50ms);
    script.arm().begin_trouble();
    script.until(guard, "gone");
    guard.stop();
    script.until(next, R"("1")");
    script.until(elsewhere, "MOVED to node 5");
    script.ask(replica, {"SET", "foo", "2"});
    script.until(next, R"("2")");
    script.arm().end_trouble();
    script.until(there, "MOVED to node 5");
    script.until("it has the data of its successor", [&] { return has_synced(script, owner); });
    script.ask_in_a_row(owner, {{"READONLY"}, get_foo});
  });
}

TEST(Moments, APrimaryHandsOver) {
  play_on_both(Arm::Trouble::none, [](Script& script) {
    begin_with_foo(script);
    script.watch({"reader at the owner", owner, {}, get_foo});
    Watcher& guard = script.watch({"guard at the owner", owner, guarded, get_foo});
    Watcher& writer = script.watch({"writer at the owner", owner, {}, {"SET", "bystander{foo}", "x"}});
    Watcher& next = script.watch({"reader at its replica", replica, {}, get_foo});
    Watcher& elsewhere = script.watch({"reader at another node", other, {}, get_foo});
    script.watch({"reader of another slot", other, {}, {"GET", "b"}});
    script.watch_for(50ms);
    script.ask(owner, {"CLUSTER", "FAILOVER"});
    script.ask(replica, {"CLUSTER", "FAILOVER"});
    script.until(next, R"("1")");
    script.until(elsewhere, "MOVED to node 5");
    script.until(writer, "MOVED to node 5");
    script.until(guard, "MOVED to node 5");
    script.ask(replica, {"SET", "foo", "2"});
    script.until(next, R"("2")");
    script.until("it follows", [&] { return has_synced(script, owner); });
    script.until("it hears of the write", [&] { return guard.has_heard("invalidate"); });
    script.until(guard, "MOVED to node 5");
    script.ask_in_a_row(owner, {{"READONLY"}, get_foo});
  });
}

// The replica's votes of its last election still count for max(2 s, twice the node timeout): it wins at once in its old
// epoch, and gives way when others tell it. What it acknowledged meanwhile is lost.
TEST(Moments, FailoversInARow) {
  play_on_both(Arm::Trouble::none, [](Script& script) {
    begin_with_foo(script);
    for (const std::size_t next : {replica, owner}) {
      script.ask(next, {"CLUSTER", "FAILOVER"});
      script.until("taken over", [&] { return role(script, next) == "[\"master\""; });
      const std::size_t former = next == owner ? replica : owner;
      script.until("followed", [&] { return follows(script, former, next); });
    }
    const std::string before = epoch(script, other);
    Watcher& back = script.watch({"reader at the owner", owner, {}, get_foo});
    script.watch({"reader at another node", other, {}, get_foo});
    script.ask(replica, {"CLUSTER", "FAILOVER"});
    script.watch_for(1s);
    EXPECT_EQ(epoch(script, other), before) << "there was no vote";
    EXPECT_EQ(back.last(), R"("1")");
    script.ask(replica, get_foo);
    EXPECT_EQ(role(script, replica), "[\"slave\"");
  });
}

TEST(Moments, ASlotMovesKeyByKeyAndComesBack) {
  play_on_both(Arm::Trouble::none, [](Script& script) {
    const auto both = [&](const Words& words) {
      for (const std::size_t node : {owner, other, third}) {
        script.ask(node, words);
      }
    };
    const auto migrate = [&](std::size_t from, std::size_t to, const std::string& key) {
      const std::string port = std::to_string(script.arm().port(to));
      EXPECT_EQ(script.ask_quietly(from, {"MIGRATE", script.arm().host(to), port, key, "0", "5000"}), "OK") << key;
    };
    const auto set_slot = [&](std::size_t at, const std::string& what, std::size_t node) {
      EXPECT_EQ(script.ask_quietly(at, {"CLUSTER", "SETSLOT", slot, what, script.id(node)}), "OK") << what;
    };
    const auto listens = [&](const std::string& name, std::size_t node) -> Watcher& {
      return script.watch({name, node, guarded, {}});
    };
    begin_with_foo(script);
    script.ask(owner, {"SET", "second{foo}", "1"});
    std::vector<Words> tracking = guarded;
    tracking.push_back(get_foo);
    tracking.push_back({"GET", "second{foo}"});
    tracking.push_back({"GET", "absent{foo}"});
    Watcher& tracker = script.watch({"tracker at the owner", owner, tracking, {}});
    script.watch_for(50ms);

    set_slot(other, "IMPORTING", owner);
    set_slot(owner, "MIGRATING", other);
    both(get_foo);
    both({"GET", "absent{foo}"});
    both({"MGET", "foo", "absent{foo}"});
    script.ask_in_a_row(other, {{"ASKING"}, {"GET", "absent{foo}"}});
    script.ask_in_a_row(other, {{"ASKING"}, {"SET", "absent{foo}", "made there"}});
    script.ask_in_a_row(other, {{"GET", "absent{foo}"}});
    script.ask(owner, {"SET", "new{foo}", "1"});
    migrate(owner, other, "foo");
    script.watch_for(20ms);
    both(get_foo);
    script.ask(owner, {"MGET", "foo", "second{foo}"});
    script.ask_in_a_row(other, {{"ASKING"}, {"MGET", "foo", "second{foo}"}});
    script.ask_in_a_row(other, {{"ASKING"}, get_foo});
    migrate(owner, other, "second{foo}");
    Watcher& newcomer = listens("guard at the next owner, too early", other);
    script.until("refused", [&] { return !newcomer.moments().empty(); });
    set_slot(other, "NODE", other);
    script.until("heard", [&] { return script.ask_quietly(third, get_foo) == "MOVED to node 0"; });
    set_slot(owner, "NODE", other);
    both(get_foo);
    both({"GET", "absent{foo}"});
    script.until("the guard ends", [&] { return tracker.has_heard("sunsubscribe"); });

    listens("guard at the new owner", other);
    script.watch_for(50ms);
    set_slot(owner, "IMPORTING", other);
    set_slot(other, "MIGRATING", owner);
    for (const char* key : {"foo", "second{foo}", "absent{foo}"}) {
      migrate(other, owner, key);
    }
    set_slot(owner, "NODE", owner);
    script.until("heard", [&] { return script.ask_quietly(third, get_foo) == "MOVED to node 2"; });
    set_slot(other, "NODE", owner);
    script.watch_for(50ms);
    both(get_foo);
    // The tracker's guard is gone for good, though the slot is back: what it had read before is not told of.
    script.ask(owner, {"SET", "foo", "2"});
    script.watch_for(50ms);
  });
}

TEST(Moments, ASecondSlotMovesToTheSameNode) {
  play_on_both(Arm::Trouble::none, [](Script& script) {
    const std::string first = epoch(script, owner);
    std::string last;
    for (const char* number : {"12182", "12183"}) {
      for (const std::size_t node : {other, owner}) {
        const bool imports = node == other;
        const std::string peer = script.id(imports ? owner : other);
        script.ask_quietly(node, {"CLUSTER", "SETSLOT", number, imports ? "IMPORTING" : "MIGRATING", peer});
      }
      const std::string key = number == slot ? "foo" : "key:18929";
      Watcher& reader = script.watch({std::string{"reader of "} + number, third, {}, {"GET", key}});
      script.until(reader, "MOVED to node 2");
      last = epoch(script, other);
      for (const std::size_t node : {other, owner}) {
        script.ask_quietly(node, {"CLUSTER", "SETSLOT", number, "NODE", script.id(other)});
      }
      script.until(reader, "MOVED to node 0");
      script.ask(owner, {"GET", key});
      script.ask(other, {"GET", key});
    }
    EXPECT_NE(last, first) << "the first raises the epoch";
    EXPECT_EQ(epoch(script, other), last) << "the second does not: it has the greatest one already";
  });
}

/// Its old owner claims it no longer, so a claim by an older epoch is believed: by those who have heard the old owner
/// since. One who has not tells the claimer that it is wrong, and is believed, so the others are given time to hear.
TEST(Moments, ASlotIsAssignedElsewhereWithoutAnImport) {
  play_on_both(Arm::Trouble::none, [](Script& script) {
    Watcher& reader = script.watch({"reader at another node", third, {}, get_foo});
    Watcher& guard = script.watch({"guard at the owner", owner, guarded, {}});
    script.watch_for(50ms);
    const std::string before = epoch(script, third);
    for (const std::size_t node : {owner, other}) {
      script.ask_quietly(node, {"CLUSTER", "SETSLOT", slot, "NODE", script.id(other)});
      script.watch_for(1500ms);
    }
    script.until(reader, "MOVED to node 0");
    script.until("the guard ends", [&] { return guard.has_heard("sunsubscribe"); });
    script.ask(owner, get_foo);
    script.ask(other, get_foo);
    script.ask(third, get_foo);
    EXPECT_EQ(epoch(script, third), before);
  });
}

TEST(Moments, APrimaryIsCutOffFromItsPeers) {
  if (const std::string& problem = PrivateNetwork::enter(); !problem.empty()) {
    std::fprintf(stderr, "NOT TESTED, an isolated primary of a real cluster: %s\n", problem.c_str());
    GTEST_SKIP() << problem;
  }
  play_on_both(Arm::Trouble::isolation, [](Script& script) {
    begin_with_foo(script);
    Watcher& there = script.watch({"reader at the owner", owner, {}, get_foo});
    // Whether the data is all loaded anew depends on whether the primary pinged its replicas meanwhile (every 10 s).
    script.watch({"guard at the owner", owner, guarded, {}, {R"(push["invalidate", (nil)])"}});
    script.watch({"PING at the owner", owner, {}, {"PING"}});
    Watcher& next = script.watch({"reader at its replica", replica, {}, get_foo});
    Watcher& elsewhere = script.watch({"reader at another node", other, {}, get_foo});
    script.watch({"reader of another slot", other, {}, {"GET", "b"}});
    script.watch_for(50ms);
    script.arm().begin_trouble();
    script.until("it refuses", [&] { return there.last().starts_with("CLUSTERDOWN"); });
    script.until(next, R"("1")");
    script.until(elsewhere, "MOVED to node 5");
    script.ask(replica, {"SET", "foo", "2"});
    script.ask(owner, get_foo);
    script.until(next, R"("2")");
    script.arm().end_trouble();
    script.until(there, "MOVED to node 5");
    script.until("it has the data of its successor", [&] { return has_synced(script, owner); });
    script.ask_in_a_row(owner, {{"READONLY"}, get_foo});
  });
}

}  // namespace
}  // namespace trackside::testing
