// What a program is told of its cache, in which order and how often (trackside/cache_hooks.hpp).
//
// The test is the network and the server; what the hooks said is one line of text, as in "link_up 7; miss GET k".
#include <gtest/gtest.h>

#include "properties/impl/client_talk.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;

/// A client whose hooks are written down.
class HookTalk {
 public:
  explicit HookTalk(CacheOptions options = {}) : talk{{}, with_hooks(std::move(options))} {}

  /// What was told since the last call.
  std::string told() { return std::exchange(told_, {}); }

 private:
  void note(const std::string& what) { told_ += (told_.empty() ? "" : "; ") + what; }

  static std::string name_of(const Query& query) {
    std::string text = std::string{query.command} + ' ' + std::string{query.key};
    for (const std::string_view argument : query.arguments) {
      text += ' ' + std::string{argument};
    }
    return text;
  }

  CacheOptions with_hooks(CacheOptions options) {
    options.hooks.hit = [this](const Query& query) { note("hit " + name_of(query)); };
    options.hooks.miss = [this](const Query& query) { note("miss " + name_of(query)); };
    options.hooks.invalidated = [this](std::string_view key) { note("invalidated " + std::string{key}); };
    options.hooks.flushed = [this] { note("flushed"); };
    options.hooks.revoked = [this](const Query& query) { note("revoked " + name_of(query)); };
    options.hooks.link_up = [this](std::int64_t id) { note("link_up " + std::to_string(id)); };
    options.hooks.link_down = [this] { note("link_down"); };
    return options;
  }

  std::string told_;

 public:
  ClientTalk talk;  // ends first, and tells of it
};

TEST(Hooks, AMissAndAHitAreToldOnceEachWithTheirWholeQuestion) {
  HookTalk hooks;
  hooks.talk.establish();
  EXPECT_EQ(hooks.told(), "link_up 7");
  hooks.talk.cached("hget h f");
  EXPECT_EQ(hooks.told(), "miss HGET h f");
  hooks.talk.ask("HGET h f");
  hooks.talk.answer("v");
  EXPECT_EQ(hooks.told(), "") << "what is sent is not looked up again";
  hooks.talk.cached("HGET h f");
  EXPECT_EQ(hooks.told(), "hit HGET h f");
  hooks.talk.cached("HGET h g");
  EXPECT_EQ(hooks.told(), "miss HGET h g");
  hooks.talk.cached("SET h v");
  hooks.talk.cached("PING");
  EXPECT_EQ(hooks.told(), "") << "no cacheable reads";
}

TEST(Hooks, QuestionsThatMayNotBeCachedAreNoMisses) {
  HookTalk hooks{{.cacheable = [](const Query& query) { return query.key != "k"; }}};
  hooks.talk.establish();
  hooks.told();
  hooks.talk.cached("GET k");
  EXPECT_EQ(hooks.told(), "");
  hooks.talk.cached("GET l");
  EXPECT_EQ(hooks.told(), "miss GET l");
}

TEST(Hooks, APushIsToldKeyByKeyInItsOrderCachedOrNot) {
  HookTalk hooks;
  hooks.talk.establish();
  hooks.talk.keep("GET k", "v");
  hooks.told();
  hooks.talk.say({invalidation({"l", "k", "l"})});
  EXPECT_EQ(hooks.told(), "invalidated l; invalidated k; invalidated l");
  EXPECT_EQ(hooks.talk.cached("GET k"), "miss");
}

TEST(Hooks, AnOwnWriteIsToldWhenItIsSentAndNotAgainAtItsEnd) {
  HookTalk hooks;
  hooks.talk.establish();
  hooks.told();
  hooks.talk.ask("MSET k v l w");
  EXPECT_EQ(hooks.told(), "invalidated k; invalidated l");
  hooks.talk.say({ok});
  EXPECT_EQ(hooks.told(), "");
  hooks.talk.transact({"SET m v", "GET k", "DEL n"});
  EXPECT_EQ(hooks.told(), "invalidated m; invalidated n");
}

TEST(Hooks, WhenTheKeyIsToldItIsGoneAlready) {
  HookTalk hooks;
  hooks.talk.establish();
  hooks.talk.keep("GET k", "v");
  const std::size_t keys_before = hooks.talk.cache->keys();
  hooks.talk.say({invalidation({"k"})});
  EXPECT_EQ(keys_before, 1u);
  EXPECT_EQ(hooks.talk.cache->keys(), 0u);
}

TEST(Hooks, ARevokedReplyIsToldAfterWhatOvertookIt) {
  HookTalk hooks;
  hooks.talk.establish();
  hooks.talk.cached("GET k");
  hooks.talk.ask("GET k");
  hooks.talk.say({invalidation({"k"})});
  EXPECT_EQ(hooks.told(), "link_up 7; miss GET k; invalidated k");
  hooks.talk.answer("v");
  EXPECT_EQ(hooks.told(), "revoked GET k");
  EXPECT_EQ(hooks.talk.answers(), "1 \"v\"");
}

