// A cache beside hiredis, on a live server: what is told, what is no longer told, and what the cache makes of it.
// The letters are rows of the attacks on the design: D1 the server closes an idle connection, D2 a library connects
// again by itself, D3 a program changes its session.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "properties/integration/beside_hiredis.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

const Words get_k{"GET", "k"};
const Query query_k{.command = "GET", .key = "k"};

class BesideHiredis : public ServerForHiredis, public ::testing::TestWithParam<Protocol> {
 protected:
  static constexpr auto max_idle = 600ms;

  HiredisConnection::Options server() const { return {.port = redis.port(), .protocol = GetParam()}; }
  void fill() {
    other.ask({"SET", "k", "v1"});
    ASSERT_EQ(ask(reader, get_k), "server v1");
    ASSERT_EQ(ask(reader, get_k), "cache v1");
  }
  std::string id_of(const CachedReader& one) const {
    return std::to_string(static_cast<std::int64_t>(one.connection()));
  }
  std::string id_of_link() { return std::to_string(cache.get_client_id().value()); }
  /// Does this and writes k in one transaction, so that nobody can react between the two.
  void write_together_with(const Words& command) {
    other.ask({"MULTI"});
    other.ask(command);
    other.ask({"SET", "k", "v2"});
    ASSERT_EQ(other.ask({"EXEC"}).size(), 2U);
  }

  Program program{redis.port(), {.max_idle = max_idle}};
  TrackingCache& cache = program.cache();
  HiredisConnection other{server()};
  CachedReader reader{server(), cache, program.clock()};
};

INSTANTIATE_TEST_SUITE_P(EachProtocol, BesideHiredis, hiredis_protocols, name_of_protocol);

TEST_P(BesideHiredis, HitsUntilSomebodyElseWrites) {
  fill();
  other.ask({"SET", "k", "v2"});
  EXPECT_TRUE(eventually([&] { return !is_cached(cache, "k"); }, max_idle / 4));
  EXPECT_EQ(ask(reader, get_k), "server v2");
  EXPECT_EQ(ask(reader, get_k), "cache v2");
}

TEST_P(BesideHiredis, RepliesOfEveryKindComeBackAsTheyWere) {
  other.ask({"HSET", "h", "f", "1"});
  other.ask({"SADD", "s", "a"});
  other.ask({"ZADD", "z", "0.5", "a"});
  for (const Words& words : std::vector<Words>{{"GET", "none"},
                                               {"HGETALL", "h"},
                                               {"SMEMBERS", "s"},
                                               {"STRLEN", "h"},
                                               {"ZSCORE", "z", "a"},
                                               {"HMGET", "h", "f", "g"},
                                               {"EXISTS", "h"}}) {
    const auto first = reader.read(words);
    const auto second = reader.read(words);
    EXPECT_EQ(second.reply, first.reply) << words[0];
    // An error is delivered and not kept.
    EXPECT_EQ(second.from == CachedReader::Origin::cache, !first.reply.is_error()) << words[0];
  }
}

TEST_P(BesideHiredis, KeepsNoFillThatAnInvalidationOvertook) {
  ASSERT_EQ(ask(reader, {"GET", "another"}), "server (nil)");  // is registered by now
  other.ask({"SET", "k", "v1"});
  const Fill fill = cache.begin_fill(query_k, reader.connection());
  ASSERT_TRUE(cache.is_open(fill));
  const Reply reply = reader.tell(get_k);
  ASSERT_EQ(reply.as_string().value(), "v1");
  const int before = program.invalidations();
  other.ask({"SET", "k", "v2"});
  ASSERT_TRUE(eventually([&] { return program.invalidations() > before; }));
  EXPECT_EQ(cache.put(fill, query_k, reply, no_expiry), PutResult::refused_revoked);
  EXPECT_FALSE(is_cached(cache, "k"));
}

TEST_P(BesideHiredis, D1ForgetsWhatAConnectionReadThatTheServerClosed) {
  fill();
  const std::string link = id_of_link();
  const auto killed = SteadyClock::now();
  write_together_with({"CLIENT", "KILL", "ID", id_of(reader)});  // the reader sleeps, and nobody is told of v2
  EXPECT_TRUE(eventually([&] { return !is_cached(cache, "k"); }));
  EXPECT_LE(SteadyClock::now() - killed, max_idle + 20ms);
  EXPECT_TRUE(cache.healthy());
  EXPECT_EQ(id_of_link(), link);
  EXPECT_EQ(ask(reader, get_k), "server v2");  // by a new connection, registered by itself
  EXPECT_EQ(ask(reader, get_k), "cache v2");
}

