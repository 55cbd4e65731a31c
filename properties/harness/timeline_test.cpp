// What a run's timeline says: the run is the same with it, messages are those that were sent, entries are stale just
// while nobody would have answered so, and the way to what broke is the one that led there.
#include <algorithm>

#include <gtest/gtest.h>

#include "properties/harness/regressions.hpp"
#include "properties/testing/generation/generator.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/timeline/timeline.hpp"
#include "properties/testing/timeline/timeline_entries.hpp"
#include "properties/testing/timeline/timeline_messages.hpp"

namespace trackside::testing {
namespace {

using Message = Timeline::Message;
using sim::millisecond;
using sim::second;

Timeline timeline_of(const sim::Scenario& scenario) { return *run(scenario, {.timeline = true}).timeline; }

/// One naive client beside one writer, without any delay.
Timeline naive_timeline(const std::string& lines) {
  return timeline_of(parsed("trackside scenario 1\nsubject naive\nfaults_end 20\nclient max_idle=5\n" + lines +
                            "replay_tape yes\n"));
}

std::vector<Message> pushes_in(const Timeline& timeline) {
  std::vector<Message> pushes;
  std::copy_if(timeline.messages.begin(), timeline.messages.end(), std::back_inserter(pushes),
               [](const Message& message) {
                 return message.kind == Message::Kind::push && message.text.starts_with("invalidate");
               });
  return pushes;
}

TEST(Timeline, ARunIsTheSameWithAndWithoutIt) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
    for (const WorldKind world : {WorldKind::node, WorldKind::cluster, WorldKind::sentinels}) {
      const sim::Scenario scenario = generate(seed, {.subject = "verified", .world = world});
      const RunResult without = run(scenario);
      const RunResult with = run(scenario, {.timeline = true});
      EXPECT_EQ(with.hash, without.hash) << seed;
      EXPECT_EQ(with.events, without.events);
      EXPECT_EQ(with.checked, without.checked);
      EXPECT_EQ(without.timeline, nullptr);
      EXPECT_FALSE(with.timeline->messages.empty());
    }
  }
}

