// Two caches on one store under threads: readers of either, one that reads pairs, a program that fills by a connection
// of its own, and one that looks at statistics, while the executor writes, loses links, flushes and bypasses.
//
// A key's truth is a version that only grows. The executor first writes it, then tells each cache whose link is up,
// then publishes that what was there before is gone; a read that began after that must not return it. Two keys are
// written together, so that a pair of different versions was never the truth. Built for the tsan preset, as its
// neighbour store_stress_test.cpp. What threads hit too rarely has a test of its own, with the moment made to measure.
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "properties/impl/stress_clock.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {
namespace {

constexpr std::size_t key_count = 8;  // the first two are written together
constexpr std::int64_t max_idle = 1'000;
constexpr std::int64_t programs_connection = 5;

CacheOptions options_on(const std::shared_ptr<CacheStore>& store, const std::shared_ptr<CacheStats>& stats,
                        Delivery delivery) {
  return {.max_idle = Duration{max_idle}, .store = store, .stats = stats, .tracking = {.delivery = delivery}};
}

struct Shared {
  StressClock clock;
  std::shared_ptr<CacheStore> store = std::make_shared<CacheStore>(6, -1);
  std::shared_ptr<CacheStats> stats = std::make_shared<CacheStats>(CacheStatsLimits{.keys_max = 4});
  NodeTrackingCache in_band{options_on(store, stats, Delivery::in_band)};
  NodeTrackingCache redirected{options_on(store, stats, Delivery::redirect)};
  std::array<std::string, key_count> names;
  std::array<std::atomic<std::uint64_t>, key_count> truth{};
  std::array<std::atomic<std::uint64_t>, key_count> gone{};  // versions before this one
  std::array<std::atomic<std::uint64_t>, 2> phases{};        // odd while the cache may serve nothing
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> gets{0};
  std::atomic<std::uint64_t> hits{0};
  std::atomic<std::uint64_t> pairs{0};
  std::atomic<std::uint64_t> kept{0};
  std::atomic<std::uint64_t> served_removed{0};
  std::atomic<std::uint64_t> served_without_lease{0};
  std::atomic<std::uint64_t> torn_pairs{0};
  std::atomic<std::uint64_t> totals_gone_back{0};

  Shared() {
    for (std::size_t key = 0; key < key_count; ++key) {
      names[key] = "key " + std::to_string(key);
      truth[key] = 1;
    }
  }
  NodeTrackingCache& cache(std::size_t which) { return which == 0 ? in_band : redirected; }
  Query query(std::size_t key) const { return {.command = "GET", .key = names[key]}; }
};

std::uint64_t version_of(const Reply& reply) { return static_cast<std::uint64_t>(reply.as_integer().value()); }

void read_until_stopped(Shared& shared, std::size_t which) {
  Reply reply;
  for (std::size_t key = which; !shared.stop.load(std::memory_order_relaxed); key = (key + 1) % key_count) {
    const std::uint64_t phase = shared.phases[which].load(std::memory_order_acquire);
    const std::uint64_t gone = shared.gone[key].load(std::memory_order_acquire);
    shared.gets.fetch_add(1, std::memory_order_relaxed);
    if (shared.cache(which).get(shared.query(key), reply)) {
      shared.hits.fetch_add(1, std::memory_order_relaxed);
      shared.served_removed += version_of(reply) < gone ? 1 : 0;
      const bool same_phase = shared.phases[which].fetch_add(0, std::memory_order_acq_rel) == phase;
      shared.served_without_lease += same_phase && phase % 2 == 1 ? 1 : 0;
    }
  }
}

void read_pairs_until_stopped(Shared& shared) {
  const std::array queries = {shared.query(0), shared.query(1)};
  std::array<Reply, 2> replies;
  while (!shared.stop.load(std::memory_order_relaxed)) {
    const std::uint64_t gone = shared.gone[1].load(std::memory_order_acquire);
    if (shared.in_band.get_all(queries, replies)) {
      shared.pairs.fetch_add(1, std::memory_order_relaxed);
      shared.torn_pairs += version_of(replies[0]) != version_of(replies[1]) ? 1 : 0;
      shared.served_removed += version_of(replies[1]) < gone ? 1 : 0;
      const std::array views = {replies[0].view(), replies[1].view()};
      shared.in_band.confirm_all(queries, views);
    }
  }
}

/// Registers anew whenever the link is another one, as it is to do; now and then it loses its connection.
void fill_until_stopped(Shared& shared) {
  std::int64_t redirect = 0;
  for (std::uint64_t number = 1; !shared.stop.load(std::memory_order_relaxed); ++number) {
    const std::int64_t link = shared.redirected.get_client_id().value_or(0);
    if (link != redirect || number % 500 == 0) {
      shared.redirected.connection_lost(programs_connection);
      const error_code error = shared.redirected.register_connection(
          {.client_id = programs_connection, .redirect = link, .asked_at = shared.clock.now()});
      redirect = error ? 0 : link;
    }
    const std::size_t key = number % key_count;
    const Fill fill = shared.redirected.begin_fill(shared.query(key), DataConnection{programs_connection});
    const std::string frame = ":" + std::to_string(shared.truth[key].load(std::memory_order_acquire)) + "\r\n";
    if (number % 16 == 0) {
      shared.redirected.abandon_fill(fill);
    } else if (shared.redirected.put(fill, shared.query(key), ReplyView{frame}, no_expiry) == PutResult::kept) {
      shared.kept.fetch_add(1, std::memory_order_relaxed);
    }
    if (number % 32 == 0) {
      const std::string_view names[] = {shared.names[key]};
      shared.redirected.seen(names, DataConnection{programs_connection});
    }
    std::this_thread::yield();
  }
}

void look_until_stopped(Shared& shared) {
  CacheSummary before;
  for (std::uint64_t number = 0; !shared.stop.load(std::memory_order_relaxed); ++number) {
    const CacheSummary now = shared.stats->summary();
    shared.totals_gone_back += now.hits < before.hits || now.misses < before.misses ? 1 : 0;
    before = now;
    if (shared.stats->hits().size() > key_count || shared.store->keys() > key_count) {
      ++shared.totals_gone_back;
    }
    if (number % 8 == 0) {
      shared.stats->compact();
    }
    std::this_thread::yield();
  }
}

/// The server, and both clients: one thing after another.
class Executor {
 public:
  explicit Executor(Shared& shared) : shared_(shared) {
    for (std::size_t which : {0, 1}) {
      shared.cache(which).initialize(shared.clock, {.server = "here"});
      link_up(which);
    }
  }

