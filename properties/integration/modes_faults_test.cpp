// Every mode of tracking against a real redis-server that fails: each connection is killed, the server freezes and is
// restarted. Nothing stale is served meanwhile, and afterwards health and coherence return.
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/modes.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto max_idle = 300ms;
const Command get_k{"GET", "p:k"};

// A base of its own, so that the server runs before the clients are made.
struct FaultyServerOfAMode : ::testing::TestWithParam<Mode> {
  FaultyServerOfAMode() { redis.start(); }

  RedisProcess redis;
};

class ModesFaults : public FaultyServerOfAMode {
 protected:
  /// Writes through somebody else what was never written before.
  void write_anew() {
    value = "v" + std::to_string(++writes);
    ASSERT_EQ(ask(other, {"SET", "p:k", value}), "OK");
  }
  bool keeps() {
    return eventually([&] { return ask(client, get_k) == value && is_cached(client, get_k); });
  }
  /// Healthy, coherent and caching, twice in a row.
  void expect_all_is_well() {
    EXPECT_TRUE(eventually([&] { return client.healthy(); }));
    for (int time = 0; time < 2; ++time) {
      write_anew();
      EXPECT_TRUE(eventually([&] { return !is_cached(client, get_k) || ask(client, get_k) == value; }, max_idle));
      EXPECT_TRUE(keeps());
    }
    const Answer own = execute(client, {"SET", "p:k", "own"});
    EXPECT_FALSE(own.error);
    EXPECT_EQ(ask(client, get_k), "own");
  }
  /// The ids of the client's connections that do not bring the invalidations; in band, of the one that does.
  std::vector<std::string> readers() {
    const std::string list = ask(other, {"CLIENT", "LIST"});
    const std::string listener = std::to_string(cache->get_client_id().value_or(0));
    std::vector<std::string> ids;
    for (std::size_t at = list.find("id="); at != list.npos; at = list.find("\nid=", at)) {
      at = list.find('=', at) + 1;
      const std::string line = list.substr(at, list.find('\n', at) - at);
      const std::string id = line.substr(0, line.find(' '));
      if (line.find(" name=me ") != line.npos && (id == listener) != GetParam().redirects()) {
        ids.push_back(id);
      }
    }
    return ids;
  }
  /// The kill and the write are one transaction: nobody can be told of the write in time.
  void kill_and_write(const std::string& id) {
    value = "v" + std::to_string(++writes);
    const Answer answer = execute_all(other, {{"CLIENT", "KILL", "ID", id}, {"SET", "p:k", value}});
    ASSERT_FALSE(answer.error) << answer.error.message();
    ASSERT_FALSE(answer.reply[0].is_error()) << to_text(answer.reply);
  }
  /// From now on nothing older than what was written last.
  void expect_no_stale_read() {
    const auto written = SteadyClock::now();
    EXPECT_TRUE(eventually([&] { return !is_cached(client, get_k); }, max_idle));
    EXPECT_TRUE(eventually([&] { return ask(client, get_k) == value; }));
    EXPECT_LE(SteadyClock::now() - written, 3s);
  }

  Threads threads{2};
  std::shared_ptr<TrackingCache> cache = cache_of(GetParam(), max_idle);
  Client client{threads.executor(), options_of(GetParam(), redis.port()), cache};
  Client other{threads.executor(), quick_options(redis.port())};
  std::string value;
  int writes = 0;
};

TEST_P(ModesFaults, RecoversFromTheLossOfTheConnectionOfInvalidations) {
  expect_all_is_well();
  write_anew();
  ASSERT_TRUE(keeps());
  kill_and_write(std::to_string(cache->get_client_id().value()));
  expect_no_stale_read();
  expect_all_is_well();
}

TEST_P(ModesFaults, RecoversFromTheLossOfEveryConnectionThatReads) {
  expect_all_is_well();
  const std::vector<std::string> ids = readers();
  ASSERT_EQ(ids.size(), GetParam().redirects() ? GetParam().data_connections : 1);
  for (const std::string& id : ids) {
    write_anew();
    ASSERT_TRUE(keeps());
    kill_and_write(id);
    expect_no_stale_read();
  }
  expect_all_is_well();
}

TEST_P(ModesFaults, NoticesSwappedDatabasesThoughWhoeverWatchedIsKilled) {
  expect_all_is_well();
  for (const std::string& id : readers()) {
    write_anew();
    ASSERT_TRUE(keeps());
    const Answer answer = execute_all(other, {{"CLIENT", "KILL", "ID", id}, {"SWAPDB", "0", "1"}});
    ASSERT_FALSE(answer.error) << answer.error.message();
    const Answer now = execute(other, get_k);
    ASSERT_FALSE(now.error);
    value = now.reply.is_null() ? "(nil)" : std::string{now.reply.as_string().value()};
    expect_no_stale_read();
  }
  expect_all_is_well();
}

TEST_P(ModesFaults, ServesNothingOlderThanMaxIdleOfAFrozenServer) {
  write_anew();
  ASSERT_TRUE(keeps());
  redis.signal(SIGSTOP);
  const auto frozen = SteadyClock::now();
  auto asked = frozen;
  auto served = frozen;  // when the last read that the cache answered began
  EXPECT_TRUE(eventually([&] {
    served = asked;
    asked = SteadyClock::now();
    return !is_cached(client, get_k);
  }));
  EXPECT_LE(served - frozen, max_idle);
  EXPECT_TRUE(eventually([&] { return !client.healthy(); }));
  redis.signal(SIGCONT);
  expect_all_is_well();
}

TEST_P(ModesFaults, SurvivesARestartOfTheServer) {
  write_anew();
  ASSERT_TRUE(keeps());
  redis.stop();
  EXPECT_TRUE(eventually([&] { return !is_cached(client, get_k); }, max_idle));
  EXPECT_TRUE(eventually([&] { return !client.healthy(); }));
  redis.start();
  EXPECT_TRUE(eventually([&] { return ask(client, get_k) == "(nil)"; }));
  EXPECT_TRUE(eventually([&] { return ask(other, get_k) == "(nil)"; }));
  expect_all_is_well();
}

INSTANTIATE_TEST_SUITE_P(, ModesFaults, ::testing::ValuesIn(all_modes()), ::testing::PrintToStringParamName());

}  // namespace
}  // namespace trackside::testing