TEST(Hooks, AnOwnWriteRevokesToo) {
  HookTalk hooks;
  hooks.talk.establish();
  hooks.told();
  hooks.talk.ask("GET k");
  hooks.talk.ask("SET k w");
  EXPECT_EQ(hooks.told(), "invalidated k");
  hooks.talk.answer("v");
  EXPECT_EQ(hooks.told(), "revoked GET k");
}

TEST(Hooks, AReplyThatIsRefusedOrFailsIsNotRevoked) {
  HookTalk hooks{{.max_size_bytes = 200, .cache_nil = false}};
  hooks.talk.establish();
  hooks.told();
  const std::vector<std::vector<std::string>> replies = {
      {"_\r\n", ":-2\r\n"}, {"-WRONGTYPE\r\n", ":-1\r\n"}, {bulk(std::string(200, 'x')), ":-1\r\n"}};
  for (const auto& reply : replies) {
    hooks.talk.ask("GET k");
    hooks.talk.say(reply);
    EXPECT_EQ(hooks.told(), "");
  }
}

TEST(Hooks, FlushesAreToldOncePerFlushWhoeverSaysSo) {
  HookTalk hooks;
  hooks.talk.establish();
  hooks.told();
  hooks.talk.say({null_invalidation});
  EXPECT_EQ(hooks.told(), "flushed");
  hooks.talk.cache->reset();
  EXPECT_EQ(hooks.told(), "flushed");
  hooks.talk.node.swaps = 1;
  hooks.talk.runtime.advance(milliseconds{1250});
  hooks.talk.answer_probe(2);
  EXPECT_EQ(hooks.told(), "flushed") << "a swap that the probe saw";
  hooks.talk.ask("SWAPDB 0 1");
  EXPECT_EQ(hooks.told(), "") << "nothing is served until its end";
  hooks.talk.say({ok});
  EXPECT_EQ(hooks.told(), "flushed");
}

TEST(Hooks, ALinkIsToldUpAndDownOnceEachInTurn) {
  HookTalk hooks;
  hooks.talk.establish();
  hooks.talk.keep("GET k", "v");
  EXPECT_EQ(hooks.told(), "link_up 7; hit GET k");
  hooks.talk.link().hang_up();
  EXPECT_EQ(hooks.told(), "link_down") << "what it vouched for goes without a word for each key";
  hooks.talk.runtime.advance(std::chrono::seconds{2});
  hooks.talk.runtime.latest().hang_up();
  EXPECT_EQ(hooks.told(), "") << "an attempt that fails was no link";
  hooks.talk.node.id = 8;
  hooks.talk.reconnect();
  EXPECT_EQ(hooks.told(), "link_up 8");
  hooks.talk.core->stop();
  EXPECT_EQ(hooks.told(), "link_down");
  hooks.talk.core->stop();
  hooks.talk.cache->shutdown();
  EXPECT_EQ(hooks.told(), "");
}

TEST(Hooks, AFillThatTheLinksLossRevokedWasNotDeliveredAndIsNotTold) {
  HookTalk hooks;
  hooks.talk.establish();
  hooks.talk.ask("GET k");
  hooks.told();
  hooks.talk.link().hang_up();
  EXPECT_EQ(hooks.told(), "link_down");
  EXPECT_EQ(hooks.talk.answers(), "1 connection_lost");
}

TEST(Hooks, ADoubtedHitIsAHitAndAMismatchInvalidatesItsKey) {
  HookTalk hooks{{.confidence = 0}};
  hooks.talk.establish();
  hooks.talk.ask("GET k");
  hooks.talk.answer("v");
  hooks.told();
  const auto check = [&](const char* value) {
    Reply doubted;
    hooks.talk.core->cached(command_of("GET k"), doubted);
    hooks.talk.ask("GET k", &doubted);
    hooks.talk.answer(value);
    return hooks.told();
  };
  EXPECT_EQ(check("v"), "hit GET k");
  EXPECT_EQ(check("w"), "hit GET k; invalidated k; revoked GET k") << "the fill that showed it goes too";
}

TEST(Hooks, MgetIsToldPartByPart) {
  HookTalk hooks;
  hooks.talk.establish();
  hooks.talk.keep("GET k", "v");
  hooks.told();
  hooks.talk.cached("MGET k l");
  EXPECT_EQ(hooks.told(), "") << "not all at one moment: the parts are looked up when it is sent";
  hooks.talk.ask("MGET k l");
  EXPECT_EQ(hooks.told(), "hit GET k; miss GET l");
  hooks.talk.say({"*1\r\n" + bulk("w"), ":-1\r\n"});
  EXPECT_EQ(hooks.told(), "");
  hooks.talk.cached("MGET k l");
  EXPECT_EQ(hooks.told(), "hit GET k; hit GET l");
}

TEST(Hooks, NoneIsNeeded) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v");
  talk.say({invalidation({"k"}), null_invalidation});
  talk.link().hang_up();
  EXPECT_EQ(talk.cached("GET k"), "miss");
}

}  // namespace
}  // namespace trackside::testing
