// Readers and writers of a few keys in every mode of tracking, while connections of every kind are killed: what every
// read must be. The rules are those of client_stress_test.cpp: nothing goes back, nothing is older than max_idle, nor
// than an own write.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/counter.hpp"
#include "properties/integration/modes.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// A base of its own, so that the server runs before the clients are made.
struct StressedServerOfAMode : ::testing::TestWithParam<Mode> {
  StressedServerOfAMode() { redis.start(); }

  RedisProcess redis;
};

class ModesStress : public StressedServerOfAMode {
 protected:
  static constexpr std::size_t keys = 3;
  static constexpr auto max_idle = 250ms;
  static constexpr auto duration = 1200ms;

  bool is_over() const { return SteadyClock::now() > end; }

  /// Counts a key up.
  void write(Client& through, Counter& counter, const std::string& key) {
    while (!is_over()) {
      const std::int64_t value = counter.next();
      const Answer answer = execute(through, {"SET", key, std::to_string(value)});
      if (!answer.error && !answer.reply.is_error()) {
        counter.answered(value);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{value % 5});
    }
  }

  void read(Counter& counter, const std::string& key, Duration allowed) {
    std::int64_t seen_before = 0;
    while (!is_over()) {
      const std::int64_t least = counter.answered_before(SteadyClock::now() - allowed);
      const Answer answer = execute(client, {"GET", key});
      if (answer.error) {
        continue;
      }
      const std::int64_t seen = answer.reply.is_null() ? 0 : answer.reply.as_integer().value();
      ASSERT_GE(seen, least) << "older than it may be";
      ASSERT_GE(seen, seen_before) << "went back";
      ASSERT_LE(seen, counter.sent()) << "never written";
      seen_before = seen;
      ++reads;
    }
  }

  /// In turn: the connection of invalidations, one kind of all others' connections, nothing.
  void kill() {
    for (int turn = 0; !is_over(); ++turn) {
      std::this_thread::sleep_for(70ms);
      const auto id = cache->get_client_id();
      if (turn % 3 == 0 && id) {
        execute(killer, {"CLIENT", "KILL", "ID", std::to_string(*id)});
      } else if (turn % 3 == 1) {
        execute(killer, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      }
    }
  }

  Threads threads{2};
  std::shared_ptr<TrackingCache> cache = cache_of(GetParam(), max_idle);
  Client client{threads.executor(), options_of(GetParam(), redis.port()), cache};
  Client other{threads.executor(), quick_options(redis.port())};
  Client killer{threads.executor(), quick_options(redis.port())};
  std::vector<Counter> theirs = std::vector<Counter>(keys);
  std::vector<Counter> own = std::vector<Counter>(keys);
  const SteadyClock::time_point end = SteadyClock::now() + duration;
  std::atomic<int> reads = 0;
};

TEST_P(ModesStress, NoReadGoesBackOrIsOlderThanItMayBe) {
  std::vector<std::jthread> running;
  for (std::size_t key = 0; key < keys; ++key) {
    const std::string theirs_key = "p:theirs:" + std::to_string(key);
    const std::string own_key = "p:own:" + std::to_string(key);
    running.emplace_back([=, this] { write(other, theirs[key], theirs_key); });
    running.emplace_back([=, this] { write(client, own[key], own_key); });
    running.emplace_back([=, this] { read(theirs[key], theirs_key, max_idle); });
    running.emplace_back([=, this] { read(own[key], own_key, 0ms); });
  }
  running.emplace_back([this] { kill(); });
  running.clear();  // waits for all of them
  EXPECT_GT(reads, 100);
  EXPECT_GT(cache->stats()->summary().hits, 20u);
  EXPECT_TRUE(eventually([&] { return client.healthy(); }));
  for (std::size_t key = 0; key < keys; ++key) {
    const std::string value = ask(other, {"GET", "p:theirs:" + std::to_string(key)});
    EXPECT_TRUE(eventually([&] { return ask(client, {"GET", "p:theirs:" + std::to_string(key)}) == value; }));
  }
}

INSTANTIATE_TEST_SUITE_P(, ModesStress, ::testing::ValuesIn(all_modes()), ::testing::PrintToStringParamName());

}  // namespace
}  // namespace trackside::testing
