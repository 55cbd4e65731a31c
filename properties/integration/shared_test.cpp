// Two clients of one real redis-server whose caches share their memory: what one has read is served to the other, each
// sees its own writes, and the loss of one's connections takes its entries and no others.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/modes.hpp"
#include "properties/integration/proxy.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto max_idle = 400ms;

// A base of its own, so that the server runs before the clients are made.
struct SharedServer : ::testing::TestWithParam<Mode> {
  SharedServer() {
    redis.start();
    proxy = std::make_unique<Proxy>(redis.port());
  }

  RedisProcess redis;
  std::unique_ptr<Proxy> proxy;
};

class Shared : public SharedServer {
 protected:
  Shared() {
    EXPECT_TRUE(eventually([&] { return first.healthy() && second.healthy(); }));
    EXPECT_EQ(first_cache->store(), second_cache->store());
  }
  bool keeps(Client& client, const Command& command, const std::string& value) {
    return eventually([&] { return ask(client, command) == value && is_cached(client, command); });
  }

  Threads threads{2};
  std::shared_ptr<TrackingCache> first_cache = cache_of(GetParam(), max_idle);
  std::shared_ptr<AbstractCache> second_cache = first_cache->share();
  Client first{threads.executor(), options_of(GetParam(), proxy->port(), "first"), first_cache};
  Client second{threads.executor(), options_of(GetParam(), proxy->port(), "second"), second_cache};
  Client other{threads.executor(), quick_options(redis.port())};
};

TEST_P(Shared, WhatOneHasReadIsServedToTheOther) {
  ask(other, {"SET", "p:k", "v1"});
  EXPECT_TRUE(keeps(first, {"GET", "p:k"}, "v1"));
  EXPECT_TRUE(is_cached(second, {"GET", "p:k"}));
  ask(other, {"SET", "p:k", "v2"});
  EXPECT_TRUE(eventually([&] { return !is_cached(second, {"GET", "p:k"}) && !is_cached(first, {"GET", "p:k"}); }));
  EXPECT_TRUE(keeps(second, {"GET", "p:k"}, "v2"));
  EXPECT_TRUE(is_cached(first, {"GET", "p:k"}));
  EXPECT_EQ(first_cache->usage()->keys, 1u);
}

TEST_P(Shared, EachSeesItsOwnWritesWhoeverHasRead) {
  for (int i = 0; i < 200; ++i) {
    Client& writer = i % 2 == 0 ? first : second;
    Client& reader = i % 2 == 0 ? second : first;
    const std::string value = std::to_string(i);
    ask(reader, {"GET", "p:k"});
    if (i % 10 < 8) {
      ASSERT_EQ(ask(writer, {"SET", "p:k", value}), "OK");
    } else {
      ASSERT_EQ(ask(writer, {"EVAL", "return redis.call('SET', 'p:k', ARGV[1])", "0", value}), "OK");
    }
    ASSERT_EQ(ask(writer, {"GET", "p:k"}), value);
    ASSERT_EQ(ask(writer, {"GET", "p:k"}), value);
  }
}

TEST_P(Shared, TheLossOfOnesConnectionsTakesItsEntriesAndNoOthers) {
  ask(other, {"MSET", "p:first", "v1", "p:second", "v1"});
  EXPECT_TRUE(keeps(first, {"GET", "p:first"}, "v1"));
  EXPECT_TRUE(keeps(second, {"GET", "p:second"}, "v1"));
  EXPECT_TRUE(is_cached(second, {"GET", "p:first"}));

  proxy->refuse("first");
  EXPECT_TRUE(eventually([&] { return !is_cached(second, {"GET", "p:first"}); }, max_idle));
  EXPECT_TRUE(is_cached(second, {"GET", "p:second"}));
  EXPECT_TRUE(eventually([&] { return !first.healthy(); }));
  EXPECT_FALSE(is_cached(first, {"GET", "p:second"})) << "who is not healthy is served nothing";
  const auto refused = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - refused < max_idle) {
    ASSERT_TRUE(second.healthy());
    ASSERT_EQ(ask(second, {"GET", "p:second"}), "v1");
  }
  ask(other, {"SET", "p:second", "v2"});
  EXPECT_TRUE(keeps(second, {"GET", "p:second"}, "v2"));

  proxy->admit_all();
  EXPECT_TRUE(eventually([&] { return first.healthy() && is_cached(first, {"GET", "p:second"}); }));
  EXPECT_EQ(ask(first, {"GET", "p:second"}), "v2");
  EXPECT_TRUE(keeps(first, {"GET", "p:first"}, "v1"));
  EXPECT_TRUE(is_cached(second, {"GET", "p:first"}));
}

std::vector<Mode> some_modes() {
  return {mode_named("InBandAll"),
          mode_named("InBandOptIn"),
          mode_named("InBandBroadcast"),
          mode_named("RedirectResp3AllBy3"),
          mode_named("RedirectResp2OptOutBy1"),
          mode_named("RedirectResp2PrefixesBy3")};
}

INSTANTIATE_TEST_SUITE_P(, Shared, ::testing::ValuesIn(some_modes()), ::testing::PrintToStringParamName());

}  // namespace
}  // namespace trackside::testing
