// Many readers and writers of a few keys, through two clients, while connections are killed: what every read must be.
//
// Each key has one writer, who counts up, so values are ordered and the history of a key is known from what was asked
// and answered alone. A read that began at t and found value v is
//  * too old, if a greater value's write was answered before t - max_idle (G2), or before t by the same client (G3);
//  * out of order, if a reader of this key had seen a greater one before t (G4, one reader per check);
//  * made up, if v was never sent (G1).
// The clock that judges is not the client's, but both count the same time on a machine that is awake.
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/counter.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
namespace net = boost::asio;
using SteadyClock = std::chrono::steady_clock;
constexpr auto as_tuple = net::experimental::as_tuple(net::use_awaitable);

struct StressServer : ::testing::Test {
  StressServer() { redis.start(); }

  RedisProcess redis;
};

class ClientStress : public StressServer {
 protected:
  static constexpr int keys = 4;
  static constexpr auto max_idle = 250ms;
  static constexpr auto duration = 4s;

  bool is_over() const { return SteadyClock::now() > end; }

  net::awaitable<void> write(Client& through, Counter& counter, std::string key);
  net::awaitable<void> read(Counter& counter, std::string key, Duration allowed);
  net::awaitable<void> kill();
  void judge(const Counter& counter, std::int64_t seen, std::int64_t seen_before, std::int64_t least);
  template <class Awaitable>
  void start(Awaitable awaitable) {
    running.push_back(net::co_spawn(net::make_strand(threads.executor()), std::move(awaitable), net::use_future));
  }

  Threads threads{2};
  std::shared_ptr<NodeTrackingCache> cache = quick_cache(max_idle);
  Client client{threads.executor(), quick_options(redis.port()), cache};
  Client other{threads.executor(), quick_options(redis.port())};
  Client killer{threads.executor(), quick_options(redis.port())};
  const SteadyClock::time_point end = SteadyClock::now() + duration;
  std::vector<Counter> written_by_other = std::vector<Counter>(keys);
  std::vector<Counter> written_by_client = std::vector<Counter>(keys);
  std::vector<std::future<void>> running;
  std::atomic<int> reads = 0;
  std::atomic<int> failures = 0;
  std::atomic<int> kills = 0;
};

net::awaitable<void> ClientStress::write(Client& through, Counter& counter, std::string key) {
  net::steady_timer pause{co_await net::this_coro::executor};
  while (!is_over()) {
    const std::int64_t value = counter.next();
    const auto [error, reply] = co_await through.async_execute(Command{"SET", key, std::to_string(value)}, as_tuple);
    if (!error && !reply.is_error()) counter.answered(value);
    pause.expires_after(std::chrono::milliseconds{value % 7});
    co_await pause.async_wait(net::use_awaitable);
  }
}

net::awaitable<void> ClientStress::read(Counter& counter, std::string key, Duration allowed) {
  std::int64_t seen_before = 0;
  while (!is_over()) {
    const auto began = SteadyClock::now();
    const std::int64_t least = counter.answered_before(began - allowed);
    const auto [error, reply] = co_await client.async_execute(Command{"GET", key}, as_tuple);
    if (error) {
      ++failures;
      continue;
    }
    ++reads;
    const std::int64_t seen = reply.is_null() ? 0 : reply.as_integer().value();
    judge(counter, seen, seen_before, least);
    seen_before = seen;
  }
}

void ClientStress::judge(const Counter& counter, std::int64_t seen, std::int64_t seen_before, std::int64_t least) {
  EXPECT_GE(seen, least) << "older than it may be";
  EXPECT_GE(seen, seen_before) << "went back";
  EXPECT_LE(seen, counter.sent()) << "never written";
}

// Kills, in turn, the link that vouches for the cache, and every connection but its own.
net::awaitable<void> ClientStress::kill() {
  net::steady_timer pause{co_await net::this_coro::executor};
  while (!is_over()) {
    pause.expires_after(90ms);
    co_await pause.async_wait(net::use_awaitable);
    Command command{"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"};
    if (const auto id = cache->get_client_id(); id && kills % 2 == 0) {
      command = Command{"CLIENT", "KILL", "ID", std::to_string(*id)};
    }
    const auto [error, reply] = co_await killer.async_execute(std::move(command), as_tuple);
    if (!error && reply.as_integer().value() > 0) ++kills;
  }
}

TEST_F(ClientStress, NoReadIsOlderThanMaxIdleNorThanAnOwnWriteThroughKills) {
  for (int key = 0; key < keys; ++key) {
    const auto index = static_cast<std::size_t>(key);
    const std::string theirs = "other:" + std::to_string(key);
    const std::string ours = "own:" + std::to_string(key);
    start(write(other, written_by_other[index], theirs));
    start(write(client, written_by_client[index], ours));
    for (int reader = 0; reader < 4; ++reader) {
      start(read(written_by_other[index], theirs, max_idle));
      start(read(written_by_client[index], ours, 0ms));
    }
  }
  start(kill());
  for (auto& one : running) {
    ASSERT_EQ(one.wait_for(20s), std::future_status::ready) << "a call hangs";
    one.get();
  }
  const CacheSummary stats = cache->stats()->summary();
  RecordProperty("reads", reads);
  std::printf("%d reads, %d without an answer, %d kills; %lu hits, %lu misses, %lu invalidations\n", reads.load(),
              failures.load(), kills.load(), stats.hits, stats.misses, stats.invalidations);
  EXPECT_GT(reads, 1000);
  EXPECT_GT(stats.hits, 100U);
  EXPECT_GT(kills, 10);
}

/// What it reads belongs to the cache, its clock included: a sanitizer would see otherwise.
TEST_F(StressServer, ACacheIsReadOnWhileItsClientGoes) {
  Threads threads{1};
  for (int round = 0; round < 20; ++round) {
    const auto cache = quick_cache(250ms);
    auto client = std::make_unique<Client>(threads.executor(), quick_options(redis.port()), cache);
    ASSERT_EQ(client->async_execute(Command{"GET", "k"}, net::use_future).wait_for(5s), std::future_status::ready);
    std::atomic<int> reads{0};
    std::thread reader{[&] {
      Reply reply;
      for (; cache->healthy(); ++reads) {
        cache->get({.command = "GET", .key = "k"}, reply);
      }
      EXPECT_FALSE(cache->get({.command = "GET", .key = "k"}, reply));
    }};
    while (reads < 100) {
      std::this_thread::yield();
    }
    client.reset();
    reader.join();
  }
}

}  // namespace
}  // namespace trackside::testing
