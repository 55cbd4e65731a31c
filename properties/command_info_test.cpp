// The table of commands against a live server's own: COMMAND for kinds and positions, COMMAND GETKEYSANDFLAGS for what
// real invocations write.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client/command_info.hpp"
#include "properties/conversation.hpp"
#include "properties/integration/redis_process.hpp"
#include "resp/frame_buffer.hpp"

namespace trackside::testing {
namespace {

using client::Classified;
using client::CommandKind;

/// A blocking connection that asks one thing at a time.
class Asking {
 public:
  explicit Asking(std::uint16_t port) : socket_(connect_loopback(port)) {}
  ~Asking() { ::close(socket_); }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  Reply ask(const Command& command) {
    std::string bytes;
    command.encode(bytes);
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    for (;;) {
      const auto found = frames_.next();
      if (found.status == resp::FrameBuffer::Status::frame) {
        return Reply{found.frame};
      }
      char buffer[65536];
      const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count <= 0 || found.status == resp::FrameBuffer::Status::error) {
        ADD_FAILURE() << "the server went away";
        return {};
      }
      frames_.feed({buffer, static_cast<std::size_t>(count)});
    }
  }

 private:
  int socket_;
  resp::FrameBuffer frames_{ReplyLimits{}};
};

struct ServerCommand {
  std::string name;  // upper case, a subcommand behind a blank
  std::int64_t arity = 0;
  std::set<std::string> flags;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t step = 0;
  bool is_container = false;
};

void read_commands(ReplyView list, std::vector<ServerCommand>& out) {
  for (const ReplyView details : list) {
    ServerCommand command;
    for (const char letter : details[0].as_string().value()) {
      command.name += letter == '|' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    command.arity = details[1].as_integer().value();
    for (const ReplyView flag : details[2]) {
      command.flags.emplace(flag.as_string().value());
    }
    command.first = details[3].as_integer().value();
    command.last = details[4].as_integer().value();
    command.step = details[5].as_integer().value();
    command.is_container = details[9].size() > 0;
    out.push_back(std::move(command));
    read_commands(details[9], out);
  }
}

/// The command with as many arguments as it needs at least; a container without a subcommand.
Classified classified(const ServerCommand& of) {
  Command command = command_of(of.name);
  const auto least = of.is_container ? 0 : static_cast<std::size_t>(std::abs(of.arity));
  while (command.size() < least) {
    command.add("x");
  }
  return client::classify(command);
}

class CommandInfo : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.start();
    asking_ = std::make_unique<Asking>(server_.port());
    const Reply all = asking_->ask(Command{"COMMAND"});
    read_commands(all, commands_);
    ASSERT_GT(commands_.size(), 300u);
  }

  RedisProcess server_;
  std::unique_ptr<Asking> asking_;
  std::vector<ServerCommand> commands_;
};

TEST_F(CommandInfo, KnowsEveryCommandOfTheServer) {
  for (const ServerCommand& command : commands_) {
    if (!command.name.ends_with(" HELP")) {
      EXPECT_NE(classified(command).info, nullptr) << command.name;
    }
  }
}

TEST_F(CommandInfo, WhatTheServerCallsAWriteIsTreatedAsOne) {
  // They change libraries of functions, and no key.
  const std::set<std::string> no_keys = {"FUNCTION DELETE", "FUNCTION FLUSH", "FUNCTION LOAD", "FUNCTION RESTORE"};
  std::size_t writes = 0;
  for (const ServerCommand& command : commands_) {
    const CommandKind kind = classified(command).kind;
    if (command.flags.contains("write") && !no_keys.contains(command.name)) {
      ++writes;
      EXPECT_TRUE(kind == CommandKind::write || kind == CommandKind::unknown_keys || kind == CommandKind::blocking)
          << command.name;
    }
    // It writes what it counted into its key.
    if (kind == CommandKind::write && command.name != "PFCOUNT") {
      EXPECT_TRUE(command.flags.contains("write")) << command.name;
    }
  }
  EXPECT_GT(writes, 100u);
}

