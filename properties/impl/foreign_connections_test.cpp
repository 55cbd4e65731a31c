// A cache whose replies come by connections of somebody else, on threads of somebody else: what may happen between two
// steps of theirs. A `cacheable` hook stands where the other thread gets its turn.
#include <functional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "trackside/node_tracking_cache.hpp"
#include "trackside/reply_builder.hpp"

namespace trackside {
namespace {

using namespace std::chrono_literals;

struct HandClock final : Clock {
  Time now() const override {
    EXPECT_FALSE(is_gone) << "the clock belonged to the client";
    return time;
  }

  Time time{1h};
  bool is_gone = false;
};

constexpr ServerTime server_start = 1'700'000'000'000'000'000;
const Query get_k{.command = "GET", .key = "k"};

class ForeignConnections : public ::testing::Test {
 protected:
  NodeTrackingCache& make(Selection selection, Protocol protocol = Protocol::resp3) {
    cache.emplace(CacheOptions{.tracking = {.delivery = Delivery::redirect, .selection = selection},
                               .cacheable = [this](const Query&) {
                                 std::exchange(meanwhile, [] {})();
                                 return true;
                               }});
    cache->initialize(clock, {.server = "server", .protocol = protocol});
    cache->link_up(1);
    return *cache;
  }
  void vouch() { cache->link_vouched(clock.time, server_start); }
  PutResult put(Fill fill, ServerTime expires_at = no_expiry) {
    return cache->put(fill, get_k, ReplyBuilder{}.bulk_string("v").take(), expires_at);
  }
  bool is_served() {
    Reply ignored;
    return cache->get(get_k, ignored);
  }
  error_code add(std::int64_t id) {
    return cache->register_connection({.client_id = id, .redirect = 1, .asked_at = clock.time});
  }

  HandClock clock;
  std::function<void()> meanwhile = [] {};
  std::optional<NodeTrackingCache> cache;
};

TEST_F(ForeignConnections, ALinkThatIsLostWhileAFillBeginsHasNone) {
  make(Selection::broadcast);
  vouch();
  meanwhile = [this] { cache->link_down(); };
  const Fill fill = cache->begin_fill(get_k, DataConnection{7});
  cache->link_up(2);  // the question is sent before this link tracks, and answered after it vouches
  vouch();
  EXPECT_EQ(put(fill), PutResult::refused_revoked);
  EXPECT_EQ(cache->open_fills(), 0U);
}

TEST_F(ForeignConnections, AReplyThatExpiresIsNotKeptWhereNobodyTellsTheServersTime) {
  make(Selection::broadcast, Protocol::resp2);
  cache->link_vouched(clock.time, std::nullopt);
  EXPECT_EQ(put(cache->begin_fill(get_k, DataConnection{7})), PutResult::kept);
  EXPECT_TRUE(is_served());
  const Fill fill = cache->begin_fill(get_k, DataConnection{7});
  EXPECT_EQ(put(fill, server_start + 1), PutResult::refused_unhealthy);
  EXPECT_FALSE(is_served()) << "the reply was newer than what was kept";
  EXPECT_EQ(cache->open_fills(), 0U);

  cache->data_vouched(DataConnection{8}, clock.time, server_start);  // a connection of the client tells it
  EXPECT_EQ(put(cache->begin_fill(get_k, DataConnection{7}), server_start + 1), PutResult::kept);
  EXPECT_TRUE(is_served());
  clock.time += 1ns;
  EXPECT_FALSE(is_served());
}

TEST_F(ForeignConnections, ALinkThatCannotAskForThemTakesNone) {
  make(Selection::all, Protocol::resp2);
  cache->link_vouched(clock.time, std::nullopt);
  EXPECT_EQ(add(7), Errc::tracking_invalid);
  EXPECT_EQ(cache->begin_fill(get_k, DataConnection{7}), Fill::none);
}

TEST_F(ForeignConnections, OneThatRegistersBeforeTheLinkHasVouchedIsVouchedForByTheNextProbe) {
  make(Selection::all);
  ASSERT_FALSE(add(7));
  vouch();
  EXPECT_EQ(put(cache->begin_fill(get_k, DataConnection{7}), server_start + 1), PutResult::refused_unhealthy);
  cache->data_vouched(DataConnection{7}, clock.time, server_start);
  EXPECT_EQ(put(cache->begin_fill(get_k, DataConnection{7}), server_start + 1), PutResult::kept);
  clock.time += 1ns;
  EXPECT_FALSE(is_served());
}

TEST_F(ForeignConnections, TheClockIsNotAskedOnceTheClientIsGone) {
  make(Selection::all);
  vouch();
  ASSERT_FALSE(add(7));
  const Fill fill = cache->begin_fill(get_k, DataConnection{7});
  cache->shutdown();
  clock.is_gone = true;

  EXPECT_FALSE(is_served());
  Reply ignored[1];
  const ReplyView views[1];
  EXPECT_FALSE(cache->get_all({&get_k, 1}, ignored));
  EXPECT_FALSE(cache->confirm_all({&get_k, 1}, views));
  EXPECT_EQ(put(fill), PutResult::refused_revoked);
  EXPECT_EQ(cache->begin_fill(get_k, DataConnection{7}), Fill::none);
  EXPECT_EQ(add(7), Errc::redirect_mismatch);
  cache->connection_lost(7);
  { const WriteFence everything{*cache}; }
  { const WriteFence one{*cache, {&get_k.key, 1}}; }
  EXPECT_EQ(cache->stats()->summary().misses, 1U);
}

}  // namespace
}  // namespace trackside
