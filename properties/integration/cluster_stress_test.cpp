// Many readers and writers of a few keys in a real cluster, while slots move and connections
// are killed: what every read must be.
//
// Each key has one writer, who counts up; see client_stress_test.cpp for what is judged. Keys of others are written by
// another client, and may be seen late by max_idle; own keys at once. No failovers: with one after another a real
// cluster was seen to give back older values than it had acknowledged, to readers without a cache.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/counter.hpp"
#include "properties/integration/real_cluster.hpp"
#include "resp/slot.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

class ClusterStress : public ::testing::Test {
 protected:
  static constexpr int keys = 6;
  static constexpr auto max_idle = 250ms;
  static constexpr auto duration = 12s;

  static ClientOptions options(std::uint16_t port) {
    ClientOptions given = quick_options(port);
    given.topology = Topology::cluster;
    given.command_timeout = 3s;
    return given;
  }
  bool is_over() const { return SteadyClock::now() > end_; }

  void write(Client& through, Counter& counter, const std::string& key) {
    while (!is_over()) {
      const std::int64_t value = counter.next();
      const Answer answer = execute(through, Command{"SET", key, std::to_string(value)});
      if (!answer.error && !answer.reply.is_error()) {
        counter.answered(value);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{value % 9});
    }
  }

  void read(const Counter& counter, const std::string& key, Duration allowed) {
    std::int64_t seen_before = 0;
    while (!is_over()) {
      const std::int64_t least = counter.answered_before(SteadyClock::now() - allowed);
      Reply reply;
      const Command command{"GET", key};
      const bool hit = client_.cached(command, reply);
      if (!hit) {
        const Answer answer = execute(client_, command);
        if (answer.error || answer.reply.is_error()) {
          ++failures_;
          continue;
        }
        reply = answer.reply;
      }
      ++(hit ? hits_ : misses_);
      const std::int64_t seen = reply.is_null() ? 0 : reply.as_integer().value();
      ASSERT_GE(seen, least) << key << (hit ? " by the cache" : "") << " is older than it may be";
      ASSERT_GE(seen, seen_before) << key << (hit ? " by the cache" : "") << " went back";
      EXPECT_LE(seen, counter.sent());
      seen_before = seen;
    }
  }

  std::string key_of(int number) const { return "counter:" + std::to_string(number); }
  void disturb();

  RealCluster cluster_{3};
  Threads threads_{2};
  std::shared_ptr<TrackingCache> cache_ = std::make_shared<TrackingCache>(CacheOptions{.max_idle = max_idle});
  Client client_{threads_.executor(), options(cluster_.port(0)), cache_};
  Client other_{threads_.executor(), options(cluster_.port(1))};
  const SteadyClock::time_point end_ = SteadyClock::now() + duration;
  std::vector<Counter> counters_ = std::vector<Counter>(keys);
  std::atomic<int> hits_ = 0;
  std::atomic<int> misses_ = 0;
  std::atomic<int> failures_ = 0;
  int moves_ = 0;
  int kills_ = 0;
};

void ClusterStress::disturb() {
  for (int round = 0; !is_over(); ++round) {
    const std::string key = key_of(round % keys);
    const std::size_t from = cluster_.owner_of(key);
    const std::size_t to = (from + 1) % 3;
    if (round % 5 == 2) {
      kills_ += cluster_.ask(from, {"CLIENT", "KILL", "TYPE", "normal"}).empty() ? 0 : 1;
    } else {
      cluster_.move_slot(resp::slot_of(key), from, to);
      ++moves_;
    }
    std::this_thread::sleep_for(100ms);
  }
}

TEST_F(ClusterStress, NoReadIsOlderThanItMayBeNorGoesBackWhileSlotsMove) {
  ASSERT_TRUE(eventually([&] { return ask(client_, {"PING"}) == "PONG" && ask(other_, {"PING"}) == "PONG"; }));
  std::vector<std::thread> running;
  for (int number = 0; number < keys; ++number) {
    Counter& counter = counters_[static_cast<std::size_t>(number)];
    const bool own = number % 2 == 0;
    const std::string key = key_of(number);
    running.emplace_back([&, key, own] { write(own ? client_ : other_, counter, key); });
    for (int reader = 0; reader < 2; ++reader) {
      running.emplace_back([&, key, own] { read(counter, key, own ? Duration{0} : Duration{max_idle}); });
    }
  }
  disturb();
  for (std::thread& each : running) {
    each.join();
  }
  std::printf("%d hits, %d misses, %d without an answer; %d moves, %d kills\n", hits_.load(), misses_.load(),
              failures_.load(), moves_, kills_);
  EXPECT_GT(hits_, 1000);
  EXPECT_GT(moves_, 10);
}

}  // namespace
}  // namespace trackside::testing
