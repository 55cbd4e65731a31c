// Every counter of a client is seen to move, by a conversation that moves it, and nothing else does.
//
// The test is the network and the server. Neighbours: client_talk.hpp; metrics_text_test.cpp (the same as text).
#include <gtest/gtest.h>

#include "properties/impl/client_talk.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Metrics of(const ClientTalk& talk) { return talk.core->metrics(); }

std::uint64_t sum_of(const std::vector<ReasonCount>& counts) {
  std::uint64_t sum = 0;
  for (const ReasonCount& count : counts) {
    sum += count.count;
  }
  return sum;
}

TEST(Metrics, BeforeAnythingHappensAllIsZero) {
  ClientTalk talk;
  const Metrics metrics = of(talk);
  Metrics expected;
  expected.usage = CacheUsage{};
  expected.confidence = 100.0;
  expected.commands_failed = metrics.commands_failed;
  expected.links_lost = metrics.links_lost;
  EXPECT_EQ(to_prometheus(metrics), to_prometheus(expected));
  EXPECT_EQ(sum_of(metrics.commands_failed) + sum_of(metrics.links_lost), 0u);
  EXPECT_EQ(metrics.links_lost.front(), (ReasonCount{Errc::connect_failed, 0}));
  EXPECT_EQ(metrics.links_lost.back(), (ReasonCount{Errc::identity_changed, 0}));
  EXPECT_EQ(metrics.commands_failed.back(), (ReasonCount{Errc::no_data_connection, 0}));
}

TEST(Metrics, AReadIsAMissThatIsKeptAndThenAHit) {
  ClientTalk talk;
  talk.establish();
  EXPECT_TRUE(of(talk).healthy);
  EXPECT_EQ(of(talk).links_established, 1u);
  talk.cached("GET k");
  talk.ask("GET k");
  talk.ask("GET k");
  Metrics metrics = of(talk);
  EXPECT_EQ(metrics.cache, (CacheSummary{.misses = 1}));
  EXPECT_EQ(metrics.commands_in_flight, 2u);
  EXPECT_EQ(metrics.exchanges_outstanding, 1u);
  EXPECT_EQ(metrics.fills_open, 1u);
  EXPECT_EQ(metrics.commands_submitted, 2u);
  EXPECT_EQ(metrics.readers_joined, 1u);
  talk.answer("v1");
  talk.cached("GET k");
  metrics = of(talk);
  EXPECT_EQ(metrics.cache, (CacheSummary{.hits = 1, .misses = 1}));
  EXPECT_EQ(metrics.commands_in_flight + metrics.exchanges_outstanding + metrics.fills_open, 0u);
  EXPECT_EQ(metrics.fills, (FillCounts{.kept = 1}));
  EXPECT_EQ(metrics.usage->keys, talk.cache->keys());
  EXPECT_EQ(metrics.usage->bytes, talk.cache->bytes());
  EXPECT_EQ(metrics.usage->keys, 1u);
}

TEST(Metrics, EveryFillIsCountedByWhatCameOfIt) {
  ClientTalk talk{{}, {.max_size_bytes = 200, .cache_nil = false}};
  talk.establish();
  const auto ask = [&](const std::vector<std::string>& frames) {
    talk.ask("GET k");
    talk.say(frames);
    EXPECT_EQ(of(talk).fills_open, 0u);
    return of(talk).fills;
  };
  EXPECT_EQ(ask({bulk("v"), ":-1\r\n"}), (FillCounts{.kept = 1}));
  EXPECT_EQ(ask({bulk("v"), invalidation({"k"}), ":-1\r\n"}), (FillCounts{.kept = 1, .revoked = 1}));
  EXPECT_EQ(ask({bulk(std::string(200, 'x')), ":-1\r\n"}), (FillCounts{.kept = 1, .revoked = 1, .bounds = 1}));
  EXPECT_EQ(ask({"_\r\n", ":-2\r\n"}), (FillCounts{.kept = 1, .revoked = 1, .bounds = 1, .nil = 1}));
  EXPECT_EQ(ask({"-WRONGTYPE\r\n", ":-1\r\n"}),
            (FillCounts{.kept = 1, .revoked = 1, .bounds = 1, .nil = 1, .abandoned = 1}));
  talk.ask("GET k");
  talk.link().hang_up();
  EXPECT_EQ(of(talk).fills, (FillCounts{.kept = 1, .revoked = 1, .bounds = 1, .nil = 1, .abandoned = 2}));
  EXPECT_EQ(of(talk).fills_open, 0u);
}

