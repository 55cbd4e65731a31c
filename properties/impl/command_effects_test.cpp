// What the table of commands claims, tried out on a live server: where keys stand, what commands change, and which
// reads are recorded for tracking. Each claim is made about all invocations of command_samples.cpp.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "client/command_info.hpp"
#include "properties/impl/command_samples.hpp"
#include "properties/integration/asking.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {
namespace {

using client::Classified;
using client::CommandInfo;
using client::CommandKind;
using client::KeyPlaces;

using Names = std::multiset<std::string>;

Names named_keys(const Command& command) {
  client::Keys keys;
  client::keys_of(command, client::classify(command), keys);
  return {keys.begin(), keys.end()};
}

Names words(ReplyView list) {
  Names out;
  for (const ReplyView word : list) {
    out.emplace(word.as_string().value());
  }
  return out;
}

Command get_keys(const Command& command) {
  Command question{"COMMAND", "GETKEYS"};
  for (std::size_t at = 0; at < command.size(); ++at) {
    question.add(command[at]);
  }
  return question;
}

class CommandEffects : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.start();
    asking_ = std::make_unique<Asking>(server_.port());
  }

  void fill() {
    (void)asking_->ask(Command{"FLUSHALL"});
    for (const std::string_view sample : database_samples()) {
      ASSERT_FALSE(asking_->ask(command_from_sample(sample)).view().is_error()) << sample;
    }
  }

  /// Every key of database 0 with what it holds and when it expires.
  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> out;
    for (const std::string& key : words(asking_->ask(Command{"KEYS", "*"}))) {
      out[key] = std::string{asking_->ask(Command{"DUMP", key}).view().frame()} +
                 std::string{asking_->ask(Command{"PEXPIRETIME", key}).view().frame()};
    }
    return out;
  }

  RedisProcess server_;
  std::unique_ptr<Asking> asking_;
};

TEST_F(CommandEffects, SamplesCoverEveryCommandWithKeys) {
  std::set<std::string_view> seen;
  for (const std::string_view sample : command_samples()) {
    seen.insert(client::classify(command_from_sample(sample)).name);
  }
  for (const CommandInfo& row : client::command_table()) {
    // DEBUG is switched off, and commands that this server does not know cannot be tried.
    const bool known = !asking_->ask(Command{"COMMAND", "INFO", row.name.substr(0, row.name.find(' '))})[0].is_null();
    if (row.keys.form != KeyPlaces::Form::none && row.name != "DEBUG" && known) {
      EXPECT_TRUE(seen.contains(row.name)) << row.name;
    }
  }
  EXPECT_GT(command_samples().size(), 200u);
}

TEST_F(CommandEffects, KeysAreThoseThatTheServerFinds) {
  for (const std::string_view sample : command_samples()) {
    const Command command = command_from_sample(sample);
    const Reply found = asking_->ask(get_keys(command));
    // Its way of saying that there are none.
    const bool none = found.view().is_error() && to_text(found).find("no key arguments") != std::string::npos;
    ASSERT_TRUE(none || found.view().type() == ReplyType::array) << sample << ": " << to_text(found);
    EXPECT_EQ(named_keys(command), none ? Names{} : words(found)) << sample;
  }
}

TEST_F(CommandEffects, OnlyNamedKeysChangeAndOnlyByWrites) {
  std::size_t tried = 0;
  for (const std::string_view sample : command_samples()) {
    const Command command = command_from_sample(sample);
    const CommandKind kind = client::classify(command).kind;
    if (kind == CommandKind::unknown_keys || kind == CommandKind::session) {
      continue;
    }
    fill();
    const auto before = contents();
    (void)asking_->ask(command);
    auto after = contents();
    const bool may_write = kind == CommandKind::write || kind == CommandKind::blocking;
    for (const std::string& key : may_write ? named_keys(command) : Names{}) {
      after.erase(key);
      if (const auto was = before.find(key); was != before.end()) {
        after.insert(*was);
      }
    }
    ++tried;
    EXPECT_EQ(before, after) << sample;
  }
  EXPECT_GT(tried, 200u);
}

