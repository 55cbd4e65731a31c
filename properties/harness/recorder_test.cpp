// The recorder tells the model what happened: here, what is one command, as one read for each key that it asks for.
#include "properties/testing/judging/recorder.hpp"

#include <memory>

#include <gtest/gtest.h>

#include "model/rules.hpp"
#include "sim/redis/value.hpp"

namespace trackside::testing {
namespace {

using model::Promise;
using sim::redis::Value;

constexpr std::string_view nil = "_\r\n";

/// A server's history, and one client that asks.
struct Recording {
  Recording() {
    recorder.add_client(
        {.max_idle = 5 * sim::second, .staleness_max = 5 * sim::second, .command_timeout = 2 * sim::second});
    recorder.history().healthy_at_end.push_back(1);
    recorder.history().leftovers_at_end.push_back(0);
    recorder.history().claims_at_end.push_back({});
  }

  void holds(std::string_view key, sim::Instant since, Value value) {
    recorder.on_change({.at = since,
                        .database = 0,
                        .key = key,
                        .value = std::make_shared<Value>(std::move(value)),
                        .expires_at = -1,
                        .by = sim::redis::SessionId::none,
                        .cause = 0});
  }

  std::uint32_t asks(std::vector<std::string> words, sim::Instant now) {
    return recorder.invoke({.id = 7, .at = now, .actor = {}, .words = std::move(words)}, 0, now, false);
  }

  void gets(std::uint32_t operation, sim::Instant now, std::string_view frame,
            model::Ending ending = model::Ending::reply, model::Source source = model::Source::mixed) {
    recorder.complete(operation, now,
                      {.ending = ending, .source = source, .frame = frame, .healthy = true, .link_alive = true});
  }
  void gets_from_the_server(std::uint32_t operation, sim::Instant now, std::string_view frame) {
    gets(operation, now, frame, model::Ending::reply, model::Source::server);
  }

  std::optional<model::Violation> broken(Promise promise) {
    model::require_consistent(recorder.history());
    return model::check(promise, recorder.history(), recorder).violation;
  }

  Recorder recorder;
};

std::string array(std::initializer_list<std::string_view> elements) {
  std::string frame = "*" + std::to_string(elements.size()) + "\r\n";
  for (const std::string_view element : elements) {
    frame += element;
  }
  return frame;
}

TEST(Recorder, AnMgetIsAReadOfEachOfItsKeys) {
  Recording recording;
  recording.holds("k", sim::second, {std::string{"v1"}});
  recording.holds("h", sim::second, {sim::redis::Hash{{{"f", "v"}}}});
  const auto asked = recording.asks({"mget", "k", "none", "h", "k"}, 2 * sim::second);
  recording.gets(asked, 3 * sim::second, array({"$2\r\nv1\r\n", nil, nil, "$2\r\nv1\r\n"}));
  const auto& operations = recording.recorder.history().operations;
  ASSERT_EQ(operations.size(), 4u);
  EXPECT_EQ(operations[0].reply, "*1\r\n$2\r\nv1\r\n");
  EXPECT_EQ(operations[1].reply, "*1\r\n_\r\n");
  EXPECT_EQ(operations[0].query, operations[3].query) << "a key named twice is asked for twice";
  EXPECT_EQ(operations[3].group, asked);
  EXPECT_EQ(recording.recorder.question_text(asked), "MGET k none h k");
  EXPECT_FALSE(recording.broken(Promise::integrity)) << "what holds no string is nil to MGET";
  EXPECT_FALSE(recording.broken(Promise::one_answer));
}

TEST(Recorder, AMixtureOfTwoMomentsIsFound) {
  Recording recording;
  recording.holds("k", 1 * sim::second, {std::string{"k1"}});
  recording.holds("k", 2 * sim::second, {std::string{"k2"}});
  recording.holds("l", 3 * sim::second, {std::string{"l1"}});
  const auto asked = recording.asks({"MGET", "k", "l"}, 4 * sim::second);
  recording.gets(asked, 4 * sim::second, array({"$2\r\nk1\r\n", "$2\r\nl1\r\n"}));
  const auto violation = recording.broken(Promise::integrity);
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->operation, asked + 1);
  EXPECT_FALSE(recording.broken(Promise::bounded_staleness));
}

TEST(Recorder, AReplyOfAnotherLengthAnswersNoKey) {
  for (const auto& frame : {array({nil}), array({nil, nil, nil}), std::string{nil}, std::string{}}) {
    Recording recording;
    const auto asked = recording.asks({"MGET", "k", "l"}, sim::second);
    recording.gets(asked, 2 * sim::second, frame);
    EXPECT_TRUE(recording.broken(Promise::integrity)) << frame;
  }
}

TEST(Recorder, AnMgetThatFailsFailsForEveryKey) {
  for (const auto ending : {model::Ending::error_reply, model::Ending::failed}) {
    Recording recording;
    const auto asked = recording.asks({"MGET", "k", "l"}, sim::second);
    recording.gets(asked, 2 * sim::second, "-LOADING wait\r\n", ending);
    EXPECT_EQ(recording.recorder.history().operations[asked + 1].ending, ending);
    EXPECT_FALSE(recording.broken(Promise::integrity));
    EXPECT_FALSE(recording.broken(Promise::one_answer));
  }
}

TEST(Recorder, ASecondAnswerToAnMgetIsOneTooMany) {
  Recording recording;
  const auto asked = recording.asks({"MGET", "k", "l"}, sim::second);
  recording.gets(asked, 2 * sim::second, array({nil, nil}));
  recording.gets(asked, 2 * sim::second, array({nil, nil}));
  const auto violation = recording.broken(Promise::one_answer);
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->operation, asked);
}