TEST(Timeline, WhatTheNaiveCacheHeldOfAnOpenSlotIsStaleFromTheWriteOn) {
  const Timeline timeline = timeline_of(regression("attack_c1_open_slot", "naive"));
  ASSERT_EQ(timeline.entries.size(), 1U);
  const Timeline::Entry& entry = timeline.entries.front();
  EXPECT_EQ(entry.question, "GET {foo}c");
  EXPECT_EQ(entry.value, "(nil)");
  EXPECT_EQ(timeline.keys[entry.key], "{foo}c");
  EXPECT_EQ(timeline.lanes[entry.lane].name, "client0");
  EXPECT_EQ(entry.from, second + 100'000);
  EXPECT_EQ(entry.tolerance, second);
  ASSERT_EQ(entry.stale.size(), 1U);
  EXPECT_EQ(entry.stale.front().from, 2 * second + 150'000);
  EXPECT_EQ(entry.stale.front().until, entry.until);
  std::vector<std::uint32_t> served;
  for (const std::uint32_t operation : entry.served) {
    served.push_back(timeline.operations[operation].id);
  }
  EXPECT_EQ(served, (std::vector<std::uint32_t>{4, 6, 7, 8, 9, 0, 0}));  // and both final checks
}

TEST(Timeline, TheVerifiedCacheServesNothingOfItTooLate) {
  const Timeline timeline = timeline_of(regression("attack_c1_open_slot", "verified"));
  EXPECT_FALSE(timeline.breach);
  for (const Timeline::Entry& entry : timeline.entries) {
    for (const std::uint32_t operation : entry.served) {
      const sim::Instant at = timeline.operations[operation].until;
      EXPECT_TRUE(std::none_of(entry.stale.begin(), entry.stale.end(), [&](const Timeline::Stretch& stale) {
        return stale.from + entry.tolerance < at && at < stale.until;
      }));
    }
  }
}

TEST(Timeline, TheWayToWhatBrokeIsKeptOvertakenUntoldServed) {
  const Timeline timeline = timeline_of(regression("attack_c1_open_slot", "naive"));
  ASSERT_TRUE(timeline.breach);
  EXPECT_EQ(timeline.breach->code, "G2");
  EXPECT_EQ(timeline.operations[timeline.breach->operation].id, 7U);
  EXPECT_EQ(timeline.breach->entry, 0U);
  std::string way;
  for (const Timeline::Breach::Step& step : timeline.breach->way) {
    way += std::to_string(step.at) + ' ' + timeline.lanes[step.lane].name + ": " + step.text + '\n';
  }
  EXPECT_EQ(way,
            "1000100000 client0: client0 keeps (nil) for GET {foo}c, of op 3\n"
            "2000150000 node 0: node 0: {foo}c = v5\n"
            "2000150000 client0: no invalidation was sent to client0\n"
            "4000000000 client0: op 7, GET {foo}c: got (nil)   from its cache, 1.999 s stale where 1.000 s is "
            "allowed\n");
}

TEST(Timeline, AnInvalidationThatNeverArrivesIsOnItsWayForEver) {
  const Timeline timeline = timeline_of(regression("attack_half_open_link", "naive"));
  const std::vector<Message> pushes = pushes_in(timeline);
  ASSERT_FALSE(pushes.empty());
  EXPECT_EQ(pushes.front().arrived, sim::end_of_time);
  EXPECT_FALSE(pushes.front().vanished);
  const auto& way = timeline.breach->way;
  EXPECT_TRUE(std::any_of(way.begin(), way.end(), [](const Timeline::Breach::Step& step) {
    return step.text == "the invalidation from node 0 never reached client0";
  }));
}

TEST(Timeline, AnInvalidationThatAFaultTookOutHasVanished) {
  const Timeline timeline = naive_timeline(
      "op 1 at 1 client 0 : GET k\n"
      "op 2 at 3 writer 0 : SET k v2\n"
      "op 3 at 9 client 0 : GET k\n"
      "fault 1 at 2 for 3 push_drop target 0 argument 0\n");
  const std::vector<Message> pushes = pushes_in(timeline);
  ASSERT_EQ(pushes.size(), 1U);
  EXPECT_TRUE(pushes.front().vanished);
  EXPECT_EQ(pushes.front().arrived, sim::end_of_time);
  EXPECT_EQ(pushes.front().keys.size(), 1U);
  ASSERT_EQ(timeline.faults.size(), 1U);
  EXPECT_EQ(timeline.faults.front().from, 2 * second);
  EXPECT_EQ(timeline.faults.front().until, 5 * second);
  EXPECT_EQ(timeline.faults.front().lanes, std::vector<Timeline::LaneIndex>{0});
}

TEST(Timeline, AValueThatComesBackMakesAnEntryCurrentAgain) {
  const Timeline timeline = naive_timeline(
      "op 1 at 1 writer 0 : SET k a\n"
      "op 2 at 2 client 0 : GET k\n"
      "op 3 at 4 writer 0 : SET k b\n"
      "op 4 at 5 writer 0 : SET k a\n"
      "op 5 at 6 writer 0 : SET k c\n"
      "fault 1 at 3 for 10 half_open target 0 argument 0\n");
  const auto entry = std::find_if(timeline.entries.begin(), timeline.entries.end(),
                                  [](const Timeline::Entry& each) { return each.value == "\"a\""; });
  ASSERT_NE(entry, timeline.entries.end());
  ASSERT_EQ(entry->stale.size(), 2U);
  const sim::Instant executed = 50'000;  // the writer's flight
  EXPECT_EQ(entry->stale[0].from, 4 * second + executed);
  EXPECT_EQ(entry->stale[0].until, 5 * second + executed);
  EXPECT_EQ(entry->stale[1].from, 6 * second + executed);
  EXPECT_EQ(entry->stale[1].until, entry->until);
  EXPECT_FALSE(entry->ended_by.empty());
}

TEST(Timeline, AMessageIsTiedToItsOperationAndAReplyToItsCommand) {
  const Timeline timeline = naive_timeline(
      "op 1 at 1 writer 0 : SET k v1\n"
      "op 2 at 2 client 0 : GET k\n");
  for (const auto& expected : {std::pair{1U, "OK"}, std::pair{2U, "\"v1\""}}) {
    const auto id = expected.first;
    const auto reply = std::find_if(timeline.messages.begin(), timeline.messages.end(), [&](const Message& message) {
      return message.kind == Message::Kind::reply && message.operation != Timeline::none &&
             timeline.operations[message.operation].id == id;
    });
    ASSERT_NE(reply, timeline.messages.end()) << id;
    EXPECT_TRUE(reply->text.starts_with(expected.second)) << reply->text;
    const Message& command = timeline.messages[reply->answers];
    EXPECT_EQ(command.kind, Message::Kind::command);
    EXPECT_EQ(command.from, reply->to);
    EXPECT_EQ(command.operation, reply->operation);
    EXPECT_LT(command.sent, command.arrived);
    EXPECT_LE(command.arrived, reply->sent);
    EXPECT_LT(reply->sent, reply->arrived);
    EXPECT_EQ(reply->keys, command.keys);
    EXPECT_EQ(timeline.keys[command.keys.at(0)], "k");
  }
}

TEST(Timeline, WhatHappensAtOneInstantIsInItsOrder) {
  const Timeline timeline = naive_timeline(
      "op 1 at 1 client 0 : GET k\n"
      "op 2 at 1 client 0 : SET k v2\n"
      "op 3 at 1 after 2 client 0 : GET k\n");
  ASSERT_FALSE(timeline.entries.empty());
  const Timeline::Entry& entry = timeline.entries.front();
  const auto told = std::find_if(timeline.notes.rbegin(), timeline.notes.rend(), [&](const Timeline::Note& note) {
    return note.at == entry.from && note.text.starts_with("cache is to forget k");
  });
  ASSERT_NE(told, timeline.notes.rend());
  const auto served = std::find_if(timeline.operations.begin(), timeline.operations.end(),
                                   [](const Timeline::Operation& operation) { return operation.id == 3; });
  ASSERT_EQ(served->until, entry.from);
  EXPECT_LT(entry.order, served->from_order);
  EXPECT_LT(served->from_order, served->until_order);
  EXPECT_LT(served->until_order, told->order);
}

TEST(Timeline, HandshakesAndProbesAreUpkeepAndWhatNamesAKeyIsNot) {
  const Timeline timeline = naive_timeline("op 1 at 1 client 0 : GET k\n");
  std::size_t upkeep = 0;
  for (const Message& message : timeline.messages) {
    upkeep += message.weight == Timeline::Weight::upkeep ? 1 : 0;
    EXPECT_EQ(message.weight == Timeline::Weight::upkeep, message.keys.empty()) << message.text;
  }
  EXPECT_GT(upkeep, 4U);
}

TEST(Timeline, OperationsEndAsTheHistorySays) {
  const sim::Scenario scenario = generate(11, {.subject = "verified"});
  const RunResult result = run(scenario, {.timeline = true});
  std::uint64_t hits = 0;
  std::uint64_t ended = 0;
  for (const Timeline::Operation& operation : result.timeline->operations) {
    hits += operation.source == Timeline::Operation::Source::cache ? 1 : 0;
    ended += operation.until != sim::end_of_time ? 1 : 0;
    EXPECT_LE(operation.from, operation.until);
    EXPECT_FALSE(operation.question.empty());
  }
  EXPECT_EQ(hits, result.hits);
  EXPECT_GT(ended, result.timeline->operations.size() / 2);
}

// ---- bytes

constexpr sim::ConnectionName connection{.host = 0, .server = sim::first_server, .ordinal = 2};
const std::map<std::string, Timeline::KeyIndex, std::less<>> keys{{"k", 7}, {"\xff</script>", 8}};

std::vector<Message> decoded(const MessageLog& log) {
  std::vector<Message> messages;
  for (const MessageLog::Decoded& each : log.decode(1, keys)) {
    messages.push_back(each.message);
  }
  return messages;
}

TEST(MessageLog, FramesThatTravelTogetherAreOneMessageHoweverTheyAreCut) {
  MessageLog log;
  log.on_sent({10, 0}, connection, sim::Direction::to_server,
              "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*2\r\n$3\r\nTTL\r\n$1\r\nk\r\n");
  log.on_read({20, 0}, connection, sim::Direction::to_server, 15);
  log.on_read({30, 0}, connection, sim::Direction::to_server, 25);
  log.on_sent({40, 0}, connection, sim::Direction::to_client, "$1\r\nv\r\n");
  log.on_sent({50, 0}, connection, sim::Direction::to_client, ":-1\r\n");
  log.on_read({60, 0}, connection, sim::Direction::to_client, 7);
  const std::vector<Message> messages = decoded(log);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].text, "GET k  |  TTL k");
  EXPECT_EQ(messages[0].sent, 10);
  EXPECT_EQ(messages[0].arrived, 30);
  EXPECT_EQ(messages[0].keys, std::vector<Timeline::KeyIndex>{7});
  EXPECT_EQ(messages[1].text, "\"v\"");
  EXPECT_EQ(messages[1].arrived, 60);
  EXPECT_EQ(messages[1].answers, 0U);
  EXPECT_EQ(messages[2].text, "(integer) -1");
  EXPECT_EQ(messages[2].arrived, sim::end_of_time);
  EXPECT_EQ(messages[2].answers, 0U);
}