  void step(std::uint64_t number) {
    shared_.clock.instant.fetch_add(1, std::memory_order_acq_rel);
    const std::size_t key = number % key_count;
    switch ((number / key_count) % 8) {
      case 2: write(key < 2 ? 0 : key, key < 2 ? 2 : 1); break;
      case 4: own_write(key); break;
      case 6: disaster(number); break;
      default: fill(key); break;
    }
    if (number % 64 == 0) {
      vouch(0);
      vouch(1);
    }
  }

 private:
  /// To keys from this one on; whoever is connected is told.
  void write(std::size_t first, std::size_t count) {
    std::array<std::string_view, 2> names;
    const std::uint64_t version = shared_.truth[first].load(std::memory_order_relaxed) + 1;
    for (std::size_t key = first; key < first + count; ++key) {
      names[key - first] = shared_.names[key];
      shared_.truth[key].store(version, std::memory_order_release);
    }
    for (std::size_t which : {0, 1}) {
      if (shared_.cache(which).get_client_id()) {
        shared_.cache(which).invalidate({names.data(), count});
      }
    }
    publish(first, first + count);
  }

  void own_write(std::size_t key) {
    const std::string_view names[] = {shared_.names[key]};
    shared_.cache(key % 2).fence(names);
    publish(key, key + 1);
  }

  void publish(std::size_t first, std::size_t end) {
    for (std::size_t key = first; key < end; ++key) {
      shared_.gone[key].store(shared_.truth[key].load(std::memory_order_relaxed), std::memory_order_release);
    }
    std::this_thread::yield();
  }

  void fill(std::size_t key) {
    const Fill fill = shared_.in_band.begin_fill(shared_.query(key));
    const std::string frame = ":" + std::to_string(shared_.truth[key].load(std::memory_order_relaxed)) + "\r\n";
    shared_.in_band.put(fill, shared_.query(key), ReplyView{frame}, no_expiry);
    if (key == 1) {
      std::this_thread::yield();  // a pair may be there
    }
  }

  void vouch(std::size_t which) {
    shared_.cache(which).link_vouched(shared_.clock.now(), 0);
    shared_.cache(which).data_vouched(DataConnection{programs_connection}, shared_.clock.now(), 0);
  }
  void link_up(std::size_t which) {
    shared_.cache(which).link_up(++links_);
    vouch(which);
  }

  /// Nothing may be served by these caches while the phase is odd.
  void hold_off(std::size_t first, std::size_t end) {
    for (int turn = 0; turn < 2; ++turn) {
      for (std::size_t which = first; which < end; ++which) {
        shared_.phases[which].fetch_add(1, std::memory_order_acq_rel);
      }
      std::this_thread::yield();
    }
  }

