// The store under threads: three read while one fills, removes, loses links and lets leases run out.
//
// Every reply holds a version that only grows. After a removal has returned, the executor publishes which versions of
// the key are gone; a read that began after that must not return one of them. While the lease is over, nothing may be
// returned at all. Built for the tsan preset, where a silent data race fails it too.
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "properties/impl/stress_clock.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {
namespace {

constexpr std::size_t key_count = 8;
constexpr std::int64_t max_idle = 1'000;

struct Shared {
  StressClock clock;
  NodeTrackingCache cache{{.max_keys = 6, .max_idle = Duration{max_idle}}};
  std::array<std::atomic<std::uint64_t>, key_count> gone{};  // versions up to this one were removed
  std::atomic<std::uint64_t> phase{0};                       // odd while the lease is over
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> gets{0};
  std::atomic<std::uint64_t> hits{0};
  std::atomic<std::uint64_t> served_removed{0};
  std::atomic<std::uint64_t> served_without_lease{0};
};

std::string name_of_key(std::size_t key) { return "key " + std::to_string(key); }

void read_until_stopped(Shared& shared, std::size_t first) {
  std::array<std::string, key_count> names;
  for (std::size_t key = 0; key < key_count; ++key) {
    names[key] = name_of_key(key);
  }
  Reply reply;
  std::uint64_t gets = 0;
  std::uint64_t hits = 0;
  for (std::size_t key = first; !shared.stop.load(std::memory_order_relaxed); key = (key + 1) % key_count) {
    const std::uint64_t phase = shared.phase.load(std::memory_order_acquire);
    const std::uint64_t gone = shared.gone[key].load(std::memory_order_acquire);
    ++gets;
    if (!shared.cache.get({.command = "GET", .key = names[key]}, reply)) {
      continue;
    }
    ++hits;
    const auto version = static_cast<std::uint64_t>(reply.as_integer().value());
    shared.served_removed += version <= gone ? 1 : 0;
    const bool same_phase = shared.phase.fetch_add(0, std::memory_order_acq_rel) == phase;  // not before the get
    shared.served_without_lease += same_phase && phase % 2 == 1 ? 1 : 0;
  }
  shared.gets += gets;
  shared.hits += hits;
}

/// The executor: one thing after another, each with its consequence published when it has returned.
class Executor {
 public:
  explicit Executor(Shared& shared) : shared_(shared) {
    shared.cache.initialize(shared.clock, {.server = "here"});
    shared.cache.link_up(1);
    vouch();
  }

  void step(std::uint64_t number) {
    const std::size_t key = number % key_count;
    const std::string name = name_of_key(key);
    const std::string_view names[] = {name};
    shared_.clock.instant.fetch_add(1, std::memory_order_acq_rel);
    switch ((number / key_count) % 16) {
      case 3: shared_.cache.invalidate(names); publish(key); break;
      case 6: shared_.cache.fence(names); publish(key); break;
      case 9: fill(name, name); publish(key); break;
      case 12: disaster(number); break;
      default: fill(name, {}); break;
    }
    if (number % 64 == 0) {
      vouch();
    }
  }

 private:
  void vouch() { shared_.cache.link_vouched(shared_.clock.now(), 0); }
  /// Then readers may run, also where there are fewer cores than threads.
  void publish(std::size_t key) {
    shared_.gone[key].store(version_, std::memory_order_release);
    std::this_thread::yield();
  }
  void publish_all() {
    for (std::size_t key = 0; key < key_count; ++key) {
      publish(key);
    }
  }

  /// With an `overtaker` the reply is revoked on its way.
  void fill(std::string_view key, std::string_view overtaker) {
    const Query query{.command = "GET", .key = key};
    const Fill fill = shared_.cache.begin_fill(query);
    if (!overtaker.empty()) {
      shared_.cache.invalidate({&overtaker, 1});
    }
    const std::string frame = ":" + std::to_string(++version_) + "\r\n";
    shared_.cache.put(fill, query, ReplyView{frame}, no_expiry);
  }

  void disaster(std::uint64_t number) {
    if (number % key_count != 0) {
      return;
    }
    switch ((number / (key_count * 16)) % 4) {
      case 0: shared_.cache.flush(); publish_all(); break;
      case 1:
        shared_.cache.link_down();
        publish_all();
        shared_.cache.link_up(static_cast<std::int64_t>(number));
        vouch();
        break;
      case 2:
        shared_.clock.instant.fetch_add(2 * max_idle, std::memory_order_acq_rel);
        shared_.phase.fetch_add(1, std::memory_order_acq_rel);
        std::this_thread::yield();
        shared_.phase.fetch_add(1, std::memory_order_acq_rel);
        vouch();
        break;
      default:
        shared_.cache.begin_bypass();
        shared_.phase.fetch_add(1, std::memory_order_acq_rel);
        std::this_thread::yield();
        shared_.phase.fetch_add(1, std::memory_order_acq_rel);
        shared_.cache.end_bypass();
        break;
    }
  }

  Shared& shared_;
  std::uint64_t version_ = 0;
};

TEST(StoreStress, NothingIsServedThatWasRemovedBeforeTheReadBegan) {
  Shared shared;
  Executor executor{shared};
  std::vector<std::thread> readers;
  for (std::size_t reader = 0; reader < 3; ++reader) {
    readers.emplace_back(read_until_stopped, std::ref(shared), reader);
  }
  std::uint64_t number = 0;
  while (number < 10'000 || (shared.cache.stats()->summary().hits < 1'000 && number < 10'000'000)) {
    executor.step(++number);
  }
  shared.stop = true;
  for (std::thread& reader : readers) {
    reader.join();
  }
  EXPECT_EQ(shared.served_removed.load(), 0u);
  EXPECT_EQ(shared.served_without_lease.load(), 0u);
  EXPECT_GE(shared.hits.load(), 1'000u);
  const CacheSummary stats = shared.cache.stats()->summary();
  EXPECT_EQ(stats.hits, shared.hits.load());
  EXPECT_EQ(stats.hits + stats.misses, shared.gets.load());
  EXPECT_LE(shared.cache.keys(), 6u);
  EXPECT_EQ(shared.cache.open_fills(), 0u);
}

}  // namespace
}  // namespace trackside::testing
