// `Client` against a real redis-server that behaves: coherence, its asynchronous interface, and its end.
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
namespace net = boost::asio;

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() { redis.start({"--unixsocket", socket_path, "--unixsocketperm", "700"}); }

  RedisProcess redis;
  const std::string socket_path = "/tmp/trackside-client-test-" + std::to_string(::getpid()) + ".sock";
  Threads threads{2};
  std::shared_ptr<NodeTrackingCache> cache = quick_cache();
};

class CachingClientTest : public ClientTest {
 protected:
  CachingClientTest() { EXPECT_EQ(ask(other, {"SET", "k", "v1"}), "OK"); }

  Client client{threads.executor(), quick_options(redis.port()), cache};
  Client other{threads.executor(), quick_options(redis.port())};
};

const Command get_k{"GET", "k"};

TEST_F(CachingClientTest, AnswersTheSecondReadFromTheCache) {
  EXPECT_EQ(ask(client, get_k), "v1");
  EXPECT_TRUE(is_cached(client, get_k));
  EXPECT_EQ(ask(client, get_k), "v1");
  EXPECT_GE(cache->stats()->summary().hits, 2U);
  EXPECT_TRUE(client.healthy());
}

TEST_F(CachingClientTest, LetsGoOfWhatAnotherClientWrites) {
  EXPECT_EQ(ask(client, get_k), "v1");
  ASSERT_TRUE(is_cached(client, get_k));
  EXPECT_EQ(ask(other, {"SET", "k", "v2"}), "OK");
  EXPECT_TRUE(eventually([&] { return !is_cached(client, get_k); }));
  EXPECT_EQ(ask(client, get_k), "v2");
  EXPECT_TRUE(is_cached(client, get_k));
}

TEST_F(CachingClientTest, ReadsItsOwnWrites) {
  for (int i = 0; i < 500; ++i) {
    const std::string value = std::to_string(i);
    ASSERT_EQ(ask(client, {"SET", "k", value}), "OK");
    ASSERT_EQ(ask(client, get_k), value);
    ASSERT_EQ(ask(client, get_k), value);
  }
  EXPECT_GE(cache->stats()->summary().hits, 400U);
}

TEST_F(CachingClientTest, NeverServesAKeyBeyondItsTimeToLive) {
  EXPECT_EQ(ask(other, {"SET", "short", "lived", "PX", "150"}), "OK");
  EXPECT_EQ(ask(client, {"GET", "short"}), "lived");
  const auto seen = std::chrono::steady_clock::now();
  EXPECT_TRUE(is_cached(client, {"GET", "short"}));
  EXPECT_TRUE(eventually([&] { return !is_cached(client, {"GET", "short"}); }));
  EXPECT_LE(std::chrono::steady_clock::now() - seen, 170ms);
  EXPECT_TRUE(eventually([&] { return ask(client, {"GET", "short"}) == "(nil)"; }));
}

TEST_F(CachingClientTest, ForgetsEverythingOnFlushall) {
  EXPECT_EQ(ask(client, get_k), "v1");
  EXPECT_EQ(ask(client, {"GET", "absent"}), "(nil)");
  ASSERT_TRUE(is_cached(client, get_k));
  EXPECT_EQ(ask(other, {"FLUSHALL"}), "OK");
  EXPECT_TRUE(eventually([&] { return !is_cached(client, get_k) && !is_cached(client, {"GET", "absent"}); }));
  EXPECT_EQ(ask(client, get_k), "(nil)");
}

TEST_F(CachingClientTest, RefusesCommandsThatWouldChangeTheSession) {
  EXPECT_EQ(ask(client, {"SELECT", "1"}), "command_not_allowed");
  EXPECT_EQ(ask(client, {"CLIENT", "TRACKING", "OFF"}), "command_not_allowed");
  EXPECT_EQ(ask(client, Command{}), "empty_command");
  EXPECT_EQ(ask(client, get_k), "v1");
}

TEST_F(CachingClientTest, GivesTheServersErrorsAsReplies) {
  const Answer answer = execute(client, {"INCR", "k"});
  EXPECT_FALSE(answer.error);
  EXPECT_TRUE(answer.reply.is_error());
}

