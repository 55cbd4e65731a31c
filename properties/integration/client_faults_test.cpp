// `Client` against servers that fail, and against servers that are not Redis: every call is answered, by name, and
// nothing stale is served. What is told to whom is the core's; that it holds over sockets is what is tried here.
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "properties/integration/client_harness.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

const Command get_k{"GET", "k"};

// A base of its own, so that the server runs before the clients are made.
struct RunningServer : ::testing::Test {
  RunningServer() { redis.start(); }

  RedisProcess redis;
};

class FaultyServer : public RunningServer {
 protected:
  void fill() {
    ASSERT_EQ(ask(client, {"SET", "k", "v1"}), "OK");
    ASSERT_EQ(ask(client, get_k), "v1");
    ASSERT_TRUE(is_cached(client, get_k));
  }

  Threads threads{2};
  std::shared_ptr<NodeTrackingCache> cache = quick_cache(400ms);
  Client client{threads.executor(), quick_options(redis.port()), cache};
  Client other{threads.executor(), quick_options(redis.port())};
};

TEST_F(FaultyServer, ServesNothingOfALinkThatWasKilled) {
  fill();
  ASSERT_TRUE(eventually([&] { return cache->get_client_id().has_value(); }));
  const std::string id = std::to_string(*cache->get_client_id());
  // The kill and the write are one transaction: no reconnected client can learn of the write by a push.
  const Answer answer = execute_all(other, {{"CLIENT", "KILL", "ID", id}, {"SET", "k", "v2"}});
  ASSERT_FALSE(answer.error) << answer.error.message();
  EXPECT_TRUE(eventually([&] { return !is_cached(client, get_k); }, 390ms));
  EXPECT_TRUE(eventually([&] { return ask(client, get_k) == "v2"; }));
  EXPECT_TRUE(eventually([&] { return client.healthy(); }));
}

TEST_F(FaultyServer, ServesNothingOlderThanMaxIdleOfAFrozenServer) {
  fill();
  redis.signal(SIGSTOP);
  const auto frozen = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([&] { return !is_cached(client, get_k); }));
  EXPECT_LE(std::chrono::steady_clock::now() - frozen, 420ms);
  EXPECT_FALSE(client.healthy());
  for (int i = 0; i < 3; ++i) {
    const Answer answer = execute(client, get_k);
    EXPECT_TRUE(answer.error) << to_text(answer.reply);
    EXPECT_FALSE(is_cached(client, get_k));
  }
  redis.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return ask(client, get_k) == "v1"; }));
  EXPECT_TRUE(eventually([&] { return client.healthy() && is_cached(client, get_k); }));
}

TEST_F(FaultyServer, SurvivesARestartOfTheServer) {
  fill();
  redis.stop();
  EXPECT_TRUE(eventually([&] { return !is_cached(client, get_k); }, 390ms));
  EXPECT_EQ(ask(client, get_k), "connect_failed");
  redis.start();
  EXPECT_TRUE(eventually([&] { return ask(client, get_k) == "(nil)"; }));
  EXPECT_TRUE(eventually([&] { return client.healthy() && is_cached(client, get_k); }));
}

// ---- refusals ----

class Refusal : public ::testing::Test {
 protected:
  std::string answer_of(const ClientOptions& options) {
    Client client{threads.executor(), options, quick_cache()};
    const std::string first = ask(client, {"GET", "k"});
    EXPECT_FALSE(client.healthy());
    EXPECT_EQ(ask(client, {"SET", "k", "v"}), first);
    return first;
  }
  std::string answer_of(const OddServer& server) { return answer_of(quick_options(server.port())); }

  Threads threads{2};
};

TEST_F(Refusal, NobodyListensThere) { EXPECT_EQ(answer_of(quick_options(1)), "connect_failed"); }

TEST_F(Refusal, ThereIsNoSuchHost) {
  ClientOptions options = quick_options(6379);
  options.endpoint.host = std::string(300, 'x');
  EXPECT_EQ(answer_of(options), "connect_failed");
}

