// What the cluster client reads: CLUSTER NODES, redirections, guards; and whom it believes about a slot.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "cluster/progress.hpp"
#include "cluster/redirection.hpp"
#include "cluster/slot_map.hpp"
#include "cluster/topology.hpp"
#include "properties/impl/link_talk.hpp"
#include "properties/run_count.hpp"
#include "resp/slot.hpp"
#include "resp/slot_tags.hpp"
#include "sim/redis/slot_owners.hpp"

namespace trackside::testing {
namespace {

using cluster::read_nodes;
using cluster::read_redirection;
using cluster::Redirection;

const Endpoint asked{.host = "10.0.0.9", .port = 7000};

std::string named(char digit) { return std::string(40, digit); }

// ---- CLUSTER NODES ----

TEST(ClusterNodes, AreReadAsTheServerTellsThem) {
  const std::string text =
      named('a') + " 10.0.0.1:6379@16379,host-a myself,master - 0 0 7 connected 0-100 200 [300->-" + named('b') +
      "]\n" + named('b') + " 10.0.0.2:6380@16380 slave " + named('a') + " 0 1700000000000 7 connected\n" + named('c') +
      " ::1:6381@16381 master,fail? - 1 1 3 disconnected 101-199\n";
  const auto nodes = read_nodes(text, asked);
  ASSERT_TRUE(nodes);
  ASSERT_EQ(nodes->size(), 3U);
  EXPECT_EQ((*nodes)[0].endpoint, (Endpoint{.host = "10.0.0.1", .port = 6379}));
  EXPECT_EQ((*nodes)[0].config_epoch, 7U);
  EXPECT_EQ((*nodes)[0].slots, (std::vector<cluster::SlotRange>{{0, 100}, {200, 200}}));
  EXPECT_TRUE((*nodes)[0].is_primary);
  EXPECT_FALSE((*nodes)[1].is_primary);
  EXPECT_EQ((*nodes)[2].endpoint, (Endpoint{.host = "::1", .port = 6381}));
  EXPECT_TRUE((*nodes)[2].is_suspected);
}

TEST(ClusterNodes, ANodeThatDoesNotKnowItsHostIsWhereItWasAsked) {
  const auto nodes = read_nodes(named('a') + " :7000@17000 myself,master - 0 0 0 connected 0-16383\n", asked);
  ASSERT_TRUE(nodes);
  EXPECT_EQ(nodes->front().endpoint, asked);
}

TEST(ClusterNodes, WhatHasNoAddressIsLeftOut) {
  const auto nodes = read_nodes(named('a') + " 10.0.0.1:6379@16379 handshake - 0 0 0 connected\n" + named('b') +
                                    " :0@0 master,noaddr - 0 0 0 disconnected\n",
                                asked);
  ASSERT_TRUE(nodes);
  EXPECT_TRUE(nodes->empty());
}

TEST(ClusterNodes, WhatMakesNoSenseIsNoTopology) {
  const std::string start = named('a') + " 10.0.0.1:6379@16379 master - 0 0 ";
  for (const std::string& line : {std::string{"hello"}, start + "x connected", start + "1 connected 5-4",
                                  start + "1 connected 16384", start + "1 connected 0-", start + "1"}) {
    EXPECT_FALSE(read_nodes(line + "\n", asked)) << line;
  }
  EXPECT_TRUE(read_nodes("", asked)->empty());
}

TEST(ClusterNodes, AnyBytesAreReadWithoutHarm) {
  check_runs(2000, [](const std::string& text) { read_nodes(text, asked); });
}

TEST(ClusterNodes, AreNotTakenInAnyNumber) {
  std::string text;
  for (std::size_t number = 0; number <= cluster::nodes_max; ++number) {
    text += named('a') + " 10.0.0.1:6379@16379 master - 0 0 1 connected\n";
  }
  EXPECT_FALSE(read_nodes(text, asked));
}

// ---- redirections ----

std::optional<Redirection> redirection(std::string_view error) {
  const std::string frame = "-" + std::string{error} + "\r\n";
  return read_redirection(ReplyView{frame}, asked);
}

TEST(ClusterNodes, ReplicasNameTheirPrimary) {
  const auto nodes = read_nodes(named('a') + " 10.0.0.1:6379@16379 slave " + named('b') + " 0 0 7 connected\n" +
                                    named('b') + " 10.0.0.2:6379@16379 master - 0 0 7 connected 0-16383\n",
                                asked);
  ASSERT_TRUE(nodes);
  EXPECT_EQ((*nodes)[0].primary_id, (*nodes)[1].id);
  EXPECT_EQ((*nodes)[1].primary_id, "");
}

TEST(Progress, IsReadAsTheServerTellsIt) {
  const auto primary = cluster::read_progress(
      "# Replication\r\nrole:master\r\nmaster_replid:073f\r\nmaster_replid2:0000\r\nmaster_repl_offset:52\r\n");
  ASSERT_TRUE(primary);
  EXPECT_TRUE(primary->is_primary);
  EXPECT_EQ(primary->history, "073f");
  EXPECT_EQ(primary->offset, 52);
  const std::string replica =
      "role:slave\r\nmaster_host:10.0.0.2\r\nmaster_port:6379\r\nmaster_link_status:up\r\nslave_repl_offset:51\r\n"
      "master_replid:073f\r\nmaster_repl_offset:99\r\n";
  const auto in_step = cluster::read_progress(replica);
  ASSERT_TRUE(in_step);
  EXPECT_EQ(in_step->primary, "10.0.0.2:6379");
  EXPECT_EQ(in_step->offset, 51) << "what it has applied, not what it has received";
  std::string lost = replica;
  lost.replace(lost.find("status:up"), 9, "status:no");
  EXPECT_EQ(cluster::read_progress(lost)->primary, "");
}

TEST(Progress, WhatDoesNotTellItIsNone) {
  EXPECT_FALSE(cluster::read_progress(""));
  EXPECT_FALSE(cluster::read_progress("role:master\r\nmaster_repl_offset:52\r\n"));
  EXPECT_FALSE(cluster::read_progress("role:master\r\nmaster_replid:073f\r\nmaster_repl_offset:far\r\n"));
  check_runs(2000, [](const std::string& text) { cluster::read_progress(text); });
}

TEST(Redirections, NameTheSlotAndWhereItIs) {
  const auto moved = redirection("MOVED 866 10.0.0.2:6380");
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->kind, Redirection::Kind::moved);
  EXPECT_EQ(moved->slot, 866);
  EXPECT_EQ(moved->target, (Endpoint{.host = "10.0.0.2", .port = 6380}));
  EXPECT_EQ(redirection("ASK 1 :7001")->kind, Redirection::Kind::ask);
  EXPECT_EQ(redirection("ASK 1 :7001")->target, (Endpoint{.host = asked.host, .port = 7001}));
}

TEST(Redirections, SayToWaitOrToLookElsewhere) {
  for (const char* error :
       {"TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down",
        "LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down"}) {
    EXPECT_EQ(redirection(error)->kind, Redirection::Kind::later) << error;
  }
  EXPECT_EQ(redirection("READONLY You can't write against a read only replica.")->kind, Redirection::Kind::elsewhere);
}

TEST(Redirections, OtherErrorsAreAnswers) {
  for (const char* error :
       {"ERR no", "CROSSSLOT Keys in request don't hash to the same slot", "MOVED", "MOVED 1", "MOVED 16384 h:1",
        "MOVED x h:1", "MOVED 1 h", "MOVED 1 h:0", "MOVED 1 h:65536", "MOVEDX 1 h:1"}) {
    EXPECT_FALSE(redirection(error)) << error;
  }
  EXPECT_FALSE(read_redirection(ReplyView{"$5\r\nMOVED\r\n"}, asked)) << "a value is none";
}

// ---- guards ----

TEST(SlotTags, ThereIsOneChannelForEachSlot) {
  std::set<std::string> channels;
  for (std::uint32_t slot = 0; slot < resp::slot_count; ++slot) {
    const auto number = static_cast<std::uint16_t>(slot);
    const std::string channel = resp::guard_channel(number);
    EXPECT_EQ(resp::slot_of(channel), slot);
    EXPECT_EQ(resp::slot_of_guard(channel), number);
    channels.insert(channel);
  }
  EXPECT_EQ(channels.size(), resp::slot_count);
  EXPECT_EQ(resp::slot_of_guard("trackside:{}"), std::nullopt);
  EXPECT_EQ(resp::slot_of_guard("news"), std::nullopt);
}

// ---- whom to believe ----

TEST(SlotMap, OnlyAHigherEpochTakesASlotAway) {
  const auto map = std::make_unique<cluster::SlotMap>();
  EXPECT_EQ(map->owner(5), cluster::no_node);
  EXPECT_TRUE(map->believes(5, 0)) << "nobody had it";
  map->claim(5, 1, 3);
  EXPECT_FALSE(map->believes(5, 2));
  EXPECT_FALSE(map->believes(5, 3)) << "the same claim by somebody else";
  EXPECT_TRUE(map->believes(5, 4));
}

TEST(SlotMap, WhoAskedBeforeAMoveCanTell) {
  const auto map = std::make_unique<cluster::SlotMap>();
  map->claim(5, 1, 3);
  const auto before = map->moves(5);
  map->claim(5, 1, 4);
  EXPECT_EQ(map->moves(5), before) << "the same owner";
  map->move(5, 2);
  EXPECT_NE(map->moves(5), before);
  EXPECT_EQ(map->moves(6), 0);
}

TEST(SlotMap, AClaimIsKnownIfItWouldChangeNothing) {
  const auto map = std::make_unique<cluster::SlotMap>();
  EXPECT_FALSE(map->is_known(5, 1, 0));
  map->claim(5, 1, 3);
  EXPECT_TRUE(map->is_known(5, 1, 3));
  EXPECT_FALSE(map->is_known(5, 2, 3)) << "another node";
  EXPECT_FALSE(map->is_known(5, 1, 4)) << "a higher epoch";
  const auto before = map->changes();
  map->move(5, 1);
  EXPECT_FALSE(map->is_known(5, 1, 3)) << "a MOVED named it since, which the claim confirms";
  EXPECT_GT(map->changes(), before);
}

TEST(SlotOwners, ARunEndsWhereTheOwnerChanges) {
  sim::redis::SlotOwners owners;
  EXPECT_EQ(owners.last_alike(0), resp::slot_count - 1) << "nobody's";
  for (const std::size_t slot : std::initializer_list<std::size_t>{0, 255, 256, 257, 9000, resp::slot_count - 1}) {
    sim::redis::SlotOwners with_one;
    with_one.set(slot, 7);
    EXPECT_EQ(with_one.last_alike(slot), slot);
    if (slot > 0) {
      EXPECT_EQ(with_one.last_alike(0), slot - 1);
    }
    if (slot + 1 < resp::slot_count) {
      EXPECT_EQ(with_one.last_alike(slot + 1), resp::slot_count - 1);
    }
  }
}

TEST(SlotMap, WhatMovedIsNotTakenBackByTheClaimThatWasWrong) {
  const auto map = std::make_unique<cluster::SlotMap>();
  map->claim(5, 1, 3);
  map->move(5, 2);
  EXPECT_EQ(map->owner(5), 2);
  EXPECT_FALSE(map->believes(5, 3)) << "a node that has not heard";
  EXPECT_TRUE(map->believes(5, 4));
}

}  // namespace
}  // namespace trackside::testing
