// Every mode of tracking against a real redis-server that behaves: what is read twice is read from the cache, whatever
// changes is noticed, and the server remembers what the mode says and no more.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/modes.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

// A base of its own, so that the server runs before the clients are made.
struct ServerOfAMode : ::testing::TestWithParam<Mode> {
  ServerOfAMode() { redis.start(); }

  RedisProcess redis;
};

class Modes : public ServerOfAMode {
 protected:
  Modes() {
    EXPECT_TRUE(eventually([&] { return client.healthy() && registered(); }));
  }

  /// Every tracker has told the server whom to tell; fills are kept from then on.
  bool registered() { return number("clients", "tracking_clients") == GetParam().trackers(); }

  /// Reads until the cache has it: an invalidation of what was written before may still be under way.
  bool keeps(const Command& command, const std::string& value) {
    return eventually([&] { return ask(client, command) == value && is_cached(client, command); });
  }
  /// What INFO says of the server.
  std::int64_t number(const std::string& section, const std::string& name) {
    const std::string info = ask(other, {"INFO", section});
    const std::size_t at = info.find("\n" + name + ":");
    return at == info.npos ? -1 : std::stoll(info.substr(at + name.size() + 2));
  }
  /// The line of CLIENT LIST about the connection with this id.
  std::string line_of(std::int64_t id) { return ask(other, {"CLIENT", "LIST", "ID", std::to_string(id)}); }

  Threads threads{2};
  std::shared_ptr<TrackingCache> cache = cache_of(GetParam());
  Client client{threads.executor(), options_of(GetParam(), redis.port()), cache};
  Client other{threads.executor(), quick_options(redis.port())};
};

TEST_P(Modes, AnswersTheSecondReadFromTheCacheUntilSomebodyWrites) {
  struct Case {
    Command write;
    Command read;
    std::string before;
    std::string after;
  };
  const Case cases[] = {
      {{"SET", "p:s", "v"}, {"GET", "p:s"}, "(nil)", "v"},
      {{"HSET", "p:h", "f", "v"}, {"HGET", "p:h", "f"}, "(nil)", "v"},
      {{"RPUSH", "p:l", "a", "b"}, {"LRANGE", "p:l", "0", "-1"}, "[]", "[\"a\", \"b\"]"},
      {{"ZADD", "p:z", "1", "a"}, {"ZCARD", "p:z"}, "(integer) 0", "(integer) 1"},
      {{"SADD", "p:m", "a"}, {"SCARD", "p:m"}, "(integer) 0", "(integer) 1"},
  };
  for (const auto& [write, read, before, after] : cases) {
    SCOPED_TRACE(std::string{read[0]});
    EXPECT_EQ(ask(client, read), before);
    EXPECT_TRUE(keeps(read, before));
    const std::uint64_t hits = cache->stats()->summary().hits;
    EXPECT_EQ(ask(client, read), before);
    EXPECT_GT(cache->stats()->summary().hits, hits);
    ask(other, write);
    EXPECT_TRUE(eventually([&, &question = read] { return !is_cached(client, question); }))
        << "somebody else's write arrives";
    EXPECT_EQ(ask(client, read), after);
    EXPECT_TRUE(keeps(read, after));
    EXPECT_EQ(ask(client, {"DEL", read[1]}), "(integer) 1");
    EXPECT_EQ(ask(client, read), before) << "an own write is seen at once";
  }
}

TEST_P(Modes, ReadsItsOwnWrites) {
  for (int i = 0; i < 200; ++i) {
    const std::string value = std::to_string(i);
    ASSERT_EQ(ask(client, {"SET", "p:k", value}), "OK");
    ASSERT_EQ(ask(client, {"GET", "p:k"}), value);
    ASSERT_EQ(ask(client, {"GET", "p:k"}), value);
    if (i % 20 == 0) {
      ASSERT_EQ(ask(client, {"EVAL", "redis.call('SET', 'p:k', 'script'); return 1", "0"}), "(integer) 1");
      ASSERT_EQ(ask(client, {"GET", "p:k"}), "script");
    }
  }
}

TEST_P(Modes, ReadsSeveralKeysAtOnce) {
  ask(other, {"MSET", "p:a", "1", "p:b", "2"});
  const Command several{"MGET", "p:a", "p:b", "p:none"};
  EXPECT_EQ(ask(client, several), "[\"1\", \"2\", (nil)]");
  EXPECT_EQ(ask(client, several), "[\"1\", \"2\", (nil)]");
  const bool splits = in_stream_order(GetParam().tracking);
  EXPECT_EQ(is_cached(client, several), splits);
  EXPECT_EQ(is_cached(client, {"GET", "p:b"}), splits);
  ask(other, {"MSET", "p:a", "3", "p:b", "4"});
  EXPECT_TRUE(eventually([&] { return ask(client, several) == "[\"3\", \"4\", (nil)]"; }));
  ask(client, {"SET", "p:b", "5"});
  EXPECT_EQ(ask(client, several), "[\"3\", \"5\", (nil)]");
}