TEST_F(Refusal, ThereIsNoSuchSocket) {
  ClientOptions options = quick_options(6379);
  options.endpoint.unix_path = "/tmp/trackside-there-is-no-such-socket";
  EXPECT_EQ(answer_of(options), "connect_failed");
}

TEST_F(Refusal, ThePasswordIsMissingOrWrongOrRight) {
  RedisProcess redis;
  redis.start({"--requirepass", "secret"});
  ClientOptions options = quick_options(redis.port());
  EXPECT_EQ(answer_of(options), "authentication_failed");
  options.password = "guess";
  EXPECT_EQ(answer_of(options), "authentication_failed");
  options.password = "secret";
  Client client{threads.executor(), options, quick_cache()};
  EXPECT_EQ(ask(client, {"SET", "k", "v"}), "OK");
}

TEST_F(Refusal, TheUserMayNotTrack) {
  RedisProcess redis;
  redis.start({"--user", "limited", "on", ">secret", "~*", "+@all", "-client|tracking"});
  ClientOptions options = quick_options(redis.port());
  options.username = "limited";
  options.password = "secret";
  EXPECT_EQ(answer_of(options), "tracking_refused");
}

TEST_F(Refusal, TheDatabaseDoesNotExist) {
  RedisProcess redis;
  redis.start();
  ClientOptions options = quick_options(redis.port());
  options.database = 99;
  EXPECT_EQ(answer_of(options), "handshake_refused");
}

TEST_F(Refusal, TheNodeIsAReplica) {
  RedisProcess primary;
  primary.start();
  RedisProcess replica;
  replica.start({"--replicaof", "127.0.0.1", std::to_string(primary.port())});
  EXPECT_EQ(answer_of(quick_options(replica.port())), "wrong_role");
}

TEST_F(Refusal, TheServerSpeaksHttp) {
  const OddServer server{[](std::string_view heard) -> OddServer::Words {
    if (heard.empty()) return {};
    return {"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true};
  }};
  EXPECT_EQ(answer_of(server), "protocol_error");
}

TEST_F(Refusal, TheServerTalksAtRandom) {
  const OddServer server{[](std::string_view) -> OddServer::Words {
    std::string noise(4000, '\0');
    std::uint64_t state = 1;
    for (char& byte : noise) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      byte = static_cast<char>(state >> 56);
    }
    return {noise};
  }};
  EXPECT_EQ(answer_of(server), "protocol_error");
}

TEST_F(Refusal, TheServerKnowsOnlyRespTwo) {
  const OddServer server{[](std::string_view heard) -> OddServer::Words {
    if (heard.find("HELLO") == heard.npos) return {};
    return {"-ERR unknown command 'HELLO'\r\n-ERR unknown subcommand 'TRACKING'\r\n"};
  }};
  EXPECT_EQ(answer_of(server), "resp3_unsupported");
}

TEST_F(Refusal, TheServerNeverAnswers) {
  const OddServer server{[](std::string_view) { return OddServer::Words{}; }};
  EXPECT_EQ(answer_of(server), "connect_timeout");
}

TEST_F(Refusal, TheServerHangsUpAtOnce) {
  const OddServer server{[](std::string_view) { return OddServer::Words{"", true}; }};
  EXPECT_EQ(answer_of(server), "connect_failed");
}

TEST_F(Refusal, TheServersHelloIsOfAnotherKind) {
  const OddServer server{[](std::string_view heard) -> OddServer::Words {
    if (heard.empty()) return {};
    return {"%1\r\n$6\r\nserver\r\n$5\r\nother\r\n+OK\r\n"};
  }};
  EXPECT_EQ(answer_of(server), "not_redis");
}

TEST_F(Refusal, TheServersReplyHasNoEnd) {
  const OddServer server{[](std::string_view heard) -> OddServer::Words {
    if (heard.empty()) return {};
    return {"$500000000\r\n" + std::string(100'000, 'x')};
  }};
  ClientOptions options = quick_options(server.port());
  options.reply_limits.max_bytes = 1'000'000;
  Client client{threads.executor(), options, quick_cache()};
  EXPECT_TRUE(execute(client, {"GET", "k"}).error);
}

}  // namespace
}  // namespace trackside::testing
