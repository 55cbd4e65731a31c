// `BlockingClient` against a real redis-server: values and errors, many threads at once, faults, and its end. A call
// that does not return is a test failure ("hangs"), as far as a blocked thread can be one.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/redis_process.hpp"
#include "trackside/answered.hpp"
#include "trackside/blocking_client.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

struct BlockingServer : ::testing::Test {
  BlockingServer() { redis.start(); }

  RedisProcess redis;
};

class BlockingCalls : public BlockingServer {
 protected:
  std::shared_ptr<NodeTrackingCache> cache = quick_cache();
  BlockingClient client{quick_options(redis.port()), cache};
};

TEST_F(BlockingCalls, ReturnValues) {
  client.set("k", "v").value();
  EXPECT_EQ(client.get("k").value(), "v");
  EXPECT_EQ(client.get("absent").value(), std::nullopt);
  EXPECT_EQ(client.hset("h", {"f", "v"}).value(), 1);
  EXPECT_EQ(client.hgetall("h").value().at("f"), "v");
  EXPECT_TRUE(client.zadd("z", 1.5, "m").value());
  EXPECT_EQ(client.zrange_with_scores("z", {}).value(), (commands::ScoredStrings{{"m", 1.5}}));
  EXPECT_EQ(client.call<int>({"STRLEN", "k"}).value(), 1);
  EXPECT_EQ(client.call<std::string>({"PING"}).value(), "PONG");
  EXPECT_EQ(client.call(commands::get("k")).value(), "v");
  EXPECT_EQ(client.execute({"GET", "k"}).value().as_string().value(), "v");
}

TEST_F(BlockingCalls, ReturnErrorsByName) {
  client.set("k", "v").value();
  EXPECT_EQ(client.llen("k").error(), Errc::error_reply);
  EXPECT_THROW(client.llen("k").value(), boost::system::system_error);
  EXPECT_EQ(client.call<Answered<int>>({"LLEN", "k"}).value().error().code(), "WRONGTYPE");
  EXPECT_TRUE(client.execute({"LLEN", "k"}).value().is_error());
  EXPECT_EQ(client.call<int>({"GET", "k"}).error(), Errc::not_an_integer);
  EXPECT_EQ(client.execute({"SELECT", "1"}).error(), Errc::command_not_allowed);
  EXPECT_EQ(client.execute(Command{}).error(), Errc::empty_command);
}

TEST_F(BlockingCalls, ExecuteTransactions) {
  const Reply reply = client.transaction({{"SET", "k", "v"}, {"GET", "k"}}).value();
  const auto [set, get] = reply_as<std::tuple<std::monostate, std::string>>(reply).value();
  EXPECT_EQ(get, "v");
}

TEST_F(BlockingCalls, AnswerTheSecondReadFromTheCacheUntilSomebodyWrites) {
  BlockingClient other{quick_options(redis.port())};
  other.set("k", "v1").value();
  Reply cached;
  const Command get_k{"GET", "k"};
  EXPECT_TRUE(eventually([&] { return client.get("k").value() == "v1" && client.cached(get_k, cached); }));
  EXPECT_EQ(cached.as_string().value(), "v1");
  EXPECT_TRUE(client.healthy());
  const CacheSummary before = cache->stats()->summary();
  EXPECT_EQ(client.get("k").value(), "v1");
  EXPECT_EQ(cache->stats()->summary().hits, before.hits + 1);
  EXPECT_EQ(client.get("absent").value(), std::nullopt);
  EXPECT_EQ(cache->stats()->summary().misses, before.misses + 1) << "a miss is counted once";
  other.set("k", "v2").value();
  EXPECT_TRUE(eventually([&] { return client.get("k").value() == "v2"; }));
}

/// A cache that has an answer to everything or to nothing, and does as it is told when the client's thread has a link.
class ToldCache final : public AbstractCache {
 public:
  explicit ToldCache(std::string answer, std::function<void()> when_linked)
      : answer_(std::move(answer)), when_linked_(std::move(when_linked)) {}