  void disaster(std::uint64_t number) {
    if (number % key_count != 0) {
      return;
    }
    const std::size_t which = (number / (key_count * 8)) % 2;
    switch ((number / (key_count * 16)) % 4) {
      case 0: shared_.cache(which).flush(); break;
      case 1:
        shared_.cache(which).link_down();
        write(2, 1);
        hold_off(which, which + 1);
        write(0, 2);
        link_up(which);
        break;
      case 2:
        shared_.clock.instant.fetch_add(2 * max_idle, std::memory_order_acq_rel);
        hold_off(0, 2);
        vouch(0);
        vouch(1);
        break;
      default:
        shared_.cache(which).begin_bypass();
        hold_off(0, 2);
        shared_.cache(which).end_bypass();
        break;
    }
  }

  Shared& shared_;
  std::int64_t links_ = 0;
};

TEST(StoreStress, CachesThatShareServeNothingThatWasRemovedAndNoPairThatNeverWas) {
  Shared shared;
  Executor executor{shared};
  std::vector<std::thread> threads;
  threads.emplace_back(read_until_stopped, std::ref(shared), 0);
  threads.emplace_back(read_until_stopped, std::ref(shared), 1);
  threads.emplace_back(read_pairs_until_stopped, std::ref(shared));
  threads.emplace_back(fill_until_stopped, std::ref(shared));
  threads.emplace_back(look_until_stopped, std::ref(shared));
  const auto enough = [&] { return shared.hits >= 1'000 && shared.pairs >= 100 && shared.kept >= 100; };
  for (std::uint64_t number = 1; number < 2'500 || (!enough() && number < 3'000'000); ++number) {
    executor.step(number);
  }
  shared.stop = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_TRUE(enough()) << shared.hits << " hits, " << shared.pairs << " pairs, " << shared.kept << " kept";
  EXPECT_EQ(shared.served_removed.load(), 0u);
  EXPECT_EQ(shared.served_without_lease.load(), 0u);
  EXPECT_EQ(shared.torn_pairs.load(), 0u);
  EXPECT_EQ(shared.totals_gone_back.load(), 0u);
  const CacheSummary stats = shared.stats->summary();
  EXPECT_EQ(stats.hits, shared.hits + 2 * shared.pairs);
  EXPECT_EQ(stats.hits + stats.misses, shared.gets + 2 * shared.pairs);
  EXPECT_LE(shared.store->keys(), 6u);
  EXPECT_EQ(shared.store->open_fills(), 0u);
}

TEST(StoreStress, AFillThatBeginsAsItsLinkIsLostIsRevoked) {
  StressClock clock;
  NodeTrackingCache* cache = nullptr;
  bool armed = false;
  // Called between the look at the lease and the beginning of the fill: what another thread might do just then.
  const auto lose_link = [&](const Query&) {
    if (armed) {
      cache->link_down();
      cache->link_up(2);
    }
    return true;
  };
  NodeTrackingCache owner{
      {.tracking = {.delivery = Delivery::redirect, .selection = Selection::broadcast}, .cacheable = lose_link}};
  cache = &owner;
  owner.initialize(clock, {.server = "here"});
  owner.link_up(1);
  owner.link_vouched(clock.now(), 0);
  const Query query{.command = "GET", .key = "k"};
  armed = true;
  const Fill fill = owner.begin_fill(query, DataConnection{5});
  armed = false;
  // Here the server answers, and then somebody writes: the old link is gone, the new one does not track yet.
  owner.link_vouched(clock.now(), 0);
  EXPECT_EQ(owner.put(fill, query, ReplyView{":1\r\n"}, no_expiry), PutResult::refused_revoked);
}

/// Does something once, when it is asked for the n-th time from now.
class EventfulClock final : public Clock {
 public:
  Time now() const override {
    if (asked_before_ > 0 && --asked_before_ == 0) {
      event_();
    }
    return Time{Duration{1'000'000}};
  }
  void at(int time, std::function<void()> event) { asked_before_ = time, event_ = std::move(event); }

 private:
  mutable int asked_before_ = 0;
  std::function<void()> event_;
};

TEST(StoreStress, OfSeveralNoneMayBeRemovedWhileTheOthersAreLookedUp) {
  EventfulClock clock;
  NodeTrackingCache cache;
  cache.initialize(clock, {.server = "here"});
  cache.link_up(1);
  cache.link_vouched(clock.now(), 0);
  const std::array queries = {Query{.command = "GET", .key = "first"}, Query{.command = "GET", .key = "second"}};
  for (const Query& query : queries) {
    ASSERT_EQ(cache.put(cache.begin_fill(query), query, ReplyView{":1\r\n"}, no_expiry), PutResult::kept);
  }
  std::array<Reply, 2> replies;
  ASSERT_TRUE(cache.get_all(queries, replies));
  // Each look-up judges at a time of its own: the first was found, the second is being looked up.
  clock.at(2, [&] { cache.invalidate({&queries[0].key, 1}); });
  EXPECT_FALSE(cache.get_all(queries, replies));
  EXPECT_EQ(cache.stats()->summary().hits, 2u);
}

}  // namespace
}  // namespace trackside::testing