TEST_F(CachingClientTest, ExecutesTransactionsAndFencesTheirWrites) {
  EXPECT_EQ(ask(client, get_k), "v1");
  const Answer answer = execute_all(client, {{"SET", "k", "t"}, {"GET", "k"}, {"INCR", "n"}});
  ASSERT_FALSE(answer.error);
  ASSERT_EQ(answer.reply.size(), 3U);
  EXPECT_EQ(answer.reply[1].as_string().value(), "t");
  EXPECT_EQ(answer.reply[2].as_integer().value(), 1);
  EXPECT_EQ(ask(client, get_k), "t");
}

TEST_F(CachingClientTest, ReadsWhileABlockingCommandWaits) {
  auto popped = client.async_execute({"BLPOP", "list", "5"}, net::use_future);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ask(client, {"GET", "k" + std::to_string(i)}), "(nil)");
  EXPECT_EQ(popped.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(ask(other, {"RPUSH", "list", "element"}), "(integer) 1");
  ASSERT_EQ(popped.wait_for(5s), std::future_status::ready);
  const Reply reply = popped.get();
  ASSERT_EQ(reply.size(), 2U);
  EXPECT_EQ(reply[1].as_string().value(), "element");
}

TEST_F(CachingClientTest, AnswersTenThousandPipelinedCommandsEachOnceAndInOrder) {
  constexpr int count = 10'000;
  std::vector<std::int64_t> replies;
  std::promise<void> all;
  const auto strand = net::make_strand(threads.executor());
  for (int i = 0; i < count; ++i) {
    client.async_execute({"INCR", "counter"}, net::bind_executor(strand, [&](error_code error, const Reply& reply) {
                           replies.push_back(error ? -1 : reply.as_integer().value());
                           if (replies.size() == count) all.set_value();
                         }));
  }
  ASSERT_EQ(all.get_future().wait_for(10s), std::future_status::ready);
  std::sort(replies.begin(), replies.end());
  for (int i = 0; i < count; ++i) ASSERT_EQ(replies[static_cast<std::size_t>(i)], i + 1);
  EXPECT_EQ(ask(other, {"GET", "counter"}), std::to_string(count));
}

TEST_F(ClientTest, SpeaksThroughAUnixSocket) {
  ClientOptions options = quick_options(1);
  options.endpoint.unix_path = socket_path;
  Client client{threads.executor(), options, cache};
  EXPECT_EQ(ask(client, {"SET", "k", "u"}), "OK");
  EXPECT_EQ(ask(client, get_k), "u");
  EXPECT_TRUE(is_cached(client, get_k));
}

TEST_F(ClientTest, KeepsDatabasesApart) {
  ClientOptions options = quick_options(redis.port());
  options.database = 3;
  Client third{threads.executor(), options, cache};
  Client zeroth{threads.executor(), quick_options(redis.port())};
  EXPECT_EQ(ask(third, {"SET", "k", "three"}), "OK");
  EXPECT_EQ(ask(third, get_k), "three");
  EXPECT_EQ(ask(zeroth, get_k), "(nil)");
}

// ---- the asynchronous interface ----

