// CLIENT LIST's answer, and what a client does with it: connections of the program's own, registered with its cache,
// are asked for with every probe.
#include <gtest/gtest.h>

#include "link/client_list.hpp"
#include "properties/impl/redirect_talk.hpp"

namespace trackside::testing {
namespace {

using link::redirecting_to;
using std::chrono::milliseconds;
using Ids = std::vector<std::int64_t>;

TEST(ClientList, NamesThoseWhoTrackAndRedirectThere) {
  const std::string_view list =
      "id=31 addr=127.0.0.1:50422 laddr=127.0.0.1:6379 fd=8 name=me age=7 idle=7 flags=t db=0 sub=0 redir=20 resp=2\n"
      "id=32 addr=127.0.0.1:50423 name= flags=N db=0 redir=20 resp=3\n"  // does not track (any more)
      "id=33 addr=127.0.0.1:50424 name= flags=t db=0 redir=21 resp=3\n"  // to somebody else
      "id=34 addr=127.0.0.1:50425 name= flags=xtB db=0 redir=20 resp=3\n"
      "id=35 addr=127.0.0.1:50426 name= flags=t db=0 redir=-1 resp=3\n";
  EXPECT_EQ(redirecting_to(20, list), (Ids{31, 34}));
  EXPECT_EQ(redirecting_to(21, list), (Ids{33}));
  EXPECT_EQ(redirecting_to(-1, list), (Ids{35}));
  EXPECT_EQ(redirecting_to(22, list), Ids{});
}

TEST(ClientList, PassesOverWhatItDoesNotUnderstand) {
  EXPECT_EQ(redirecting_to(20, ""), Ids{});
  EXPECT_EQ(redirecting_to(20, "\n\n \n= =\nid\nid=\n"), Ids{});
  EXPECT_EQ(redirecting_to(20, "id=31 flags=t\n"), Ids{});
  EXPECT_EQ(redirecting_to(20, "id=31 redir=20\n"), Ids{});
  EXPECT_EQ(redirecting_to(20, "flags=t redir=20\n"), Ids{});
  EXPECT_EQ(redirecting_to(20, "id=x flags=t redir=20\n"), Ids{});
  EXPECT_EQ(redirecting_to(20, "id=99999999999999999999 flags=t redir=20\n"), Ids{});
  EXPECT_EQ(redirecting_to(20, "multi-id=31 flags=t redir=20\n"), Ids{});
  EXPECT_EQ(redirecting_to(20, "id=31 name=redir=20 flags=t redir=21\n"), Ids{});
  EXPECT_EQ(redirecting_to(20, "id=31 flags=t redir=20"), (Ids{31})) << "without an end of line";
}

// ---- a program that reads by connections of its own ----

class ForeignTalk : public RedirectTalk {
 public:
  ForeignTalk() : RedirectTalk({.delivery = Delivery::redirect}, {.data_connections = 0}) {
    core->start();
    meet_listener();
  }

