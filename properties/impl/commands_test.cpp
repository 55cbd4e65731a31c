// Unit tests of the table of typed commands: what each sends, word by word, and how the odd replies are read.
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "trackside/commands.hpp"

namespace trackside {
namespace {

using namespace std::chrono_literals;

template <class T>
std::string words_of(const TypedCommand<T>& typed) {
  std::string words;
  for (std::size_t i = 0; i < typed.command.size(); ++i) {
    if (i != 0) words += ' ';
    words += typed.command[i];
  }
  return words;
}

TEST(Commands, SendTheirWords) {
  using namespace commands;
  EXPECT_EQ(words_of(del({"a", "b"})), "DEL a b");
  EXPECT_EQ(words_of(unlink("a")), "UNLINK a");
  EXPECT_EQ(words_of(exists({"a", "a"})), "EXISTS a a");
  EXPECT_EQ(words_of(expire("k", 1500ms)), "PEXPIRE k 1500");
  EXPECT_EQ(words_of(expire("k", 2h)), "PEXPIRE k 7200000");
  EXPECT_EQ(words_of(persist("k")), "PERSIST k");
  EXPECT_EQ(words_of(ttl("k")), "PTTL k");
  EXPECT_EQ(words_of(type("k")), "TYPE k");
  EXPECT_EQ(words_of(get("k")), "GET k");
  EXPECT_EQ(words_of(mget({"a", "b", "c"})), "MGET a b c");
  EXPECT_EQ(words_of(set("k", "v")), "SET k v");
  EXPECT_EQ(words_of(set("k", "v", 1s)), "SET k v PX 1000");
  EXPECT_EQ(words_of(set_if_absent("k", "v")), "SET k v NX");
  EXPECT_EQ(words_of(set_if_absent("k", "v", 5ms)), "SET k v NX PX 5");
  EXPECT_EQ(words_of(mset({"a", "1", "b", "2"})), "MSET a 1 b 2");
  EXPECT_EQ(words_of(getdel("k")), "GETDEL k");
  EXPECT_EQ(words_of(incrby("k", std::numeric_limits<std::int64_t>::min())), "INCRBY k -9223372036854775808");
  EXPECT_EQ(words_of(incrbyfloat("k", 0.1)), "INCRBYFLOAT k 0.1");
  EXPECT_EQ(words_of(append("k", "v")), "APPEND k v");
  EXPECT_EQ(words_of(strlen("k")), "STRLEN k");
  EXPECT_EQ(words_of(hget("k", "f")), "HGET k f");
  EXPECT_EQ(words_of(hmget("k", {"f", "g"})), "HMGET k f g");
  EXPECT_EQ(words_of(hgetall("k")), "HGETALL k");
  EXPECT_EQ(words_of(hset("k", {"f", "v"})), "HSET k f v");
  EXPECT_EQ(words_of(hdel("k", {"f", "g"})), "HDEL k f g");
  EXPECT_EQ(words_of(hexists("k", "f")), "HEXISTS k f");
  EXPECT_EQ(words_of(hlen("k")), "HLEN k");
  EXPECT_EQ(words_of(hkeys("k")), "HKEYS k");
  EXPECT_EQ(words_of(hvals("k")), "HVALS k");
  EXPECT_EQ(words_of(hincrby("k", "f", -2)), "HINCRBY k f -2");
  EXPECT_EQ(words_of(lpush("k", {"a", "b"})), "LPUSH k a b");
  EXPECT_EQ(words_of(rpush("k", "a")), "RPUSH k a");
  EXPECT_EQ(words_of(lpop("k")), "LPOP k");
  EXPECT_EQ(words_of(rpop("k")), "RPOP k");
  EXPECT_EQ(words_of(lrange("k", {})), "LRANGE k 0 -1");
  EXPECT_EQ(words_of(lindex("k", -1)), "LINDEX k -1");
  EXPECT_EQ(words_of(llen("k")), "LLEN k");
  EXPECT_EQ(words_of(sadd("k", {"m", "n"})), "SADD k m n");
  EXPECT_EQ(words_of(srem("k", "m")), "SREM k m");
  EXPECT_EQ(words_of(smembers("k")), "SMEMBERS k");
  EXPECT_EQ(words_of(sismember("k", "m")), "SISMEMBER k m");
  EXPECT_EQ(words_of(scard("k")), "SCARD k");
  EXPECT_EQ(words_of(zadd("k", std::numeric_limits<double>::infinity(), "m")), "ZADD k inf m");
  EXPECT_EQ(words_of(zrem("k", "m")), "ZREM k m");
  EXPECT_EQ(words_of(zrange("k", {1, 2})), "ZRANGE k 1 2");
  EXPECT_EQ(words_of(zrange_with_scores("k", {})), "ZRANGE k 0 -1 WITHSCORES");
  EXPECT_EQ(words_of(zscore("k", "m")), "ZSCORE k m");
  EXPECT_EQ(words_of(zrank("k", "m")), "ZRANK k m");
  EXPECT_EQ(words_of(zcard("k")), "ZCARD k");
  EXPECT_EQ(words_of(zincrby("k", -1.5, "m")), "ZINCRBY k -1.5 m");
  EXPECT_EQ(words_of(ping()), "PING");
  EXPECT_EQ(words_of(publish("c", "m")), "PUBLISH c m");
}

TEST(Commands, TakeListsInBracesAndRanges) {
  const std::vector<std::string> keys{"a", "b"};
  const std::vector<std::string_view> views{"a", "b"};
  const std::string key = "a";
  EXPECT_EQ(words_of(commands::mget(keys)), "MGET a b");
  EXPECT_EQ(words_of(commands::mget(views)), "MGET a b");
  EXPECT_EQ(words_of(commands::mget({key, std::string_view{"b"}, "c"})), "MGET a b c");
  EXPECT_EQ(words_of(commands::mget(key)), "MGET a");
  const std::map<std::string, std::string> values{{"f", "v"}, {"g", "w"}};
  EXPECT_EQ(words_of(commands::mset(values)), "MSET f v g w");
  const std::vector<std::string> many(20, "k");
  EXPECT_EQ(words_of(commands::mget(many)).size(), 4U + 20U * 2U) << "beyond the inline room";
}

TEST(Commands, TheWordsAreAnyBytes) {
  using namespace std::string_literals;
  const auto typed = commands::set("k\0\r\n"s, "\xff\0"s);
  EXPECT_EQ(typed.command[1], "k\0\r\n"s);
  EXPECT_EQ(typed.command[2], "\xff\0"s);
}

template <class T>
Result<T> read(const TypedCommand<T>& typed, const std::string& bytes) {
  return typed.read(ReplyView{bytes});
}

TEST(Commands, AConditionalSetTellsWhetherItWasDone) {
  const auto typed = commands::set_if_absent("k", "v");
  EXPECT_TRUE(read(typed, "+OK\r\n").value());
  EXPECT_FALSE(read(typed, "_\r\n").value());
  EXPECT_FALSE(read(typed, "$-1\r\n").value());
  EXPECT_EQ(read(typed, "-ERR no\r\n").error(), Errc::error_reply);
}

TEST(Commands, ATimeToLiveTellsItsThreeStates) {
  const auto typed = commands::ttl("k");
  EXPECT_EQ(read(typed, ":-2\r\n").value(), TimeToLive{});
  EXPECT_EQ(read(typed, ":-1\r\n").value(), (TimeToLive{TimeToLive::State::persistent, 0ms}));
  EXPECT_EQ(read(typed, ":0\r\n").value(), (TimeToLive{TimeToLive::State::expires, 0ms}));
  EXPECT_EQ(read(typed, ":1500\r\n").value(), (TimeToLive{TimeToLive::State::expires, 1500ms}));
  EXPECT_EQ(read(typed, ":-3\r\n").error(), Errc::integer_out_of_range);
  EXPECT_EQ(read(typed, "+a\r\n").error(), Errc::not_an_integer);
  EXPECT_EQ(read(typed, "-ERR no\r\n").error(), Errc::error_reply);
}

}  // namespace
}  // namespace trackside