TEST_P(Modes, ForgetsWhatIsFlushedAndWhatExpires) {
  ask(other, {"SET", "p:k", "v"});
  EXPECT_TRUE(keeps({"GET", "p:k"}, "v"));
  EXPECT_TRUE(keeps({"GET", "p:none"}, "(nil)"));
  ask(other, {"FLUSHALL"});
  EXPECT_TRUE(eventually([&] { return !is_cached(client, {"GET", "p:k"}) && !is_cached(client, {"GET", "p:none"}); }));
  EXPECT_EQ(ask(client, {"GET", "p:k"}), "(nil)");

  ask(other, {"SET", "p:short", "v", "PX", "150"});
  const auto written = std::chrono::steady_clock::now();
  EXPECT_TRUE(keeps({"GET", "p:short"}, "v"));
  EXPECT_TRUE(eventually([&] { return !is_cached(client, {"GET", "p:short"}); }));
  EXPECT_LE(std::chrono::steady_clock::now() - written, 190ms);
  EXPECT_TRUE(eventually([&] { return ask(client, {"GET", "p:short"}) == "(nil)"; }));
}

TEST_P(Modes, TheServerRemembersWhatTheModeSaysAndNoMore) {
  const Mode& mode = GetParam();
  EXPECT_EQ(number("clients", "tracking_clients"), mode.trackers());
  ask(other, {"MSET", "p:read", "v", "p:watched", "v"});
  EXPECT_TRUE(keeps({"GET", "p:read"}, "v"));
  EXPECT_EQ(number("stats", "tracking_total_keys"), mode.broadcasts() ? 0 : 1);
  EXPECT_EQ(ask(client, {"TTL", "p:watched"}), "(integer) -1");  // is never kept
  EXPECT_EQ(number("stats", "tracking_total_keys"), mode.broadcasts()                           ? 0
                                                    : mode.tracking.selection == Selection::all ? 2
                                                                                                : 1);
  const std::size_t prefixes = mode.broadcasts() ? std::max<std::size_t>(mode.tracking.prefixes.size(), 1) : 0;
  EXPECT_EQ(number("stats", "tracking_total_prefixes"), static_cast<std::int64_t>(prefixes));
  if (!mode.tracking.prefixes.empty()) {
    ask(client, {"GET", "uncovered"});
    EXPECT_FALSE(is_cached(client, {"GET", "uncovered"}));
  }
}

TEST_P(Modes, EveryConnectionIsInTheStateOfItsRole) {
  const Mode& mode = GetParam();
  const std::int64_t listener = cache->get_client_id().value();
  const std::string own = ask(client, {"CLIENT", "TRACKINGINFO"});  // of a connection that reads
  const bool tracks = !mode.redirects() || !mode.broadcasts();
  EXPECT_EQ(own.find("\"off\"") == own.npos, tracks) << own;
  EXPECT_EQ(own.find("optin") != own.npos, mode.tracking.selection == Selection::opt_in) << own;
  EXPECT_EQ(own.find("optout") != own.npos, mode.tracking.selection == Selection::opt_out) << own;
  EXPECT_EQ(own.find("noloop"), own.npos) << own;
  EXPECT_EQ(own.find("broken"), own.npos) << own;
  const std::int64_t target = !mode.redirects() ? 0 : mode.broadcasts() ? -1 : listener;
  EXPECT_EQ(ask(client, {"CLIENT", "GETREDIR"}), "(integer) " + std::to_string(target));

  const std::string line = line_of(listener);
  EXPECT_NE(line.find(" name=me "), line.npos) << line;
  const std::size_t at = line.find(" flags=") + 7;
  const std::string flags = line.substr(at, line.find(' ', at) - at);
  EXPECT_EQ(flags.find('t') != flags.npos, !mode.redirects() || mode.broadcasts()) << line;
  EXPECT_EQ(flags.find('B') != flags.npos, mode.broadcasts()) << line;
  EXPECT_EQ(flags.find('P') != flags.npos, mode.protocol == Protocol::resp2) << line;
  const bool to_itself = mode.protocol == Protocol::resp2 && mode.broadcasts();
  EXPECT_EQ(line.find(" redir=" + std::to_string(listener) + " ") != line.npos, to_itself) << line;
}

INSTANTIATE_TEST_SUITE_P(, Modes, ::testing::ValuesIn(all_modes()), ::testing::PrintToStringParamName());

}  // namespace
}  // namespace trackside::testing