TEST(MessageLog, PushesAnswerNothingInRespTwoEither) {
  MessageLog log;
  log.on_sent({10, 0}, connection, sim::Direction::to_server,
              "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n*1\r\n$4\r\nPING\r\n");
  log.on_sent({20, 0}, connection, sim::Direction::to_client, "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
  log.on_sent({30, 0}, connection, sim::Direction::to_client,
              "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n");
  log.on_sent({40, 0}, connection, sim::Direction::to_client, "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  const std::vector<Message> messages = decoded(log);
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[1].kind, Message::Kind::push);
  EXPECT_EQ(messages[1].weight, Timeline::Weight::upkeep);
  EXPECT_EQ(messages[2].kind, Message::Kind::push);
  EXPECT_EQ(messages[2].weight, Timeline::Weight::matter);
  EXPECT_EQ(messages[2].keys, std::vector<Timeline::KeyIndex>{7});
  EXPECT_EQ(messages[3].kind, Message::Kind::reply);
  EXPECT_EQ(messages[3].answers, 0U);
}

TEST(MessageLog, WhatIsNoFrameEndsTheDecodingOfItsDirectionAlone) {
  MessageLog log;
  log.on_sent({10, 0}, connection, sim::Direction::to_server, "*1\r\n$4\r\nPING\r\n");
  log.on_sent({20, 0}, connection, sim::Direction::to_client, "+PONG\r\n\x01\x02nonsense\r\n+PONG\r\n");
  const std::vector<Message> messages = decoded(log);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[1].text, "PONG");
}