TEST_F(CommandInfo, OnlyReadsOfOneKeyAreCacheable) {
  std::size_t cacheable = 0;
  for (const ServerCommand& command : commands_) {
    if (classified(command).kind == CommandKind::cacheable) {
      ++cacheable;
      EXPECT_TRUE(command.flags.contains("readonly")) << command.name;
      EXPECT_FALSE(command.flags.contains("movablekeys")) << command.name;
      EXPECT_EQ(command.first, 1) << command.name;
      EXPECT_EQ(command.step, 1) << command.name;
      EXPECT_EQ(command.last, command.name == "EXISTS" ? -1 : 1) << command.name;
    }
  }
  EXPECT_GT(cacheable, 40u);
  EXPECT_EQ(client::classify(command_of("EXISTS a b")).kind, CommandKind::plain);
}

TEST_F(CommandInfo, KeysStandWhereTheServerSaysTheyDo) {
  for (const ServerCommand& command : commands_) {
    const Classified found = classified(command);
    const bool listed = found.kind == CommandKind::write ||
                        (found.kind == CommandKind::blocking && found.info->step != 0);
    if (listed) {
      EXPECT_EQ(found.info->first, command.first) << command.name;
      EXPECT_EQ(found.info->last, command.last) << command.name;
      EXPECT_EQ(found.info->step, command.step) << command.name;
    }
  }
}

TEST_F(CommandInfo, WhatMayBlockNeverSharesALink) {
  for (const ServerCommand& command : commands_) {
    const Classified found = classified(command);
    if (found.kind == CommandKind::blocking) {
      EXPECT_TRUE(command.flags.contains("blocking")) << command.name;
    }
    if (command.flags.contains("blocking")) {
      const bool only_when_asked = command.name == "XREAD" || command.name == "XREADGROUP";
      EXPECT_TRUE(only_when_asked || found.kind == CommandKind::blocking || found.kind == CommandKind::session)
          << command.name;
    }
  }
  EXPECT_EQ(client::classify(command_of("XREAD block 0 STREAMS s $")).kind, CommandKind::blocking);
  EXPECT_EQ(client::classify(command_of("XREADGROUP GROUP g c BLOCK 0 STREAMS s >")).kind, CommandKind::blocking);
}