TEST_P(BesideHiredis, D1ForgetsItAlsoWhenTheServerTellsNothingAnyMore) {
  fill();
  const auto frozen = SteadyClock::now();
  redis.signal(SIGSTOP);
  EXPECT_TRUE(eventually([&] { return !is_cached(cache, "k"); }));
  EXPECT_LE(SteadyClock::now() - frozen, max_idle + 20ms);
  redis.signal(SIGCONT);
}

TEST_P(BesideHiredis, D2KeepsNothingOfAConnectionThatIsNotRegistered) {
  HiredisConnection again{server()};
  again.connect();
  const Fill fill = cache.begin_fill(query_k, DataConnection{again.client_id()});
  EXPECT_EQ(fill, Fill::none);
  EXPECT_EQ(cache.put(fill, query_k, again.ask(get_k), no_expiry), PutResult::refused_revoked);
  EXPECT_FALSE(is_cached(cache, "k"));
}

TEST_P(BesideHiredis, D2BelievesTheNameOfADeadConnectionNoLongerThanMaxIdle) {
  fill();
  const auto killed = SteadyClock::now();
  write_together_with({"CLIENT", "KILL", "ID", id_of(reader)});
  // A program that does not know that its library connected again: it reads by the new one and names the old one.
  HiredisConnection again{server()};
  const auto put_again = [&] {
    const Fill fill = cache.begin_fill(query_k, reader.connection());
    return cache.put(fill, query_k, again.ask(get_k), no_expiry) == PutResult::kept;
  };
  while (put_again()) {
    ASSERT_LE(SteadyClock::now() - killed, max_idle);
  }
  other.ask({"SET", "k", "v3"});
  EXPECT_TRUE(eventually([&] { return !put_again() && !is_cached(cache, "k"); }, max_idle));
  EXPECT_EQ(cache.foreign_connections().size(), 0U);
}

TEST_P(BesideHiredis, D3ForgetsAtOnceWhenTheProgramSaysThatItsSessionChanged) {
  const std::string link = id_of_link();
  const std::vector<std::vector<Words>> changes{
      {{"CLIENT", "TRACKING", "OFF"}, {"CLIENT", "TRACKING", "ON", "REDIRECT", link}}, {{"RESET"}}};
  for (const std::vector<Words>& change : changes) {
    fill();
    const int before = program.invalidations();
    reader.tell(change.front());
    other.ask({"SET", "k", "v2"});  // the server has forgotten who read k
    if (change.size() > 1)
      reader.tell(change.back());
    EXPECT_EQ(program.invalidations(), before);
    cache.connection_lost(static_cast<std::int64_t>(reader.connection()));
    EXPECT_FALSE(is_cached(cache, "k"));
    // The reader finds out that it is not registered any more, and is again.
    EXPECT_TRUE(eventually([&] { return ask(reader, get_k) == "cache v2"; }));
    other.ask({"DEL", "k"});
    EXPECT_TRUE(eventually([&] { return !is_cached(cache, "k"); }));
    if (GetParam() == Protocol::resp3)
      break;  // after RESET this reader would speak RESP2
  }
}

TEST_P(BesideHiredis, ForgetsAtOnceWhenTheLinkIsLostAndComesBack) {
  fill();
  const std::string link = id_of_link();
  write_together_with({"CLIENT", "KILL", "ID", link});
  EXPECT_TRUE(eventually([&] { return !is_cached(cache, "k"); }, max_idle / 4));
  EXPECT_TRUE(eventually([&] { return cache.healthy(); }));
  EXPECT_NE(id_of_link(), link);
  EXPECT_EQ(cache.register_connection(
                {.client_id = static_cast<std::int64_t>(reader.connection()), .redirect = std::stoll(link)}),
            Errc::redirect_mismatch);
  EXPECT_EQ(ask(reader, get_k), "server v2");  // registers
  EXPECT_EQ(ask(reader, get_k), "cache v2");
  other.ask({"SET", "k", "v3"});
  EXPECT_TRUE(eventually([&] { return ask(reader, get_k) == "server v3"; }, max_idle / 4));
}

TEST_P(BesideHiredis, ForgetsEverythingWithFlushall) {
  fill();
  other.ask({"FLUSHALL"});
  EXPECT_TRUE(eventually([&] { return !is_cached(cache, "k"); }, max_idle / 4));
  EXPECT_EQ(ask(reader, get_k), "server (nil)");
  EXPECT_EQ(ask(reader, get_k), "cache (nil)");
}

