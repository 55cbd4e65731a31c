// The typed calls of `Client` against a real redis-server: values, completion tokens and what is associated with them,
// and errors.
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/redis_process.hpp"
#include "trackside/answered.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
namespace net = boost::asio;
using net::use_awaitable;
using net::use_future;
using MaybeString = std::optional<std::string>;

struct TypedServer : ::testing::Test {
  TypedServer() { redis.start(); }

  RedisProcess redis;
};

class TypedCalls : public TypedServer {
 protected:
  void run(net::awaitable<void> steps) {
    auto done = net::co_spawn(threads.executor(), std::move(steps), use_future);
    ASSERT_EQ(done.wait_for(10s), std::future_status::ready) << "a call hangs";
    done.get();
  }

  Threads threads{2};
  std::shared_ptr<NodeTrackingCache> cache = quick_cache();
  Client client{threads.executor(), quick_options(redis.port()), cache};
};

/// A future of the error. Thrown ones would be freed where the thread sanitizer cannot see it: inside libstdc++.
const auto as_error = use_future([](error_code error, const auto&...) { return error; });

// ---- values ----
// What is expected in braces is compared in a statement of its own: g++ 12 cannot compile one that also awaits.

TEST_F(TypedCalls, StringsAndKeys) {
  run([](Client& server) -> net::awaitable<void> {
    co_await server.async_ping(use_awaitable);
    EXPECT_EQ(co_await server.async_get("k", use_awaitable), std::nullopt);
    co_await server.async_set("k", "v", use_awaitable);
    EXPECT_EQ(co_await server.async_get("k", use_awaitable), "v");
    EXPECT_FALSE(co_await server.async_set_if_absent("k", "w", use_awaitable));
    EXPECT_TRUE(co_await server.async_set_if_absent("new", "w", 1h, use_awaitable));
    co_await server.async_mset({"a", "1", "b", "2"}, use_awaitable);
    const auto values = co_await server.async_mget({"a", "absent", "b"}, use_awaitable);
    EXPECT_EQ(values, (std::vector<MaybeString>{"1", std::nullopt, "2"}));
    EXPECT_EQ(co_await server.async_incrby("a", 41, use_awaitable), 42);
    EXPECT_EQ(co_await server.async_incrbyfloat("b", 0.5, use_awaitable), 2.5);
    EXPECT_EQ(co_await server.async_append("k", "vv", use_awaitable), 3);
    EXPECT_EQ(co_await server.async_strlen("k", use_awaitable), 3);
    EXPECT_EQ(co_await server.async_exists({"k", "k", "absent"}, use_awaitable), 2);
    EXPECT_EQ(co_await server.async_type("k", use_awaitable), "string");
    EXPECT_EQ(co_await server.async_type("absent", use_awaitable), "none");
    EXPECT_EQ(co_await server.async_getdel("k", use_awaitable), "vvv");
    EXPECT_EQ(co_await server.async_del({"a", "absent"}, use_awaitable), 1);
    EXPECT_EQ(co_await server.async_unlink("b", use_awaitable), 1);
    EXPECT_EQ(co_await server.async_publish("channel", "message", use_awaitable), 0);
  }(client));
}

TEST_F(TypedCalls, TimesToLive) {
  run([](Client& server) -> net::awaitable<void> {
    using State = TimeToLive::State;
    EXPECT_EQ((co_await server.async_ttl("k", use_awaitable)).state, State::no_key);
    EXPECT_FALSE(co_await server.async_expire("k", 1h, use_awaitable));
    co_await server.async_set("k", "v", 1h, use_awaitable);
    const TimeToLive left = co_await server.async_ttl("k", use_awaitable);
    EXPECT_EQ(left.state, State::expires);
    EXPECT_GT(left.left, 59min);
    EXPECT_LE(left.left, 1h);
    EXPECT_TRUE(co_await server.async_persist("k", use_awaitable));
    EXPECT_EQ((co_await server.async_ttl("k", use_awaitable)).state, State::persistent);
    EXPECT_TRUE(co_await server.async_expire("k", 1ms, use_awaitable));
  }(client));
  EXPECT_TRUE(eventually([&] { return !client.async_get("k", use_future).get(); }));
}