TEST(MessageLog, HostileBytesAreShownInAscii) {
  MessageLog log;
  log.on_sent({10, 0}, connection, sim::Direction::to_server, "*2\r\n$3\r\nGET\r\n$10\r\n\xff</script>\r\n");
  const std::vector<Message> messages = decoded(log);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].keys, std::vector<Timeline::KeyIndex>{8});
  EXPECT_TRUE(std::all_of(messages[0].text.begin(), messages[0].text.end(),
                          [](char each) { return each >= 0x20 && each < 0x7f; }))
      << messages[0].text;
}

// ---- entries

const Query get_k{"GET", "k"};
const Query get_l{"GET", "l"};
constexpr EntryLog::Holder holder{.client = 0, .store = 0, .cache = nullptr};
constexpr std::string_view key_k = "k";

TEST(EntryLog, AnEntryEndsWithTheFirstThingThatEndsIt) {
  EntryLog log;
  log.kept(1, 0, holder, Fill::none, get_k, "+a\r\n");
  log.kept(2, 0, holder, Fill::none, get_l, "+b\r\n");
  log.forgotten(3, holder, {&key_k, 1}, "told");
  log.all_forgotten(4, holder, "lost");
  ASSERT_EQ(log.entries().size(), 2U);
  EXPECT_EQ(log.entries()[0].until, 3);
  EXPECT_EQ(log.entries()[0].ended_by, "told");
  EXPECT_EQ(log.entries()[1].until, 4);
  EXPECT_EQ(log.entries()[1].ended_by, "lost");
}

TEST(EntryLog, WhoAnswersWithAnEntryHeldItOn) {
  EntryLog log;
  log.kept(1, 0, holder, Fill::none, get_k, "+a\r\n");
  log.forgotten(3, holder, {&key_k, 1}, "told");
  log.hit(5, holder, get_k);
  EXPECT_EQ(log.entries()[0].ended_by, "");
  log.kept(7, 0, holder, Fill::none, get_k, "+b\r\n");
  EXPECT_EQ(log.entries()[0].until, 7);
  log.missed(8, holder, get_k);
  EXPECT_EQ(log.entries()[1].until, 8);
}

TEST(EntryLog, WhatShouldHaveKeptAnEntryFromBeingServedIsKnown) {
  EntryLog log;
  log.kept(1, 0, holder, Fill::none, get_k, "+a\r\n");
  log.hit(2, holder, get_k);
  EXPECT_EQ(log.entries()[0].outlived, "");
  log.forgotten(3, holder, {&key_k, 1}, "told");
  log.hit(4, holder, get_k);
  EXPECT_EQ(log.entries()[0].outlived, "told");

  log.asked(holder, Fill{7}, get_k);
  log.asked(holder, Fill{8}, get_l);
  log.forgotten(5, holder, {&key_k, 1}, "told in between");
  log.kept(6, 0, holder, Fill{7}, get_k, "+b\r\n");
  log.kept(6, 0, holder, Fill{8}, get_l, "+b\r\n");
  EXPECT_EQ(log.entries()[1].outlived, "told in between");
  EXPECT_EQ(log.entries()[2].outlived, "");

  log.bypassed(holder, true);
  log.hit(9, holder, get_l);
  EXPECT_EQ(log.entries()[2].outlived, EntryLog::own_write);
}

TEST(EntryLog, StoresAreApartAndSharedOnesAreNot) {
  EntryLog log;
  const EntryLog::Holder friendly{.client = 1, .store = 0, .cache = nullptr};
  const EntryLog::Holder foreign{.client = 2, .store = 2, .cache = nullptr};
  log.kept(1, 0, holder, Fill::none, get_k, "+a\r\n");
  log.forgotten(2, foreign, {&key_k, 1}, "told");
  log.hit(3, friendly, get_k);
  EXPECT_EQ(log.entries()[0].ended_by, "");
  ASSERT_EQ(log.entries()[0].hits.size(), 1U);
  EXPECT_EQ(log.entries()[0].hits[0].client, 1U);
}

}  // namespace
}  // namespace trackside::testing