TEST(Metrics, AReplyThatOutlivesItsLeaseIsUnhealthyAndOneSentAfterItHasNoFill) {
  ClientTalk talk{{.command_timeout = seconds{60}}, {.max_idle = seconds{4}}};
  talk.establish();
  talk.ask("GET k");
  talk.runtime.advance(milliseconds{3999});
  talk.say({"$1\r\n"});  // bytes keep the link, but only an answered probe renews the lease
  talk.runtime.advance(milliseconds{1});
  EXPECT_FALSE(of(talk).healthy);
  talk.ask("GET l");
  talk.say({"v\r\n", ":-1\r\n"});
  EXPECT_EQ(of(talk).fills, (FillCounts{.unhealthy = 1}));
  talk.answer_probe(2);
  talk.answer("w");
  EXPECT_EQ(of(talk).fills, (FillCounts{.unhealthy = 1, .unopened = 1}));
}

TEST(Metrics, LeaseAgeIsTheTimeSinceTheLastProofWasAskedFor) {
  ClientTalk talk;
  EXPECT_FALSE(of(talk).lease_age);
  talk.establish();
  EXPECT_EQ(of(talk).lease_age, Duration{0});
  talk.runtime.advance(milliseconds{1250});
  EXPECT_EQ(of(talk).lease_age, milliseconds{1250});
  talk.runtime.advance(milliseconds{100});
  talk.answer_probe(2);
  EXPECT_EQ(of(talk).lease_age, milliseconds{100}) << "counted from when it was sent";
  talk.link().hang_up();
  EXPECT_FALSE(of(talk).lease_age);
}

TEST(Metrics, LinksAreCountedByWhyTheyWereLost) {
  ClientTalk talk;
  talk.establish();
  talk.link().hang_up();
  EXPECT_EQ(count_of(of(talk).links_lost, Errc::connection_lost), 1u);
  talk.runtime.advance(seconds{2});
  talk.runtime.latest().hang_up();
  EXPECT_EQ(count_of(of(talk).links_lost, Errc::connect_failed), 1u);
  EXPECT_EQ(of(talk).links_established, 1u);
  talk.reconnect();
  EXPECT_EQ(of(talk).links_established, 2u);
  talk.runtime.advance(seconds{5});
  EXPECT_EQ(count_of(of(talk).links_lost, Errc::idle_breach), 1u);
  EXPECT_EQ(sum_of(of(talk).links_lost), 3u);
  talk.core->stop();
  EXPECT_EQ(count_of(of(talk).links_lost, Errc::shut_down), 1u);
}

TEST(Metrics, FailedCommandsAreCountedByTheirReason) {
  ClientTalk talk{{.max_in_flight = 2}};
  talk.establish();
  talk.ask("GET k");
  talk.core->cancel(talk.ask("SET k v"));
  talk.ask("GET l");
  talk.runtime.run_due();
  EXPECT_EQ(count_of(of(talk).commands_failed, Errc::cancelled), 1u);
  EXPECT_EQ(count_of(of(talk).commands_failed, Errc::too_many_commands), 1u);
  talk.runtime.advance(milliseconds{1250});
  talk.say({bulk("v"), ":-1\r\n", ok});
  talk.answer_probe(2);
  talk.ask("SELECT 1");
  talk.runtime.run_due();
  talk.ask("BLPOP q 1");
  talk.ask("SET k v");
  talk.runtime.advance(seconds{2});
  EXPECT_EQ(count_of(of(talk).commands_failed, Errc::command_not_allowed), 1u);
  EXPECT_EQ(count_of(of(talk).commands_failed, Errc::command_timeout), 1u);
  EXPECT_EQ(count_of(of(talk).commands_failed, Errc::connect_timeout), 1u) << "BLPOP, which got no connection";
  EXPECT_EQ(sum_of(of(talk).commands_failed), 5u);
  EXPECT_EQ(of(talk).commands_submitted, 6u);
  talk.answers();
  talk.core->stop();
  talk.ask("GET k");
  talk.runtime.run_due();
  EXPECT_EQ(count_of(of(talk).commands_failed, Errc::shut_down), 1u);
}

TEST(Metrics, CommandsSubmittedAreThoseThatEndedAndThoseInFlight) {
  ClientTalk talk;
  talk.establish();
  for (const char* text : {"GET k", "GET k", "SET k v", "EVAL script 0", "SELECT 1", "BLPOP q 0", "MGET k l"}) {
    talk.ask(text);
  }
  talk.transact({"SET k v"});
  EXPECT_EQ(of(talk).commands_submitted, 8u);
  EXPECT_EQ(of(talk).commands_in_flight, 8u);
  talk.link().hang_up();
  talk.runtime.run_due();
  EXPECT_EQ(of(talk).commands_in_flight, 0u);
  EXPECT_EQ(sum_of(of(talk).commands_failed), 8u);
}