TEST_F(TypedCalls, HashesAndLists) {
  run([](Client& server) -> net::awaitable<void> {
    using Strings = std::vector<std::string>;
    EXPECT_EQ(co_await server.async_hset("h", {"f", "1", "g", "w"}, use_awaitable), 2);
    EXPECT_EQ(co_await server.async_hget("h", "f", use_awaitable), "1");
    EXPECT_EQ(co_await server.async_hget("h", "absent", use_awaitable), std::nullopt);
    const auto fields = co_await server.async_hmget("h", {"f", "absent"}, use_awaitable);
    EXPECT_EQ(fields, (std::vector<MaybeString>{"1", std::nullopt}));
    const auto all = co_await server.async_hgetall("h", use_awaitable);
    EXPECT_EQ(all, (std::map<std::string, std::string>{{"f", "1"}, {"g", "w"}}));
    EXPECT_EQ(co_await server.async_hincrby("h", "f", 1, use_awaitable), 2);
    EXPECT_TRUE(co_await server.async_hexists("h", "f", use_awaitable));
    EXPECT_EQ(co_await server.async_hdel("h", {"f", "absent"}, use_awaitable), 1);
    EXPECT_EQ(co_await server.async_hlen("h", use_awaitable), 1);
    const auto keys = co_await server.async_hkeys("h", use_awaitable);
    EXPECT_EQ(keys, (Strings{"g"}));
    const auto values = co_await server.async_hvals("h", use_awaitable);
    EXPECT_EQ(values, (Strings{"w"}));
    EXPECT_TRUE((co_await server.async_hgetall("absent", use_awaitable)).empty());

    EXPECT_EQ(co_await server.async_rpush("l", {"b", "c", "d"}, use_awaitable), 3);
    EXPECT_EQ(co_await server.async_lpush("l", "a", use_awaitable), 4);
    const auto middle = co_await server.async_lrange("l", {1, -2}, use_awaitable);
    EXPECT_EQ(middle, (Strings{"b", "c"}));
    EXPECT_EQ(co_await server.async_lindex("l", -1, use_awaitable), "d");
    EXPECT_EQ(co_await server.async_lpop("l", use_awaitable), "a");
    EXPECT_EQ(co_await server.async_rpop("l", use_awaitable), "d");
    EXPECT_EQ(co_await server.async_rpop("absent", use_awaitable), std::nullopt);
    EXPECT_EQ(co_await server.async_llen("l", use_awaitable), 2);
  }(client));
}

TEST_F(TypedCalls, SetsAndSortedSets) {
  run([](Client& server) -> net::awaitable<void> {
    using Strings = std::vector<std::string>;
    EXPECT_EQ(co_await server.async_sadd("s", {"m", "n", "m"}, use_awaitable), 2);
    EXPECT_EQ((co_await server.async_smembers("s", use_awaitable)).size(), 2U);
    EXPECT_EQ(co_await server.async_srem("s", "n", use_awaitable), 1);
    EXPECT_TRUE(co_await server.async_sismember("s", "m", use_awaitable));
    EXPECT_FALSE(co_await server.async_sismember("s", "n", use_awaitable));
    EXPECT_EQ(co_await server.async_scard("s", use_awaitable), 1);

    EXPECT_TRUE(co_await server.async_zadd("z", 1.5, "m", use_awaitable));
    EXPECT_FALSE(co_await server.async_zadd("z", 2.5, "m", use_awaitable));
    EXPECT_EQ(co_await server.async_zincrby("z", -1, "n", use_awaitable), -1.0);
    const auto members = co_await server.async_zrange("z", {}, use_awaitable);
    EXPECT_EQ(members, (Strings{"n", "m"}));
    const auto scored = co_await server.async_zrange_with_scores("z", {}, use_awaitable);
    EXPECT_EQ(scored, (std::vector<std::pair<std::string, double>>{{"n", -1}, {"m", 2.5}}));
    EXPECT_EQ(co_await server.async_zscore("z", "m", use_awaitable), 2.5);
    EXPECT_EQ(co_await server.async_zscore("z", "absent", use_awaitable), std::nullopt);
    EXPECT_EQ(co_await server.async_zrank("z", "m", use_awaitable), 1);
    EXPECT_EQ(co_await server.async_zrem("z", {"m", "absent"}, use_awaitable), 1);
    EXPECT_EQ(co_await server.async_zcard("z", use_awaitable), 1);
  }(client));
}

TEST_F(TypedCalls, ATransactionIsReadAsATuple) {
  run([](Client& server) -> net::awaitable<void> {
    std::vector<Command> commands{{"SET", "k", "v"}, {"INCR", "k"}, {"GET", "k"}};
    const Reply reply = co_await server.async_transaction(std::move(commands), use_awaitable);
    const auto read = reply_as<std::tuple<Answered<void>, Answered<int>, MaybeString>>(reply);
    const auto& [set, increment, get] = read.value();
    EXPECT_TRUE(set);
    EXPECT_EQ(increment.error().text(), "ERR value is not an integer or out of range");
    EXPECT_EQ(get, "v");
  }(client));
}

// ---- errors ----

TEST_F(TypedCalls, AnErrorOfTheServerIsAnErrorWithoutText) {
  client.async_set("k", "v", use_future).get();
  EXPECT_EQ(client.async_lrange("k", {}, as_error).get(), Errc::error_reply);
  EXPECT_EQ(client.async_call<void>({"NOSUCHCOMMAND"}, as_error).get(), Errc::error_reply);
  EXPECT_EQ(client.async_call<int>({"GET", "k"}, as_error).get(), Errc::not_an_integer);
  EXPECT_EQ(client.async_call<std::string>({"GET", "absent"}, as_error).get(), Errc::unexpected_null);
  EXPECT_EQ(client.async_call<int>({"SELECT", "1"}, as_error).get(), Errc::command_not_allowed);
}

