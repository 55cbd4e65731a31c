// What must hold between two steps of one thread, when others take their turns there: a clock that is read is where
// they do. Also what a cache owes to those who read by connections that it does not know.
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "properties/impl/conversation.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

/// A clock in the test's hands. `meanwhile` is what other threads do right after somebody read it.
struct HandClock final : Clock {
  Time now() const override {
    const Time read = time;
    std::exchange(meanwhile, [] {})();
    return read;
  }

  Time time{1h};
  mutable std::function<void()> meanwhile = [] {};
};

constexpr ServerTime server_start = 1'700'000'000'000'000'000;
constexpr ServerTime after_1ms = server_start + 1'000'000;
const Query get_a{.command = "GET", .key = "a"};
const Query get_b{.command = "GET", .key = "b"};

class OneMoment : public ::testing::Test {
 protected:
  NodeTrackingCache& make(TrackingOptions tracking = {}) {
    cache.emplace(CacheOptions{.tracking = std::move(tracking)});
    cache->initialize(clock, {.server = "server"});
    cache->link_up(1);
    cache->link_vouched(clock.time, server_start);
    return *cache;
  }
  PutResult put(Fill fill, const Query& query, std::string_view value, ServerTime expires_at = no_expiry) {
    return cache->put(fill, query, ReplyView{bulk(value)}, expires_at);
  }

  HandClock clock;
  std::optional<NodeTrackingCache> cache;
};

// `a` expires, then somebody writes `b`, and another reader's reply about it is kept: no state of the server has both.
TEST_F(OneMoment, NothingThatHasExpiredGoesWithWhatCameLater) {
  make();
  ASSERT_EQ(put(cache->begin_fill(get_a, {}), get_a, "old", after_1ms), PutResult::kept);
  const Fill fill = cache->begin_fill(get_b, {});
  clock.meanwhile = [&] {
    clock.time += 2ms;
    ASSERT_EQ(put(fill, get_b, "written after a had expired"), PutResult::kept);
  };
  const Query both[] = {get_a, get_b};
  Reply replies[2];
  EXPECT_FALSE(cache->get_all(both, replies)) << to_text(replies[0]) << " and " << to_text(replies[1]);
}

// An older answer that comes late says nothing new of the server's clock.
TEST_F(OneMoment, AnOlderReadingOfTheServersClockTakesNothingBack) {
  make({.delivery = Delivery::redirect, .selection = Selection::broadcast});
  const Time before = clock.time;
  clock.time += 10ms;
  ASSERT_EQ(put(cache->begin_fill(get_a, {}), get_a, "v", server_start + 1'000'000'000), PutResult::kept);
  cache->link_vouched(clock.time, server_start + 3'600'000'000'000);  // its clock was set forward by an hour
  cache->data_vouched(DataConnection{7}, before, server_start);       // asked before that
  Reply reply;
  EXPECT_FALSE(cache->get(get_a, reply));
}

// Of what another connection reads this link hears only if that one redirects to it, which nobody proves in band.
TEST_F(OneMoment, InBandTheLinkVouchesForNoOtherConnection) {
  make();
  EXPECT_TRUE(cache->register_connection({.client_id = 7, .redirect = 1, .asked_at = clock.time}));
  EXPECT_EQ(cache->begin_fill(get_a, DataConnection{7}), Fill::none);
  EXPECT_NE(cache->begin_fill(get_a, {}), Fill::none);
}

TEST_F(OneMoment, BroadcastInBandVouchesForEveryConnection) {
  make({.selection = Selection::broadcast});
  EXPECT_NE(cache->begin_fill(get_a, DataConnection{7}), Fill::none);
}

TEST(OneMomentOfTwoClients, OneOfThemGetsTheCacheAndTheOtherAShare) {
  for (int round = 0; round < 200; ++round) {
    HandClock clock;
    NodeTrackingCache cache{{}};
    std::array<std::shared_ptr<AbstractCache>, 2> given;
    std::array<std::thread, 2> clients;
    for (std::size_t index = 0; index < clients.size(); ++index) {
      clients[index] = std::thread{[&, index] { given[index] = cache.initialize(clock, {.server = "server"}); }};
    }
    for (std::thread& client : clients) {
      client.join();
    }
    EXPECT_EQ((given[0] == nullptr) + (given[1] == nullptr), 1);
  }
}

}  // namespace
}  // namespace trackside::testing