TEST(Metrics, PushesFlushesBypassesAndBarriers) {
  ClientTalk talk;
  talk.establish();
  talk.say({invalidation({"k", "l"}), invalidation({"m"})});
  EXPECT_EQ(of(talk).invalidation_messages, 2u);
  EXPECT_EQ(of(talk).cache.invalidations, 3u);
  talk.say({null_invalidation});
  EXPECT_EQ(of(talk).flushes, 1u);
  EXPECT_EQ(of(talk).invalidation_messages, 2u);
  talk.ask("EVAL script 0");
  EXPECT_EQ(of(talk).bypasses_begun, 1u);
  talk.say({ok});
  EXPECT_EQ(of(talk).barriers_passed, 0u);
  talk.say({barrier_answer(1)});
  EXPECT_EQ(of(talk).barriers_passed, 1u);
  talk.ask("SWAPDB 0 1");
  talk.say({ok});
  EXPECT_EQ(of(talk).flushes, 2u) << "its own swap, which no push tells of";
  talk.link().hang_up();
  EXPECT_EQ(of(talk).bypasses_begun, 2u);
  EXPECT_EQ(of(talk).barriers_passed, 1u) << "the link's loss ended the second bypass";
}

TEST(Metrics, MgetIsCountedByTheCachesPartInIt) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v");
  talk.ask("MGET k l");
  talk.say({"*1\r\n" + bulk("w"), ":-1\r\n"});
  EXPECT_EQ(of(talk).mget, (MgetCounts{.mixed = 1}));
  EXPECT_EQ(talk.cached("MGET k l"), "[\"v\", \"w\"]");
  EXPECT_EQ(of(talk).mget, (MgetCounts{.cached = 1, .mixed = 1}));
  talk.ask("MGET k m");
  talk.say({invalidation({"k"}), "*1\r\n" + bulk("x"), ":-1\r\n"});
  EXPECT_EQ(of(talk).mget, (MgetCounts{.cached = 1, .mixed = 1, .repeated = 1}));
  talk.say({"*2\r\n" + bulk("v") + bulk("x")});
  EXPECT_EQ(of(talk).commands_in_flight, 0u);
  EXPECT_EQ(of(talk).mget, (MgetCounts{.cached = 1, .mixed = 1, .repeated = 1}));
}

TEST(Metrics, CheckedHitsAndWhatTheyFound) {
  ClientTalk talk{{}, {.confidence = 0, .dynamic_confidence = true}};
  talk.establish();
  talk.ask("GET k");
  talk.answer("v1");
  for (const char* value : {"v1", "v2"}) {
    Reply doubted;
    talk.core->cached(command_of("GET k"), doubted);
    talk.ask("GET k", &doubted);
    talk.answer(value);
  }
  EXPECT_EQ(of(talk).hits_checked, 2u);
  EXPECT_EQ(of(talk).cache.dirty_hits, 1u);
  EXPECT_EQ(of(talk).confidence, 0.0);
}

TEST(Metrics, DataConnectionsAreCountedWhenTheyRegister) {
  ClientTalk talk{{}, {.tracking = {.delivery = Delivery::redirect}}};
  talk.core->start();
  ASSERT_EQ(talk.runtime.attempts(), 2u);
  for (std::size_t index = 0; index < 2; ++index) {
    Peer& peer = talk.runtime.peer(index);
    const Node node{.id = static_cast<std::int64_t>(7 + index)};
    peer.accept();
    peer.say(hello(node) + (peer.heard().find("TRACKING") != std::string::npos ? ok : ""));
    peer.say(joined(probe_answers(1, node)));
  }
  EXPECT_EQ(of(talk).links_established, 2u);
  EXPECT_EQ(of(talk).connections_registered, 0u) << talk.runtime.peer(1).heard();
  talk.runtime.peer(1).say(ok);
  EXPECT_EQ(of(talk).connections_registered, 1u);
}

TEST(Metrics, AClientWithoutACacheHasTheOthers) {
  ScriptedRuntime runtime;
  ClientCore core{runtime, {}, nullptr};
  const Metrics metrics = core.metrics();
  EXPECT_FALSE(metrics.usage || metrics.confidence || metrics.lease_age);
}

/// The counters have a place for every error that there is.
TEST(Metrics, TheLastErrorIsTheLastThatIsCounted) {
  const auto behind = static_cast<Errc>(static_cast<int>(Errc::sentinel_unsupported) + 1);
  EXPECT_EQ(make_error_code(behind).message(), "unknown error") << "ReasonFigures::last is another one now";
}

}  // namespace
}  // namespace trackside::testing