TEST_P(BesideHiredis, StaysRegisteredAndServesForLongerThanMaxIdle) {
  fill();
  const auto end = SteadyClock::now() + 3 * max_idle;
  while (SteadyClock::now() < end) {
    ASSERT_EQ(ask(reader, get_k), "cache v1");
    std::this_thread::sleep_for(5ms);
  }
}

TEST_P(BesideHiredis, IsNeverServedBeyondTheTimeAtWhichItsKeyExpires) {
  other.ask({"DEBUG", "SET-ACTIVE-EXPIRE", "0"});  // or the server would soon tell of it
  for (const Selection selection : {Selection::all, Selection::broadcast}) {
    Program expiring{redis.port(), {.selection = selection}};
    CachedReader by{server(), expiring.cache(), expiring.clock()};
    other.ask({"SET", "k", "v", "PX", "200"});
    const auto set = SteadyClock::now();
    ASSERT_EQ(ask(by, get_k), "server v");
    while (SteadyClock::now() < set + 201ms)
      std::this_thread::sleep_for(1ms);
    EXPECT_FALSE(is_cached(expiring.cache(), "k")) << "selection " << static_cast<int>(selection);
  }
}

// ---- refusals ----

TEST_P(BesideHiredis, RefusesAConnectionThatForgetsItsOwnWrites) {
  HiredisConnection without_loop{server()};
  without_loop.ask({"CLIENT", "TRACKING", "ON", "REDIRECT", id_of_link(), "NOLOOP"});
  Registration registration = read_tracking_info(without_loop.ask({"CLIENT", "TRACKINGINFO"}));
  registration.client_id = without_loop.client_id();
  EXPECT_EQ(cache.register_connection(registration), Errc::noloop_unsound);
  EXPECT_EQ(cache.begin_fill(query_k, DataConnection{registration.client_id}), Fill::none);
}

TEST_P(BesideHiredis, RefusesAConnectionThatRedirectsElsewhere) {
  HiredisConnection astray{server()};
  other.connect();
  astray.ask({"CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(other.client_id())});
  Registration registration = read_tracking_info(astray.ask({"CLIENT", "TRACKINGINFO"}));
  registration.client_id = astray.client_id();
  EXPECT_EQ(cache.register_connection(registration), Errc::redirect_mismatch);
  EXPECT_EQ(cache.begin_fill(query_k, DataConnection{registration.client_id}), Fill::none);
}

TEST_P(BesideHiredis, DropsAConnectionThatSaysItRedirectsHereAndDoesNot) {
  HiredisConnection liar{server()};
  liar.connect();
  ASSERT_FALSE(cache.register_connection(
      {.client_id = liar.client_id(), .redirect = cache.get_client_id().value(), .asked_at = program.clock().now()}));
  EXPECT_TRUE(eventually([&] { return cache.foreign_connections().empty(); }, max_idle));
}

// ---- broadcast ----

TEST_P(BesideHiredis, HearsOfPrefixesWithoutAnyRegistration) {
  Program broadcast{redis.port(), {.selection = Selection::broadcast, .prefixes = {"user:"}, .max_idle = max_idle}};
  CachedReader by{server(), broadcast.cache(), broadcast.clock()};
  other.ask({"SET", "user:1", "v1"});
  EXPECT_TRUE(eventually([&] { return ask(by, {"GET", "user:1"}) == "cache v1"; }));
  EXPECT_TRUE(broadcast.cache().foreign_connections().empty());
  other.ask({"SET", "user:1", "v2"});
  EXPECT_TRUE(eventually([&] { return ask(by, {"GET", "user:1"}) == "server v2"; }, max_idle / 4));

  EXPECT_EQ(broadcast.cache().begin_fill({.command = "GET", .key = "item:1"}, by.connection()), Fill::none);
  EXPECT_EQ(ask(by, {"GET", "item:1"}), "server (nil)");
  EXPECT_EQ(ask(by, {"GET", "item:1"}), "server (nil)");

  // What this connection read is vouched for by the link alone, whatever becomes of the connection.
  EXPECT_TRUE(eventually([&] { return ask(by, {"GET", "user:1"}) == "cache v2"; }));
  other.ask({"CLIENT", "KILL", "ID", id_of(by)});
  std::this_thread::sleep_for(max_idle);
  EXPECT_EQ(ask(by, {"GET", "user:1"}), "cache v2");
  other.ask({"SET", "user:1", "v3"});
  EXPECT_TRUE(eventually([&] { return ask(by, {"GET", "user:1"}) == "server v3"; }, max_idle / 4));
}

}  // namespace
}  // namespace trackside::testing
