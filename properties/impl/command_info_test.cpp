// Every row of the table of commands against what a live server says of itself: COMMAND, COMMAND LIST and COMMAND DOCS.
//
// What the rows claim beyond that is tried out in command_effects_test.cpp.
#include <algorithm>
#include <cctype>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client/command_info.hpp"
#include "properties/integration/asking.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {
namespace {

using client::CommandInfo;
using client::CommandKind;
using client::Condition;
using client::KeyPlaces;
using client::Recorded;

struct ServerCommand {
  std::string name;  // upper case, a subcommand behind a blank
  std::set<std::string> flags;
  std::set<std::string> categories;
  std::set<std::string> tips;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t step = 0;
  bool is_container = false;
};

/// "config|get" as the table has it.
std::string table_name(std::string_view name) {
  std::string out;
  for (const char letter : name) {
    out += letter == '|' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  return out;
}

std::set<std::string> words(ReplyView list) {
  std::set<std::string> out;
  for (const ReplyView word : list) {
    out.emplace(word.as_string().value());
  }
  return out;
}

void read_commands(ReplyView list, std::vector<ServerCommand>& out) {
  for (const ReplyView details : list) {
    out.push_back({.name = table_name(details[0].as_string().value()),
                   .flags = words(details[2]),
                   .categories = words(details[6]),
                   .tips = words(details[7]),
                   .first = details[3].as_integer().value(),
                   .last = details[4].as_integer().value(),
                   .step = details[5].as_integer().value(),
                   .is_container = details[9].size() > 0});
    read_commands(details[9], out);
  }
}

/// The commands of later servers than 7.0.
const std::set<std::string> newer = {
    "CLIENT NO-TOUCH", "CLIENT SETINFO", "CLUSTER MYSHARDID", "WAITAOF",      "HEXPIRE", "HEXPIREAT", "HEXPIRETIME",
    "HPERSIST",        "HPEXPIRE",       "HPEXPIREAT",        "HPEXPIRETIME", "HPTTL",   "HTTL"};

bool is_write(CommandKind kind) {
  return kind == CommandKind::write || kind == CommandKind::unknown_keys || kind == CommandKind::blocking;
}

class CommandTable : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.start();
    asking_ = std::make_unique<Asking>(server_.port());
    read_commands(asking_->ask(Command{"COMMAND"}), commands_);
    ASSERT_GT(commands_.size(), 300u);
    for (const CommandInfo& row : client::command_table()) {
      rows_.emplace(row.name);
    }
  }

  /// Calls `check` with each of the server's commands and its row.
  template <class Check>
  void for_each_known(const Check& check) {
    for (const ServerCommand& command : commands_) {
      const CommandInfo* const row = client::find_command(command.name);
      ASSERT_NE(row, nullptr) << command.name;
      SCOPED_TRACE(command.name);
      check(command, *row);
    }
  }

  RedisProcess server_;
  std::unique_ptr<Asking> asking_;
  std::vector<ServerCommand> commands_;
  std::set<std::string> rows_;
};

TEST_F(CommandTable, HasEveryCommandOfTheServerAndNoOther) {
  std::set<std::string> names = newer;
  for (const ServerCommand& command : commands_) {
    names.insert(command.name);
  }
  EXPECT_EQ(rows_, names);
  EXPECT_EQ(rows_.size(), client::command_table().size()) << "a name stands there twice";
}

TEST_F(CommandTable, AgreesWithWhatTheServerListsAndDocuments) {
  const Reply list = asking_->ask(Command{"COMMAND", "LIST"});
  std::size_t listed = 0;
  for (const ReplyView name : list.view()) {
    ++listed;
    EXPECT_TRUE(rows_.contains(table_name(name.as_string().value()))) << name.as_string().value();
  }
  EXPECT_GT(listed, 200u);

  const Reply documents = asking_->ask(Command{"COMMAND", "DOCS"});
  for (std::size_t at = 0; at < documents.size(); at += 2) {
    const std::string name = table_name(documents[at].as_string().value());
    EXPECT_TRUE(rows_.contains(name)) << name;
    const ReplyView document = documents[at + 1];
    for (std::size_t field = 0; field < document.size(); field += 2) {
      if (document[field].as_string().value() == "subcommands") {
        for (std::size_t under = 0; under < document[field + 1].size(); under += 2) {
          const std::string subcommand = table_name(document[field + 1][under].as_string().value());
          EXPECT_TRUE(rows_.contains(subcommand)) << subcommand;
        }
      }
    }
  }
}

TEST_F(CommandTable, KnowsContainers) {
  for_each_known([](const ServerCommand& command, const CommandInfo& row) {
    EXPECT_EQ(row.kind == CommandKind::container, command.is_container);
  });
}

