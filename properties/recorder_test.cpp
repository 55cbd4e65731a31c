// The recorder tells the model what happened: here, a read of several keys as one read for each of them.
#include "properties/testing/recorder.hpp"

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
            model::Ending ending = model::Ending::reply) {
    recorder.complete(operation, now,
                      {.ending = ending, .source = model::Source::mixed, .frame = frame, .healthy = true,
                       .link_alive = true});
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

}  // namespace
}  // namespace trackside::testing
