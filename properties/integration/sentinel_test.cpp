// The client and its cache with real sentinels: the primary is found and followed, and vouched for by a majority.
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "properties/integration/asking.hpp"
#include "properties/integration/client_harness.hpp"
#include "properties/integration/real_sentinels.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

class Sentinels : public ::testing::Test {
 protected:
  static Command get(const std::string& key) { return Command{"GET", key}; }
  std::string read(const std::string& key) { return ask(client_, get(key)); }
  bool becomes_cached(const std::string& key) {
    return eventually([&] { return read(key), is_cached(client_, get(key)); });
  }
  std::string read_at(RedisProcess& server, const std::string& key) {
    return to_text(Asking{server.port()}.ask(get(key)));
  }

  static constexpr auto max_idle = 500ms;
  RealSentinels world_;
  Threads threads_{2};
  std::shared_ptr<TrackingCache> cache_ = std::make_shared<TrackingCache>(CacheOptions{.max_idle = max_idle});
  Client client_{threads_.executor(), world_.options(), cache_};
  Client other_{threads_.executor(), world_.options(3)};
};

TEST_F(Sentinels, LeadToThePrimaryWhoseRepliesAreCachedAndInvalidated) {
  EXPECT_EQ(ask(client_, {"SET", "k", "1"}), "OK");
  EXPECT_TRUE(becomes_cached("k"));
  EXPECT_EQ(ask(other_, {"SET", "k", "2"}), "OK");
  EXPECT_TRUE(eventually([&] { return read("k") == "2"; }));
  EXPECT_TRUE(becomes_cached("k"));
  EXPECT_EQ(ask(client_, {"SET", "k", "3"}), "OK");
  EXPECT_EQ(read("k"), "3") << "its own write";
  std::this_thread::sleep_for(3 * max_idle);
  EXPECT_TRUE(is_cached(client_, get("k"))) << "they go on confirming the primary";
}

TEST_F(Sentinels, OneOfThemMayBeGone) {
  ASSERT_EQ(ask(client_, {"SET", "k", "1"}), "OK");
  world_.sentinel(0).stop();
  std::this_thread::sleep_for(3 * max_idle);
  EXPECT_TRUE(becomes_cached("k")) << "the others were learnt from it";
  world_.sentinel(1).stop();
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get("k")); }, max_idle + 200ms)) << "no majority";
  EXPECT_EQ(read("k"), "1") << "from where it was last";
  std::this_thread::sleep_for(max_idle);
  EXPECT_FALSE((read("k"), is_cached(client_, get("k"))));
}

TEST_F(Sentinels, ADeadPrimaryIsFollowedToItsReplica) {
  ASSERT_EQ(ask(other_, {"SET", "k", "1"}), "OK");
  ASSERT_TRUE(becomes_cached("k"));
  ASSERT_TRUE(eventually([&] { return read_at(world_.replica(), "k") == "\"1\""; }));
  world_.primary().stop();
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get("k")); }, 200ms)) << "its link is gone";
  EXPECT_TRUE(eventually([&] { return ask(other_, {"SET", "k", "2"}) == "OK"; }, 20s));
  EXPECT_TRUE(eventually([&] { return read("k") == "2"; }, 20s));
  EXPECT_TRUE(becomes_cached("k"));
  EXPECT_EQ(read_at(world_.replica(), "k"), "\"2\"");
}

TEST_F(Sentinels, AFailoverByOrderIsFollowedAndNoCommandFailsThatWasNotExecuted) {
  ASSERT_EQ(ask(other_, {"SET", "k", "0"}), "OK");
  ASSERT_TRUE(becomes_cached("k"));
  world_.fail_over();
  int version = 0;
  const auto end = std::chrono::steady_clock::now() + 15s;
  while (read_at(world_.replica(), "k") != "\"" + std::to_string(version) + "\"" || version < 10) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    const std::string next = std::to_string(version + 1);
    const std::string answer = ask(client_, {"SET", "k", next});
    ASSERT_TRUE(answer == "OK" || answer == "connection_lost") << answer;
    if (answer == "OK") {
      ++version;
    }
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(eventually([&] { return becomes_cached("k"); }, 5s));
  EXPECT_EQ(ask(other_, {"SET", "k", "new"}), "OK");
  EXPECT_TRUE(eventually([&] { return read("k") == "new"; })) << "it tells of others' writes";
}

/// It answers PING, and HELLO with role master, for as long as one looks.
TEST_F(Sentinels, AnOldPrimaryThatIsCutOffIsBelievedNoLongerThanTheMajoritysWord) {
  ASSERT_EQ(ask(other_, {"SET", "k", "old"}), "OK");
  ASSERT_TRUE(becomes_cached("k"));
  ASSERT_TRUE(eventually([&] { return read_at(world_.replica(), "k") == "\"old\""; }));
  world_.cut_off_primary();
  ASSERT_TRUE(eventually(
      [&] {
        read("k");
        return world_.named_by(0) == world_.replica().port() && world_.named_by(1) == world_.replica().port();
      },
      20s));
  Asking replica{world_.replica().port()};
  ASSERT_EQ(to_text(replica.ask(Command{"SET", "k", "new"})), "OK") << "the successor is written";
  EXPECT_TRUE(eventually([&] { return read("k") == "new"; }, max_idle + 1500ms));
  EXPECT_EQ(read_at(world_.primary(), "k"), "\"old\"") << "though it is there, and says so";
  const Reply role = Asking{world_.primary().port()}.ask(Command{"ROLE"});
  EXPECT_EQ(role[0].as_string().value(), "master");
  EXPECT_TRUE(becomes_cached("k"));
  world_.let_through();
}

/// Nobody is left to ask, so nothing is served; what is read comes from where the primary was.
TEST_F(Sentinels, WithoutTheirAnswersNothingIsServed) {
  ASSERT_EQ(ask(other_, {"SET", "k", "1"}), "OK");
  ASSERT_TRUE(becomes_cached("k"));
  for (std::size_t index = 0; index < world_.size(); ++index) {
    world_.sentinel(index).signal(SIGSTOP);
  }
  EXPECT_TRUE(eventually([&] { return !is_cached(client_, get("k")); }, max_idle + 150ms));
  EXPECT_FALSE(client_.healthy());
  EXPECT_EQ(read("k"), "1");
  for (std::size_t index = 0; index < world_.size(); ++index) {
    world_.sentinel(index).signal(SIGCONT);
  }
  EXPECT_TRUE(eventually([&] { return becomes_cached("k"); }, 10s));
}

}  // namespace
}  // namespace trackside::testing