TEST_F(CommandTable, WhatTheServerCallsAWriteIsTreatedAsOne) {
  // They change libraries of functions, and no key.
  const std::set<std::string> no_keys = {"FUNCTION DELETE", "FUNCTION FLUSH", "FUNCTION LOAD", "FUNCTION RESTORE"};
  std::size_t writes = 0;
  for_each_known([&](const ServerCommand& command, const CommandInfo& row) {
    if (command.flags.contains("write")) {
      ++writes;
      EXPECT_NE(is_write(row.kind), no_keys.contains(command.name));
    }
    // PFCOUNT writes what it counted into its key.
    if (row.kind == CommandKind::write && row.name != "PFCOUNT") {
      EXPECT_TRUE(command.flags.contains("write"));
    }
    // A write that may turn out to be none says so by its arguments, and the test of effects tries it.
    if (is_write(row.kind) && row.condition != Condition::always && !is_write(row.otherwise)) {
      EXPECT_TRUE(row.name == "XREAD" || row.condition == Condition::asked_to_store);
    }
  });
  EXPECT_GT(writes, 100u);
}

TEST_F(CommandTable, ReadsOfKeysAreRecordedAndNothingElse) {
  // The server leaves them to the commands that the script runs.
  const std::set<std::string> scripts = {"EVAL_RO", "EVALSHA_RO", "FCALL_RO"};
  std::size_t recorded = 0;
  for_each_known([&](const ServerCommand& command, const CommandInfo& row) {
    const bool has_keys = command.first != 0 || command.flags.contains("movablekeys");
    const bool expected = command.flags.contains("readonly") && has_keys && !scripts.contains(command.name);
    recorded += expected ? 1 : 0;
    EXPECT_EQ(row.recorded != Recorded::nothing, expected);
    EXPECT_EQ(row.recorded == Recorded::hash_read, expected && command.categories.contains("@hash"));
  });
  EXPECT_GT(recorded, 80u);
}

TEST_F(CommandTable, OnlyReadsThatFollowFromOneKeysValueAreCacheable) {
  std::size_t cacheable = 0;
  for_each_known([&](const ServerCommand& command, const CommandInfo& row) {
    if (row.kind != CommandKind::cacheable && row.kind != CommandKind::cacheable_many) {
      return;
    }
    ++cacheable;
    EXPECT_TRUE(command.flags.contains("readonly"));
    EXPECT_NE(row.recorded, Recorded::nothing);
    for (const char* const flag : {"movablekeys", "blocking", "may_replicate", "write"}) {
      EXPECT_FALSE(command.flags.contains(flag)) << flag;
    }
    EXPECT_FALSE(command.tips.contains("nondeterministic_output"));
    EXPECT_EQ(row.keys.first, 1);
    const bool several = row.kind == CommandKind::cacheable_many || row.condition == Condition::one_key;
    EXPECT_EQ(row.keys.last, several ? -1 : 1);
  });
  EXPECT_GT(cacheable, 40u);
}

TEST_F(CommandTable, FixedKeysStandWhereTheServerSaysTheyDo) {
  for_each_known([](const ServerCommand& command, const CommandInfo& row) {
    // Their keys are channels.
    if (row.name == "SPUBLISH" || row.name == "SSUBSCRIBE" || row.name == "SUNSUBSCRIBE") {
      EXPECT_EQ(row.keys.form, KeyPlaces::Form::none);
      return;
    }
    if (row.keys.form == KeyPlaces::Form::positions) {
      EXPECT_EQ(row.keys.first, command.first);
      EXPECT_EQ(row.keys.last, command.last);
      EXPECT_EQ(row.keys.step, command.step);
    }
    // SORT_RO's other keys depend on what the first one holds.
    const bool movable = command.flags.contains("movablekeys") && row.name != "SORT_RO";
    EXPECT_EQ(row.keys.form != KeyPlaces::Form::none && row.keys.form != KeyPlaces::Form::positions,
              movable || row.name == "DEBUG");
    EXPECT_EQ(row.keys.form != KeyPlaces::Form::none, movable || command.first != 0 || row.name == "DEBUG");
  });
}

TEST_F(CommandTable, WhatMayBlockNeverSharesALink) {
  std::size_t blocking = 0;
  for_each_known([&](const ServerCommand& command, const CommandInfo& row) {
    blocking += row.kind == CommandKind::blocking ? 1 : 0;
    EXPECT_EQ(row.kind == CommandKind::blocking,
              command.flags.contains("blocking") && row.kind != CommandKind::session);
  });
  EXPECT_EQ(blocking, 10u);
}

}  // namespace
}  // namespace trackside::testing
