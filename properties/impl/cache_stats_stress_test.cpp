// CacheStats under threads: four count, directly and through two caches, while one compacts and reads.
//
// Who counts publishes before and after each call how many were begun and ended, so that the reader knows between
// which numbers a total has to be. Little room, so that rows are given up all the time. Built for the tsan preset,
// where a silent data race or a wrong order of locks fails it too.
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "properties/impl/hit_shelf.hpp"

namespace trackside::testing {
namespace {

constexpr std::uint64_t rounds_min = 20'000;  // of each thread, and more until there were enough looks
constexpr int looks = 100;
constexpr std::size_t counting_threads = 4;
constexpr std::size_t key_count = 200;

struct Progress {
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> ended{0};

  template <class Call>
  void around(Call call) {
    begun.fetch_add(1, std::memory_order_acq_rel);
    call();
    ended.fetch_add(1, std::memory_order_acq_rel);
  }
};

struct Shared {
  std::shared_ptr<CacheStats> stats = std::make_shared<CacheStats>(CacheStatsLimits{.keys_max = 32});
  HitShelf one{stats, 3};
  HitShelf other{stats, 50};
  Progress hits;
  Progress misses;
  Progress invalidations;
  Progress dirty;
  std::atomic<bool> stop{false};
};

void count(Shared& shared, std::uint64_t seed) {
  for (std::uint64_t round = 0; round < rounds_min || !shared.stop.load(std::memory_order_acquire); ++round) {
    const std::string key = "key " + std::to_string((round * 7 + seed * 31) % key_count);
    HitShelf& shelf = (round + seed) % 2 == 0 ? shared.one : shared.other;
    shared.hits.around([&] { shelf.hit(key); });
    shared.misses.around([&] { shared.stats->count_miss(key); });
    if (round % 2 == 0) {
      shared.hits.around([&] { shared.stats->count_hits(key, 1); });
    }
    if (round % 3 == 0) {
      shared.invalidations.around([&] { shared.stats->count_invalidation(key); });
      shelf.remove(key);
    }
    if (round % 5 == 0) {
      shared.dirty.around([&] { shared.stats->count_dirty(key); });
    }
  }
}

std::uint64_t sum_of(const KeyCounts& figures) {
  std::uint64_t sum = 0;
  for (const auto& [key, count] : figures) {
    sum += count;
  }
  return sum;
}

/// Looks once, and returns the totals for the next look to compare with.
CacheSummary look(Shared& shared, const CacheSummary& before) {
  const std::uint64_t misses_ended = shared.misses.ended.load(std::memory_order_acquire);
  const std::uint64_t invalidations_ended = shared.invalidations.ended.load(std::memory_order_acquire);
  const std::uint64_t dirty_ended = shared.dirty.ended.load(std::memory_order_acquire);
  const CacheSummary now = shared.stats->summary();
  EXPECT_GE(now.misses, misses_ended);
  EXPECT_GE(now.invalidations, invalidations_ended);
  EXPECT_GE(now.dirty_hits, dirty_ended);
  EXPECT_LE(now.hits, shared.hits.begun.load(std::memory_order_acquire));
  EXPECT_LE(now.misses, shared.misses.begun.load(std::memory_order_acquire));
  EXPECT_LE(now.invalidations, shared.invalidations.begun.load(std::memory_order_acquire));
  EXPECT_LE(now.dirty_hits, shared.dirty.begun.load(std::memory_order_acquire));
  EXPECT_GE(now.hits, before.hits);
  const std::uint64_t hits_of_keys = sum_of(shared.stats->hits());
  EXPECT_LE(hits_of_keys, shared.hits.begun.load(std::memory_order_acquire));
  return now;
}

/// Calls `meanwhile` again and again while the threads count, and returns when they are through.
template <class Meanwhile>
void count_in_threads(Shared& shared, Meanwhile meanwhile) {
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < counting_threads; ++thread) {
    threads.emplace_back(count, std::ref(shared), thread);
  }
  for (int times = 0; times < looks; ++times) {
    meanwhile();
    std::this_thread::yield();
  }
  shared.stop.store(true, std::memory_order_release);
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST(CacheStatsStress, TotalsAreExactWhateverIsCompactedMeanwhile) {
  Shared shared;
  CacheSummary seen;
  count_in_threads(shared, [&] {
    seen = look(shared, seen);
    shared.stats->compact();
    HitShelf guest{shared.stats, 2};  // a cache that comes and goes
    for (int hit = 0; hit < 3; ++hit) {
      shared.hits.around([&] { guest.hit("guest"); });
    }
  });
  const CacheSummary end = shared.stats->summary();
  EXPECT_EQ(end.hits, shared.hits.ended.load());
  EXPECT_EQ(end.misses, shared.misses.ended.load());
  EXPECT_EQ(end.invalidations, shared.invalidations.ended.load());
  EXPECT_EQ(end.dirty_hits, shared.dirty.ended.load());
  EXPECT_GE(end.misses, counting_threads * rounds_min);
  EXPECT_LE(shared.stats->misses().size(), 32u);
  shared.stats->compact();
  EXPECT_EQ(shared.stats->summary(), end);
  EXPECT_TRUE(shared.stats->hits().empty());
}

TEST(CacheStatsStress, NothingCountedBeforeAClearIsSeenAfterIt) {
  Shared shared;
  count_in_threads(shared, [&shared] {
    const std::uint64_t hits_ended = shared.hits.ended.load(std::memory_order_acquire);
    const std::uint64_t misses_ended = shared.misses.ended.load(std::memory_order_acquire);
    shared.stats->clear();
    const CacheSummary now = shared.stats->summary();
    EXPECT_LE(now.hits, shared.hits.begun.load(std::memory_order_acquire) - hits_ended);
    EXPECT_LE(now.misses, shared.misses.begun.load(std::memory_order_acquire) - misses_ended);
  });
  shared.stats->clear();
  EXPECT_EQ(shared.stats->summary(), CacheSummary{});
  shared.one.hit("key 1");
  EXPECT_EQ(shared.stats->hits(), (KeyCounts{{"key 1", 1}}));
}

}  // namespace
}  // namespace trackside::testing
