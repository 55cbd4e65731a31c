// What commands are and which keys they name, as far as their arguments decide; and that nothing in these is trusted.
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "client/command_info.hpp"
#include "properties/impl/command_samples.hpp"

namespace trackside::testing {
namespace {

using client::CommandInfo;
using client::CommandKind;

std::string keys_in(std::string_view text) {
  const Command command = command_from_sample(text);
  client::Keys keys;
  client::keys_of(command, client::classify(command), keys);
  std::string out;
  for (const std::string_view key : keys) {
    out += (out.empty() ? "" : " ") + (key.empty() ? std::string{"\"\""} : std::string{key});
  }
  return out;
}

CommandKind kind_of(std::string_view text) { return client::classify(command_from_sample(text)).kind; }

TEST(CommandKeys, ACountIsCutToTheArgumentsThatThereAre) {
  EXPECT_EQ(keys_in("EVAL script 2 a b c"), "a b");
  EXPECT_EQ(keys_in("EVAL script 3 a b"), "a b");
  EXPECT_EQ(keys_in("EVAL script 0 a"), "");
  EXPECT_EQ(keys_in("ZUNION 18446744073709551616 a b"), "a b");
  EXPECT_EQ(keys_in("ZUNION 18446744073709551617 a b"), "a b");
  EXPECT_EQ(keys_in("LMPOP 99999999999999999999999999999999999999 a LEFT"), "a LEFT");
  EXPECT_EQ(keys_in("ZINTERSTORE d 9 a b"), "d a b");
}

TEST(CommandKeys, ACountThatIsNoneCountsEverything) {
  EXPECT_EQ(keys_in("EVAL script -1 a b"), "a b");
  EXPECT_EQ(keys_in("EVAL script two a b"), "a b");
  EXPECT_EQ(keys_in("FCALL name \"\" a b"), "a b");
  EXPECT_EQ(keys_in("SINTERCARD 1x a b"), "a b");
  EXPECT_EQ(keys_in("BLMPOP 0 +1 a b"), "a b");
}

TEST(CommandKeys, WhatIsMissingIsNotNamed) {
  for (const char* const text :
       {"EVAL", "EVAL script", "EVAL script 1", "LMPOP", "BZMPOP 0", "GET", "MSET", "XREAD", "XREAD STREAMS", "BLPOP",
        "BITOP AND", "MIGRATE host 1", "SORT", "OBJECT", "OBJECT ENCODING", "XGROUP CREATE", "DEBUG OBJECT"}) {
    EXPECT_EQ(keys_in(text), "") << text;
  }
  EXPECT_EQ(keys_in("ZUNIONSTORE d"), "d");
  EXPECT_EQ(keys_in("RENAME a"), "a");
  EXPECT_EQ(keys_in("MSET a 1 b"), "a b");
  EXPECT_EQ(keys_in("XREAD STREAMS a b 0"), "a b");
  EXPECT_EQ(keys_in("SORT a STORE"), "a");
  EXPECT_EQ(keys_in("MIGRATE host 1 \"\" 0 5 KEYS"), "");
  EXPECT_EQ(keys_in("GET \"\""), "\"\"");
}

TEST(CommandKeys, OptionsAreTakenForWhatTheyAre) {
  EXPECT_EQ(keys_in("XREADGROUP GROUP STREAMS STREAMS BLOCK 0 STREAMS a >"), "a");
  EXPECT_EQ(keys_in("XREADGROUP NOACK COUNT 2 GROUP STREAMS c streams a b > >"), "a b");
  EXPECT_EQ(keys_in("MIGRATE host 1 \"\" 0 5 AUTH KEYS"), "\"\"");
  EXPECT_EQ(keys_in("MIGRATE host 1 \"\" 0 5 AUTH2 KEYS KEYS KEYS a b"), "a b");
  EXPECT_EQ(keys_in("MIGRATE host 1 a 0 5 KEYS b"), "a b");
  EXPECT_EQ(keys_in("SORT a STORE b STORE c"), "a b c");
  EXPECT_EQ(keys_in("GEORADIUS a 1 2 3 m STORE b STOREDIST c"), "a b c");
  EXPECT_EQ(keys_in("GEORADIUSBYMEMBER a STORE 3 m"), "a");
  EXPECT_EQ(keys_in("SORT a BY STORE GET # STORE b"), "a GET b");  // one too many rather than one too few
}

TEST(CommandKeys, AnUnknownCommandNamesAllItsArguments) {
  EXPECT_EQ(keys_in("JSON.GET a b"), "a b");
  EXPECT_EQ(keys_in("OBJECT NEWER a"), "NEWER a");
  EXPECT_EQ(keys_in("DEBUG DIGEST-VALUE a b"), "a b");
  EXPECT_EQ(keys_in("JSON.GET"), "");
}

TEST(CommandKeys, NewerCommandsNameTheirs) {
  EXPECT_EQ(keys_in("HEXPIRE a 10 FIELDS 1 f"), "a");
  EXPECT_EQ(keys_in("HPTTL a FIELDS 1 f"), "a");
  EXPECT_EQ(keys_in("WAITAOF 1 0 5"), "");
}

TEST(CommandKeys, AreAlwaysAmongTheArguments) {
  rc::check("whatever the arguments", [] {
    const auto arguments = *rc::gen::container<std::vector<std::string>>(
        rc::gen::oneOf(rc::gen::element<std::string>("", "a", "-1", "2", "9999999999999999999999", "STREAMS", "STORE",
                                                     "KEYS", "AUTH2", "GROUP", "BLOCK", "COUNT", "OBJECT"),
                       rc::gen::arbitrary<std::string>()));
    for (const CommandInfo& row : client::command_table()) {
      Command command = command_from_sample(row.name);
      for (const std::string& argument : arguments) {
        command.add(argument);
      }
      client::Keys keys;
      client::keys_of(command, client::classify(command), keys);
      RC_ASSERT(keys.size() < command.size());
      const std::less_equal<> before;
      for (const std::string_view key : keys) {
        const std::string_view last = command[command.size() - 1];
        RC_ASSERT(before(command[1].data(), key.data()));
        RC_ASSERT(before(key.data() + key.size(), last.data() + last.size()));
      }
    }
  });
}

TEST(CommandClass, LettersDoNotMatterAndUnknownCommandsMayDoAnything) {
  EXPECT_EQ(client::classify(command_from_sample("gEt k")).name, "GET");
  EXPECT_EQ(kind_of("client tracking off"), CommandKind::session);
  EXPECT_EQ(kind_of("NEW.COMMAND k"), CommandKind::unknown_keys);
  EXPECT_EQ(kind_of("JSON.GET k"), CommandKind::unknown_keys);
  EXPECT_EQ(client::classify(Command{std::string(1000, 'X')}).kind, CommandKind::unknown_keys);
  EXPECT_EQ(client::classify(Command{std::string(32, 'X'), "k"}).kind, CommandKind::unknown_keys);
  EXPECT_EQ(client::classify(Command{"CLUSTER", std::string(1000, 'X')}).kind, CommandKind::unknown_keys);
  EXPECT_EQ(client::classify(Command{std::string_view{"GET\0", 4}, "k"}).kind, CommandKind::unknown_keys);
  EXPECT_EQ(client::classify(Command{""}).kind, CommandKind::unknown_keys);
  EXPECT_EQ(kind_of("GET"), CommandKind::plain);
  EXPECT_EQ(kind_of("MGET"), CommandKind::plain);
}

TEST(CommandClass, EveryRowIsFoundByItsName) {
  for (const CommandInfo& row : client::command_table()) {
    EXPECT_EQ(client::find_command(row.name), &row) << row.name;
    EXPECT_EQ(client::classify(command_from_sample(row.name)).name, row.name);
  }
}

TEST(CommandClass, SubcommandsThatNobodyKnowsMayDoAnything) {
  EXPECT_EQ(kind_of("OBJECT HELP"), CommandKind::plain);
  EXPECT_EQ(kind_of("OBJECT"), CommandKind::plain);
  EXPECT_EQ(kind_of("XGROUP NEWER k"), CommandKind::unknown_keys);
  // It could change what the link depends on.
  EXPECT_EQ(kind_of("CLIENT NEWER"), CommandKind::session);
  EXPECT_EQ(kind_of("CLIENT \"\""), CommandKind::session);
}

TEST(CommandClass, ArgumentsDecideWhereTheyMust) {
  EXPECT_EQ(kind_of("EXISTS a"), CommandKind::cacheable);
  EXPECT_EQ(kind_of("EXISTS a b"), CommandKind::plain);
  EXPECT_EQ(kind_of("MGET a"), CommandKind::cacheable_many);
  EXPECT_EQ(kind_of("COPY a b"), CommandKind::write);
  EXPECT_EQ(kind_of("COPY a b replace db 0"), CommandKind::unknown_keys);
  EXPECT_EQ(kind_of("SORT a BY w_* GET #"), CommandKind::plain);
  EXPECT_EQ(kind_of("SORT a store b"), CommandKind::write);
  EXPECT_EQ(kind_of("GEORADIUS a 1 2 3 m ASC"), CommandKind::plain);
  EXPECT_EQ(kind_of("GEORADIUSBYMEMBER a b 3 m storedist c"), CommandKind::write);
  EXPECT_EQ(kind_of("XREAD STREAMS a 0"), CommandKind::plain);
  EXPECT_EQ(kind_of("XREAD block 0 STREAMS a $"), CommandKind::blocking);
  EXPECT_EQ(kind_of("XREADGROUP GROUP g c STREAMS a >"), CommandKind::write);
  EXPECT_EQ(kind_of("XREADGROUP BLOCK 0 GROUP g c STREAMS a >"), CommandKind::blocking);
  EXPECT_EQ(kind_of("LMPOP 1 a LEFT"), CommandKind::write);
  EXPECT_EQ(kind_of("MOVE a 1"), CommandKind::unknown_keys);
}

TEST(CommandClass, OnlyReadsOfHashesReadHashes) {
  const auto reads_hash = [](std::string_view text) {
    return client::reads_hash(client::classify(command_from_sample(text)));
  };
  EXPECT_TRUE(reads_hash("HGET k f"));
  EXPECT_TRUE(reads_hash("hgetall k"));
  EXPECT_FALSE(reads_hash("HSET k f v"));
  EXPECT_FALSE(reads_hash("HELLO"));
  EXPECT_FALSE(reads_hash("GET k"));
  EXPECT_FALSE(reads_hash("HNEWER k"));
}

}  // namespace
}  // namespace trackside::testing