  std::shared_ptr<AbstractCache> initialize(const Clock&, const CacheScope&) override { return nullptr; }
  bool healthy() const override { return true; }
  double confidence() const override { return 100; }
  std::shared_ptr<CacheStats> stats() const override { return std::make_shared<CacheStats>(); }
  std::optional<std::int64_t> get_client_id() const override { return std::nullopt; }
  bool get(const Query&, Reply& out) override {
    asked_by = std::this_thread::get_id();
    if (when_asked) when_asked();
    if (answer_.empty()) return false;
    out.assign(answer_);
    return true;
  }
  PutResult put(Fill, const Query&, ReplyView, ServerTime) override { return PutResult::refused_bounds; }
  void invalidate(std::span<const std::string_view>) override {}
  void feedback(const Query&, Match) override {}
  void reset() override {}
  void shutdown() override {}
  void link_up(std::int64_t) override { when_linked_(); }

  std::function<void()> when_asked;
  std::thread::id asked_by;

 private:
  const std::string answer_;
  const std::function<void()> when_linked_;
};

TEST_F(BlockingServer, AHitIsAnsweredWhileTheOtherThreadIsBusy) {
  std::promise<void> busy;
  std::promise<void> let_go;
  const auto cache = std::make_shared<ToldCache>("$6\r\ncached\r\n", [&] {
    busy.set_value();
    let_go.get_future().wait();
  });
  BlockingClient client{quick_options(redis.port()), cache};
  busy.get_future().wait();
  auto hit = std::async(std::launch::async, [&] {
    EXPECT_EQ(client.get("k").value(), "cached");
    EXPECT_EQ(cache->asked_by, std::this_thread::get_id());
  });
  EXPECT_EQ(hit.wait_for(5s), std::future_status::ready);
  let_go.set_value();
}

// ---- faults ----

TEST_F(BlockingServer, WithoutAServerEveryCallSaysSo) {
  redis.stop();
  BlockingClient client{quick_options(redis.port())};
  EXPECT_EQ(client.get("k").error(), Errc::connect_failed);
  EXPECT_EQ(client.transaction({{"GET", "k"}}).error(), Errc::connect_failed);
  EXPECT_FALSE(client.healthy());
}

TEST_F(BlockingCalls, OfAFrozenServerEndWithinTheTimeout) {
  client.ping().value();
  redis.signal(SIGSTOP);
  const auto asked = SteadyClock::now();
  EXPECT_EQ(client.get("k").error(), Errc::command_timeout);
  EXPECT_LE(SteadyClock::now() - asked, 1200ms);
  redis.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return client.get("k").has_value(); }));
}

/// One thread's life: counts its own key up and reads a shared one, until told to stop.
struct Worker {
  std::int64_t answers = 0;
  std::int64_t refusals = 0;
  std::int64_t wrong = 0;
  SteadyClock::duration longest{};

  void run(BlockingClient& client, const std::string& key, const std::atomic<bool>& is_over) {
    for (std::int64_t i = 1; !is_over; ++i) {
      const std::string value = std::to_string(i);
      const auto began = SteadyClock::now();
      const auto set = client.set(key, value);
      const auto get = client.get(key);
      const auto shared = client.get("shared");
      longest = std::max(longest, SteadyClock::now() - began);
      if (set && get && *get && *get != value) ++wrong;      // null: the server was restarted in between
      if (shared && *shared && *shared != "constant") ++wrong;
      set && get && shared ? ++answers : ++refusals;
    }
  }
};

TEST_F(BlockingCalls, OfFourThreadsSurviveARestartOfTheServer) {
  client.set("shared", "constant").value();
  std::atomic<bool> is_over = false;
  std::vector<Worker> workers(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    threads.emplace_back([&, i] { workers[i].run(client, "own:" + std::to_string(i), is_over); });
  }
  std::this_thread::sleep_for(300ms);
  redis.stop();
  std::this_thread::sleep_for(1200ms);  // longer than any call waits
  redis.start();
  EXPECT_TRUE(eventually([&] { return client.set("shared", "constant").has_value(); }));
  std::this_thread::sleep_for(300ms);
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  for (const Worker& worker : workers) {
    EXPECT_EQ(worker.wrong, 0);
    EXPECT_GT(worker.answers, 20);
    EXPECT_GT(worker.refusals, 0) << "the server was gone";
    EXPECT_LE(worker.longest, 3 * 1200ms) << "three calls of a second each at most";
  }
  EXPECT_EQ(client.get("own:0").has_value(), true);
  EXPECT_TRUE(eventually([&] { return client.healthy(); }));
  EXPECT_GT(cache->stats()->summary().hits, 100U);
}

// ---- the end ----