  /// The program reads GET k by this connection.
  PutResult read(std::int64_t by, std::string_view value) {
    const Query query{.command = "GET", .key = "k"};
    const Fill fill = cache->begin_fill(query, DataConnection{by});
    const std::string frame = bulk(value);
    return cache->put(fill, query, ReplyView{frame}, no_expiry);
  }
  std::string cached_value() {
    Reply reply;
    return cache->get({.command = "GET", .key = "k"}, reply) ? to_text(reply) : "miss";
  }
  /// The next probe is answered with this list. Returns what was asked.
  std::string probe(std::string_view list) {
    runtime.advance(milliseconds{1250});
    const std::string said = listener_sent();
    answer(said, list);
    return said;
  }
  void answer(std::string_view question, std::string_view list) {
    for (const std::string& frame : answers_to(question, listener_node())) {
      listener().say(frame == ok ? bulk(list) : frame);
    }
  }
};

TEST(ClientList, AConnectionIsAskedForFromItsRegistrationOn) {
  ForeignTalk talk;
  EXPECT_EQ(talk.read(31, "v1"), PutResult::refused_revoked) << "nobody has registered it";
  EXPECT_FALSE(talk.cache->register_connection({.client_id = 31, .redirect = 20}));
  EXPECT_EQ(talk.read(31, "v1"), PutResult::refused_unhealthy) << "the server was not asked yet";
  EXPECT_EQ(talk.probe("id=31 flags=t redir=20\n"),
            "PING trackside:2 | HELLO 3 | TIME | CLIENT LIST ID 31 | LATENCY HISTOGRAM swapdb");
  EXPECT_EQ(talk.read(31, "v1"), PutResult::kept);
  EXPECT_EQ(talk.cached_value(), "\"v1\"");
  talk.invalidate({"k"});
  EXPECT_EQ(talk.cached_value(), "miss");
}

TEST(ClientList, AConnectionThatIsNotThereAnyMoreLosesItsEntries) {
  for (const char* list :
       {"", "\n", "id=31 flags=N redir=-1\n", "id=31 flags=t redir=19\n", "id=32 flags=t redir=20\n"}) {
    ForeignTalk talk;
    EXPECT_FALSE(talk.cache->register_connection({.client_id = 31, .redirect = 20}));
    talk.probe("id=31 flags=t redir=20\n");
    talk.read(31, "v1");
    EXPECT_EQ(talk.cached_value(), "\"v1\"");
    talk.probe(list);
    EXPECT_EQ(talk.cached_value(), "miss") << list;
    EXPECT_EQ(talk.read(31, "v1"), PutResult::refused_revoked) << "until it is registered again";
    EXPECT_EQ(talk.probe(""), probe_text(4)) << "and nobody asks for it";
    EXPECT_TRUE(talk.core->healthy());
  }
}

TEST(ClientList, AnAnswerFromBeforeARegistrationSaysNothingAgainstIt) {
  ForeignTalk talk;
  EXPECT_FALSE(talk.cache->register_connection({.client_id = 31, .redirect = 20}));
  talk.runtime.advance(milliseconds{1250});
  const std::string question = talk.listener_sent();
  talk.runtime.advance(milliseconds{1});
  EXPECT_FALSE(talk.cache->register_connection({.client_id = 31, .redirect = 20})) << "it tracks again by now";
  talk.answer(question, "id=31 flags=N redir=-1\n");
  talk.probe("id=31 flags=t redir=20\n");
  EXPECT_EQ(talk.read(31, "v1"), PutResult::kept);
}

TEST(ClientList, AnAnswerThatIsNoListVouchesForNothing) {
  ForeignTalk talk;
  EXPECT_FALSE(talk.cache->register_connection({.client_id = 31, .redirect = 20}));
  talk.probe("id=31 flags=t redir=20\n");
  const Time asked = talk.runtime.now();
  talk.read(31, "v1");
  for (int probe = 3; probe <= 5; ++probe) {
    talk.runtime.advance(milliseconds{1250});
    for (const std::string& frame : answers_to(talk.listener_sent(), talk.listener_node())) {
      talk.listener().say(frame == ok ? "-NOPERM\r\n" : frame);
    }
    EXPECT_EQ(talk.cached_value(), "\"v1\"");
  }
  talk.runtime.advance(asked + milliseconds{5000} - talk.runtime.now());
  EXPECT_EQ(talk.cached_value(), "miss") << "max_idle after it was last proved";
}

TEST(ClientList, OnlyWhatRedirectsToTheListenerIsRegistered) {
  ForeignTalk talk;
  EXPECT_EQ(talk.cache->register_connection({.client_id = 31, .redirect = 19}), Errc::redirect_mismatch);
  EXPECT_EQ(talk.cache->register_connection({.client_id = 31, .redirect = 20, .noloop = true}), Errc::noloop_unsound);
  EXPECT_FALSE(talk.cache->register_connection({.client_id = 31, .redirect = 20, .asked_at = talk.runtime.now()}));
  EXPECT_EQ(talk.read(31, "v1"), PutResult::kept) << "the program asked the server itself";
  talk.listener().hang_up();
  EXPECT_EQ(talk.cached_value(), "miss");
  talk.listener_returns();
  EXPECT_EQ(talk.cache->register_connection({.client_id = 31, .redirect = 20}), Errc::redirect_mismatch);
  EXPECT_FALSE(talk.cache->register_connection({.client_id = 31, .redirect = 21, .asked_at = talk.runtime.now()}));
  EXPECT_EQ(talk.read(31, "v2"), PutResult::kept);
  talk.cache->connection_lost(31);
  EXPECT_EQ(talk.cached_value(), "miss");
}

}  // namespace
}  // namespace trackside::testing