TEST_F(CommandInfo, AWriteListsEveryKeyThatItWrites) {
  const char* const samples[] = {
      "APPEND k v", "BITFIELD k SET u8 0 1", "BITOP AND d a b", "BLMOVE a b LEFT LEFT 0", "BLMPOP 0 2 a b LEFT",
      "BLPOP a b 0", "BRPOP a 0", "BRPOPLPUSH a b 0", "BZMPOP 0 2 a b MIN", "BZPOPMAX a b 0", "BZPOPMIN a 0",
      "DECR k", "DECRBY k 2", "DEL a b c", "EXPIRE k 5", "EXPIREAT k 5", "GEOADD k 1 2 m",
      "GEOSEARCHSTORE d s FROMLONLAT 1 2 BYRADIUS 3 m", "GETDEL k", "GETEX k PERSIST", "GETSET k v", "HDEL k a b",
      "HINCRBY k f 1", "HINCRBYFLOAT k f 1", "HMSET k f v", "HSET k f v g w", "HSETNX k f v", "INCR k", "INCRBY k 1",
      "INCRBYFLOAT k 1", "LINSERT k BEFORE a b", "LMOVE a b LEFT RIGHT", "LPOP k 2", "LPUSH k a b", "LPUSHX k a",
      "LREM k 0 a", "LSET k 0 a", "LTRIM k 0 1", "MSET a 1 b 2 c 3", "MSETNX a 1 b 2", "PERSIST k", "PEXPIRE k 5",
      "PEXPIREAT k 5", "PFADD k a", "PFCOUNT a b", "PFMERGE d a b", "PSETEX k 5 v", "RENAME a b", "RENAMENX a b",
      "RESTORE k 0 x", "RPOP k", "RPOPLPUSH a b", "RPUSH k a", "RPUSHX k a", "SADD k a b", "SDIFFSTORE d a b",
      "SET k v", "SETBIT k 0 1", "SETEX k 5 v", "SETNX k v", "SETRANGE k 0 v", "SINTERSTORE d a b", "SMOVE a b m",
      "SPOP k 2", "SREM k a", "SUNIONSTORE d a b", "UNLINK a b", "XACK s g 1-1", "XADD s * f v",
      "XAUTOCLAIM s g c 0 0-0", "XCLAIM s g c 0 1-1", "XDEL s 1-1", "XGROUP CREATE s g $", "XGROUP DESTROY s g",
      "XREADGROUP GROUP g c BLOCK 0 STREAMS a b > >", "XSETID s 1-1", "XTRIM s MAXLEN 1", "ZADD k 1 m",
      "ZDIFFSTORE d 2 a b", "ZINCRBY k 1 m", "ZINTERSTORE d 2 a b WEIGHTS 1 2", "ZPOPMAX k", "ZPOPMIN k 2",
      "ZRANGESTORE d s 0 1", "ZREM k a b", "ZREMRANGEBYLEX k - +", "ZREMRANGEBYRANK k 0 1", "ZREMRANGEBYSCORE k 0 1",
      "ZUNIONSTORE d 2 a b AGGREGATE MAX",
  };
  for (const char* const sample : samples) {
    const Command command = command_of(sample);
    const Classified found = client::classify(command);
    ASSERT_TRUE(found.kind == CommandKind::write || found.kind == CommandKind::blocking) << sample;
    client::Keys listed;
    client::keys_of(command, found, listed);
    const Reply keys = asking_->ask(command_of(std::string{"COMMAND GETKEYSANDFLAGS "} + sample));
    ASSERT_GT(keys.size(), 0u) << sample << ": " << to_text(keys);
    for (const ReplyView entry : keys.view()) {
      const std::string_view key = entry[0].as_string().value();
      bool only_read = false;
      for (const ReplyView flag : entry[1]) {
        only_read = only_read || flag.as_string().value() == "RO";
      }
      EXPECT_TRUE(only_read || std::find(listed.begin(), listed.end(), key) != listed.end())
          << sample << " writes " << key;
    }
    EXPECT_FALSE(listed.empty()) << sample;
  }
}

TEST_F(CommandInfo, BlockingReadsOfStreamsNameTheirKeys) {
  client::Keys keys;
  const Command command = command_of("XREAD COUNT 2 BLOCK 0 streams a b 0 0");
  client::keys_of(command, client::classify(command), keys);
  EXPECT_EQ(keys.size(), 2u);
  keys.clear();
  const Command named_streams = command_of("XREADGROUP GROUP STREAMS STREAMS BLOCK 0 STREAMS a >");
  client::keys_of(named_streams, client::classify(named_streams), keys);
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0], "a");
}

TEST(CommandClass, LettersDoNotMatterAndUnknownCommandsMayDoAnything) {
  EXPECT_EQ(client::classify(command_of("gEt k")).name, "GET");
  EXPECT_EQ(client::classify(command_of("client tracking off")).kind, CommandKind::session);
  EXPECT_EQ(client::classify(command_of("NEW.COMMAND k")).kind, CommandKind::unknown_keys);
  EXPECT_EQ(client::classify(Command{std::string(1000, 'X')}).kind, CommandKind::unknown_keys);
  EXPECT_EQ(client::classify(Command{std::string_view{"GET\0", 4}, "k"}).kind, CommandKind::unknown_keys);
  EXPECT_EQ(client::classify(command_of("GET")).kind, CommandKind::plain);
  EXPECT_EQ(client::classify(command_of("OBJECT HELP")).kind, CommandKind::plain);
}

}  // namespace
}  // namespace trackside::testing