/// Threads that wait in BLPOP without an end, and what they were told.
class Waiting {
 public:
  Waiting(BlockingClient& client, int count) {
    for (int i = 0; i < count; ++i) {
      told_.push_back(std::async(std::launch::async, [&client] {
        return client.execute({"BLPOP", "nobody-pushes-here", "0"}).error();
      }));
    }
    const std::string all_wait = "blocked_clients:" + std::to_string(count) + "\r\n";
    EXPECT_TRUE(eventually([&] {
      const auto info = client.call<std::string>({"INFO", "clients"});
      return info && info->find(all_wait) != info->npos;
    }));
  }

  void expect_shut_down() {
    for (auto& one : told_) {
      ASSERT_EQ(one.wait_for(5s), std::future_status::ready) << "a call hangs";
      EXPECT_EQ(one.get(), Errc::shut_down);
    }
  }

 private:
  std::vector<std::future<error_code>> told_;
};

TEST_F(BlockingServer, DestroyingEndsTheCallsThatWait) {
  auto client = std::make_unique<BlockingClient>(quick_options(redis.port()), quick_cache());
  client->ping().value();
  Waiting waiting{*client, 8};
  client.reset();
  waiting.expect_shut_down();
}

TEST_F(BlockingServer, DestroyingWaitsForACallThatHasNotAskedTheServerYet) {
  std::promise<void> asking;
  std::promise<void> let_go;
  const auto cache = std::make_shared<ToldCache>("", [] {});
  cache->when_asked = [&] {
    asking.set_value();
    let_go.get_future().wait();
  };
  auto client = std::make_unique<BlockingClient>(quick_options(redis.port()), cache);
  auto told = std::async(std::launch::async, [&here = *client] { return here.get("k").error(); });
  asking.get_future().wait();
  auto destroyed = std::async(std::launch::async, [&client] { client.reset(); });
  EXPECT_EQ(destroyed.wait_for(200ms), std::future_status::timeout);
  let_go.set_value();
  ASSERT_EQ(told.wait_for(5s), std::future_status::ready) << "a call hangs";
  EXPECT_EQ(told.get(), Errc::shut_down);
  EXPECT_EQ(destroyed.wait_for(5s), std::future_status::ready);
}

TEST_F(BlockingServer, AShutdownMayMeetCallsAtAnyMoment) {
  for (int round = 0; round < 50; ++round) {
    BlockingClient client{quick_options(redis.port()), quick_cache()};
    std::vector<std::future<error_code>> ends;
    for (int i = 0; i < 4; ++i) {
      ends.push_back(std::async(std::launch::async, [&client] {
        while (true) {
          const auto answer = client.transaction({{"INCR", "n"}, {"GET", "n"}});
          if (!answer) return answer.error();
        }
      }));
    }
    std::this_thread::sleep_for(std::chrono::microseconds{100 * round});
    client.shutdown();
    for (auto& end : ends) {
      ASSERT_EQ(end.wait_for(5s), std::future_status::ready) << "a call hangs";
      EXPECT_EQ(end.get(), Errc::shut_down);
    }
  }
}

TEST_F(BlockingCalls, EndWithTheShutdownAndAllLaterOnesToo) {
  client.ping().value();
  Waiting waiting{client, 4};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([this] { client.shutdown(); });
  for (std::thread& thread : threads) thread.join();
  waiting.expect_shut_down();
  EXPECT_EQ(client.get("k").error(), Errc::shut_down);
  EXPECT_EQ(client.transaction({{"GET", "k"}}).error(), Errc::shut_down);
  EXPECT_FALSE(client.healthy());
  client.shutdown();
}

TEST_F(BlockingServer, AClientThatIsNeverUsedEndsToo) {
  for (int i = 0; i < 20; ++i) BlockingClient{quick_options(redis.port()), quick_cache()};
}

TEST_F(BlockingServer, ACallFromTheClientsOwnThreadIsAnAssertionAndNoHang) {
  const auto call_from_inside = [this] {
    std::promise<BlockingClient*> itself;
    const auto cache = std::make_shared<ToldCache>(
        "", [&] { static_cast<void>(itself.get_future().get()->get("k")); });
    BlockingClient client{quick_options(redis.port()), cache};
    itself.set_value(&client);
    std::this_thread::sleep_for(5s);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(call_from_inside(), "assertion failed");
}

}  // namespace
}  // namespace trackside::testing