TEST_F(TypedCalls, AnAnsweredCallHasTheText) {
  client.async_set("k", "v", use_future).get();
  const auto length = client.async_call<Answered<int>>({"LLEN", "k"}, use_future).get();
  ASSERT_FALSE(length);
  EXPECT_EQ(length.error().code(), "WRONGTYPE");
}

TEST_F(TypedCalls, TheValueOfAnErrorIsEmpty) {
  std::promise<error_code> told;
  client.async_call<std::vector<int>>({"SELECT", "1"}, [&](error_code error, const std::vector<int>& value) {
    EXPECT_TRUE(value.empty());
    told.set_value(error);
  });
  EXPECT_EQ(told.get_future().get(), Errc::command_not_allowed);
}

// ---- the cache ----

TEST_F(TypedCalls, AHitIsReadFromTheCache) {
  client.async_hset("h", {"f", "v"}, use_future).get();
  const Command command{"HGETALL", "h"};
  EXPECT_TRUE(eventually([&] {
    client.async_hgetall("h", use_future).get();
    return is_cached(client, command);
  }));
  const auto hits = cache->stats()->summary().hits;
  EXPECT_EQ(client.async_hgetall("h", use_future).get().at("f"), "v");
  EXPECT_EQ(cache->stats()->summary().hits, hits + 1);
}

// ---- completion tokens, and what is associated with handlers ----

TEST_F(TypedCalls, TakeMoveOnlyHandlers) {
  std::promise<MaybeString> told;
  auto future = told.get_future();
  client.async_get("k", [told = std::move(told)](error_code, MaybeString value) mutable { told.set_value(value); });
  EXPECT_EQ(future.get(), std::nullopt);
  std::promise<error_code> done;
  auto is_done = done.get_future();
  client.async_set("k", "v", [done = std::move(done)](error_code error) mutable { done.set_value(error); });
  EXPECT_FALSE(is_done.get());
}

TEST_F(TypedCalls, ADeferredCallStartsLaterAndMoreThanOnce) {
  auto increment = client.async_incrby("n", 1, net::deferred);
  Client moved{std::move(client)};
  EXPECT_EQ(moved.async_get("n", use_future).get(), std::nullopt) << "nothing has started";
  EXPECT_EQ(increment(use_future).get(), 1);
  EXPECT_EQ(std::move(increment)(use_future).get(), 2);
  client = std::move(moved);
}

TEST_F(TypedCalls, CompleteOnTheHandlersExecutorAndNeverInsideTheInitiation) {
  client.async_set("k", "v", use_future).get();
  EXPECT_TRUE(eventually([&] { return client.async_get("k", use_future).get() && is_cached(client, {"GET", "k"}); }));
  net::io_context own;
  for (const char* key : {"k", "absent"}) {  // a hit, and a command for the server
    bool done = false;
    const auto home = std::this_thread::get_id();
    client.async_get(key, net::bind_executor(own.get_executor(), [&](error_code error, const MaybeString&) {
                       EXPECT_FALSE(error);
                       EXPECT_EQ(std::this_thread::get_id(), home);
                       done = true;
                     }));
    EXPECT_FALSE(done);
    own.run();  // ends only with the completion: the operation is work of its executor
    own.restart();
    EXPECT_TRUE(done);
  }
}

/// Counts what is allocated with it and its copies.
template <class T>
struct CountingAllocator {
  using value_type = T;

  explicit CountingAllocator(std::shared_ptr<std::atomic<int>> count) : allocations(std::move(count)) {}
  template <class U>
  CountingAllocator(const CountingAllocator<U>& other) : allocations(other.allocations) {}  // NOLINT: as allocators do

  T* allocate(std::size_t count) {
    ++*allocations;
    return std::allocator<T>{}.allocate(count);
  }
  void deallocate(T* memory, std::size_t count) { std::allocator<T>{}.deallocate(memory, count); }
  friend bool operator==(const CountingAllocator&, const CountingAllocator&) = default;

  std::shared_ptr<std::atomic<int>> allocations;
};

TEST_F(TypedCalls, AllocateWithTheHandlersAllocator) {
  const auto allocations = std::make_shared<std::atomic<int>>(0);
  std::promise<void> told;
  client.async_get("k", net::bind_allocator(CountingAllocator<char>{allocations},
                                            [&](error_code, const MaybeString&) { told.set_value(); }));
  told.get_future().get();
  EXPECT_GT(*allocations, 0);
}

TEST_F(TypedCalls, AreCancelledThroughTheHandlersSlot) {
  net::cancellation_signal signal;
  std::promise<error_code> told;
  using Popped = std::optional<std::pair<std::string, std::string>>;
  client.async_call<Popped>({"BLPOP", "list", "5"},
                            net::bind_cancellation_slot(signal.slot(), [&](error_code error, const Popped& popped) {
                              EXPECT_EQ(popped, std::nullopt);
                              told.set_value(error);
                            }));
  std::this_thread::sleep_for(50ms);
  signal.emit(net::cancellation_type::terminal);
  auto result = told.get_future();
  ASSERT_EQ(result.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(result.get(), Errc::cancelled);
}

}  // namespace
}  // namespace trackside::testing