TEST_F(CachingClientTest, CompletesOnTheHandlersExecutorAndNeverInsideTheInitiation) {
  EXPECT_EQ(ask(client, get_k), "v1");
  net::io_context own;
  for (const Command& command : {get_k, Command{"PING"}}) {  // a hit, and a command for the server
    bool done = false;
    const auto home = std::this_thread::get_id();
    client.async_execute(command, net::bind_executor(own.get_executor(), [&](error_code error, const Reply&) {
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

TEST_F(CachingClientTest, TakesEveryKindOfCompletionToken) {
  EXPECT_EQ(client.async_execute(get_k, net::use_future).get().as_string().value(), "v1");
  auto later = client.async_execute(get_k, net::deferred);
  EXPECT_EQ(std::move(later)(net::use_future).get().as_string().value(), "v1");
  const auto read = [this]() -> net::awaitable<std::string> {
    const Reply reply = co_await client.async_execute({"GET", "k"}, net::use_awaitable);
    co_return std::string{reply.as_string().value()};
  };
  EXPECT_EQ(net::co_spawn(threads.executor(), read(), net::use_future).get(), "v1");
  EXPECT_THROW(client.async_execute({"SELECT", "1"}, net::use_future).get(), boost::system::system_error);
}

struct Cancellable {
  net::cancellation_signal signal;
  std::promise<error_code> result;

  void start(Client& client, Command command) {
    client.async_execute(std::move(command),
                         net::bind_cancellation_slot(signal.slot(), [this](error_code error, const Reply&) {
                           result.set_value(error);
                         }));
  }
};

TEST_F(CachingClientTest, CancelsOneOperationAndNoOther) {
  Cancellable cancelled;
  Cancellable kept;
  cancelled.start(client, {"BLPOP", "list", "5"});
  kept.start(client, {"BLPOP", "list", "5"});
  std::this_thread::sleep_for(50ms);
  cancelled.signal.emit(net::cancellation_type::total);  // promises what a command cannot
  auto result = cancelled.result.get_future();
  EXPECT_EQ(result.wait_for(50ms), std::future_status::timeout);
  cancelled.signal.emit(net::cancellation_type::terminal);
  ASSERT_EQ(result.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(result.get(), Errc::cancelled);
  cancelled.signal.emit(net::cancellation_type::terminal);  // long over
  EXPECT_EQ(ask(other, {"RPUSH", "list", "element"}), "(integer) 1");
  EXPECT_FALSE(kept.result.get_future().get());
}

TEST_F(CachingClientTest, ShutsDownWithCommandsInFlight) {
  auto waiting = client.async_execute({"BLPOP", "list", "5"}, net::use_future);
  std::vector<std::future<Reply>> many;
  for (int i = 0; i < 100; ++i) many.push_back(client.async_execute({"INCR", "n"}, net::use_future));
  client.async_shutdown(net::use_future).get();
  try {
    waiting.get();
    FAIL() << "a shut down command got a reply";
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), Errc::shut_down);
  }
  for (auto& one : many) EXPECT_EQ(one.wait_for(5s), std::future_status::ready);
  EXPECT_FALSE(client.healthy());
  EXPECT_EQ(ask(client, get_k), "shut_down");
  client.async_shutdown(net::use_future).get();
}

TEST_F(ClientTest, AnswersEverythingWhenItIsDestroyed) {
  std::vector<std::future<Reply>> many;
  {
    Client client{threads.executor(), quick_options(redis.port()), cache};
    for (int i = 0; i < 100; ++i) many.push_back(client.async_execute({"BLPOP", "list", "5"}, net::use_future));
  }
  for (auto& one : many) {
    ASSERT_EQ(one.wait_for(5s), std::future_status::ready);
    EXPECT_THROW(one.get(), boost::system::system_error);
  }
}

TEST_F(ClientTest, CanBeMovedOverAnother) {
  Client client{threads.executor(), quick_options(redis.port())};
  auto answered = client.async_execute({"BLPOP", "list", "5"}, net::use_future);
  client = Client{threads.executor(), quick_options(redis.port())};
  EXPECT_THROW(answered.get(), boost::system::system_error);
  EXPECT_EQ(ask(client, {"PING"}), "PONG");
}

TEST_F(ClientTest, LeavesNothingBehindWhenTheIoContextEndsFirst) {
  struct Witness {
    bool& is_gone;
    ~Witness() { is_gone = true; }
  };
  bool is_gone = false;
  {
    net::io_context io;
    const auto wait_for_ever = [&]() -> net::awaitable<void> {
      const Witness witness{is_gone};
      Client client{io.get_executor(), quick_options(redis.port()), cache};
      co_await client.async_execute({"BLPOP", "list", "0"}, net::use_awaitable);
    };
    net::co_spawn(io, wait_for_ever(), net::detached);
    io.run_for(50ms);
    EXPECT_FALSE(is_gone);
  }
  EXPECT_TRUE(is_gone);
}

TEST_F(ClientTest, EndsTheIoContextsWorkWhenItIsDestroyed) {
  net::io_context io;
  auto client = std::make_unique<Client>(io.get_executor(), quick_options(redis.port()), cache);
  client->async_execute({"PING"}, [&](error_code, const Reply&) { client.reset(); });
  io.run();
  EXPECT_EQ(client, nullptr);
}

}  // namespace
}  // namespace trackside::testing