TEST_F(CommandEffects, TheServerTellsOfEveryKeyWhoseReadIsRecordedAndOfNoOther) {
  Asking reader{server_.port()};
  (void)reader.ask(Command{"HELLO", "3"});
  (void)reader.ask(Command{"CLIENT", "TRACKING", "ON"});
  std::set<std::string_view> told;
  for (const std::string_view sample : command_samples()) {
    const Command command = command_from_sample(sample);
    const Classified classified = client::classify(command);
    fill();
    (void)reader.take_invalidated();
    const Reply reply = reader.ask(command);
    if (classified.kind == CommandKind::session) {
      (void)reader.ask(Command{"UNWATCH"});
    }
    (void)reader.take_invalidated();

    std::set<std::string> expected;
    for (const std::string& key : named_keys(command)) {
      (void)asking_->ask(Command{"DEL", key});
      (void)asking_->ask(Command{"SET", key, "changed"});
      if (client::is_recorded(classified)) {
        expected.insert(key);
      }
    }
    EXPECT_EQ(reader.take_invalidated(), expected) << sample;
    if (classified.kind == CommandKind::cacheable || classified.kind == CommandKind::cacheable_many) {
      told.insert(classified.name);
      EXPECT_FALSE(reply.view().is_error()) << sample << ": " << to_text(reply);
    }
  }
  for (const CommandInfo& row : client::command_table()) {
    const bool cacheable = row.kind == CommandKind::cacheable || row.kind == CommandKind::cacheable_many;
    EXPECT_TRUE(!cacheable || told.contains(row.name)) << row.name;
  }
}

TEST_F(CommandEffects, AnElementOfMgetIsWhatGetAnswersButForOtherTypes) {
  fill();
  const Command command{"MGET", "string", "absent", "list", "number", "string"};
  ASSERT_EQ(client::classify(command).kind, CommandKind::cacheable_many);
  const Reply all = asking_->ask(command);
  ASSERT_EQ(all.size(), command.size() - 1);
  for (std::size_t at = 1; at < command.size(); ++at) {
    const Reply one = asking_->ask(Command{"GET", command[at]});
    EXPECT_EQ(to_text(all[at - 1]), one.view().is_error() ? to_text(ReplyView{}) : to_text(one)) << command[at];
  }
}

/// XREADGROUP takes its options in any order; COMMAND GETKEYS does not, so the stream itself is asked.
TEST_F(CommandEffects, AGroupMayBeCalledStreams) {
  fill();
  ASSERT_FALSE(asking_->ask(Command{"XGROUP", "CREATE", "stream", "STREAMS", "0"}).view().is_error());
  const auto before = contents();
  const Command command = command_from_sample("XREADGROUP COUNT 2 GROUP STREAMS BLOCK NOACK STREAMS stream >");
  EXPECT_FALSE(asking_->ask(command).view().is_error());
  EXPECT_EQ(named_keys(command), Names{"stream"});
  EXPECT_NE(contents().at("stream"), before.at("stream"));
}

/// Whatever the arguments, a key that the server finds is found. XREAD and XREADGROUP are left out: there it looks for
/// the first word STREAMS, though that may be an option's argument.
TEST_F(CommandEffects, NoKeyThatTheServerFindsIsMissed) {
  rc::check("whatever the arguments", [this] {
    const auto arguments = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "a", "b", "c", "", "0", "1", "2", "3", "9", "-1", "x2", "STORE", "storedist", "KEYS", "keys", "AUTH", "AUTH2",
        "COPY", "BY", "GET", "LIMIT", "COUNT", "LEFT", "MIN", "WEIGHTS", "BLOCK", "DB", "BIT"));
    for (const CommandInfo& row : client::command_table()) {
      if (row.keys.form == KeyPlaces::Form::none || row.keys.form == KeyPlaces::Form::streams) {
        continue;
      }
      Command command = command_from_sample(row.name);
      for (const std::string& argument : arguments) {
        command.add(argument);
      }
      const Reply found = asking_->ask(get_keys(command));
      const Names named = named_keys(command);
      for (const std::string& key : found.view().is_error() ? Names{} : words(found)) {
        if (!named.contains(key)) {
          RC_FAIL(std::string{row.name} + " names a key of " + to_text(found) + " that is missing");
        }
      }
    }
  });
}

}  // namespace
}  // namespace trackside::testing