TEST(Recorder, ATransactionIsAWriteAndAReadForEachOfItsReads) {
  Recording recording;
  recording.holds("k", sim::second, {std::string{"v1"}});
  recording.holds("h", sim::second, {sim::redis::Hash{{{"f", "v"}}}});
  const auto asked = recording.asks({"SET", "l", "v7", ";", "GET", "k", ";", "GET", "h"}, 2 * sim::second);
  recording.gets_from_the_server(asked, 3 * sim::second,
                                 array({"+OK\r\n", "$2\r\nv1\r\n", "-WRONGTYPE no string\r\n"}));
  const auto& operations = recording.recorder.history().operations;
  ASSERT_EQ(operations.size(), 3u);
  EXPECT_EQ(operations[asked].kind, model::OperationKind::write);
  EXPECT_EQ(operations[1].kind, model::OperationKind::read);
  EXPECT_EQ(operations[1].reply, "$2\r\nv1\r\n");
  EXPECT_EQ(operations[1].ending, model::Ending::reply);
  EXPECT_EQ(operations[2].ending, model::Ending::error_reply);
  EXPECT_FALSE(recording.broken(Promise::integrity));
  EXPECT_FALSE(recording.broken(Promise::one_answer));
}

TEST(Recorder, WhatATransactionReadIsNotUnseenAgain) {
  Recording recording;
  recording.holds("k", 1 * sim::second, {std::string{"v1"}});
  recording.holds("k", 3 * sim::second, {std::string{"v2"}});
  const auto asked = recording.asks({"GET", "k", ";", "EXISTS", "k"}, 4 * sim::second);
  recording.gets_from_the_server(asked, 4 * sim::second, array({"$2\r\nv2\r\n", ":1\r\n"}));
  const auto again = recording.asks({"GET", "k"}, 5 * sim::second);
  recording.gets(again, 5 * sim::second, "$2\r\nv1\r\n");
  const auto violation = recording.broken(Promise::monotonic_reads);
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->operation, again);
}

TEST(Recorder, ATransactionIsOneMoment) {
  Recording recording;
  recording.holds("k", 1 * sim::second, {std::string{"k1"}});
  const auto asked = recording.asks({"GET", "k", ";", "GET", "l"}, 2 * sim::second);
  recording.holds("k", 3 * sim::second, {std::string{"k2"}});
  recording.holds("l", 4 * sim::second, {std::string{"l1"}});
  recording.gets_from_the_server(asked, 5 * sim::second, array({"$2\r\nk1\r\n", "$2\r\nl1\r\n"}));
  EXPECT_TRUE(recording.broken(Promise::integrity));
}

TEST(Recorder, ATransactionThatFailsSaysNothingOfItsReads) {
  for (const auto ending : {model::Ending::error_reply, model::Ending::failed}) {
    Recording recording;
    const auto asked = recording.asks({"GET", "k", ";", "GET", "l"}, sim::second);
    recording.gets(asked, 2 * sim::second, "-EXECABORT\r\n", ending);
    EXPECT_EQ(recording.recorder.history().operations[asked + 2].ending, ending);
    EXPECT_FALSE(recording.broken(Promise::integrity));
  }
}

TEST(Recorder, ATransactionsAnswerOfAnotherLengthAnswersNoRead) {
  Recording recording;
  const auto asked = recording.asks({"GET", "k", ";", "GET", "l"}, sim::second);
  recording.gets_from_the_server(asked, 2 * sim::second, array({nil}));
  EXPECT_TRUE(recording.broken(Promise::integrity));
}

}  // namespace
}  // namespace trackside::testing
