// One link in each of its roles and modes: the words of its handshake, what a subscriber hears, what a broadcast
// proves, how a data connection is registered. Then every such conversation again, cut, disturbed and ended at every
// step. Neighbour: link_test.cpp, which does the same for the default.
#include <gtest/gtest.h>

#include "properties/impl/link_talk.hpp"

namespace trackside::testing {
namespace {

using link::LinkTraits;
using link::Role;
using std::chrono::milliseconds;

constexpr std::string_view target_is_gone = "-ERR The client ID you want redirect to does not exist\r\n";

TrackingOptions in_band(Selection selection, std::vector<std::string> prefixes = {}) {
  return {.selection = selection, .prefixes = std::move(prefixes)};
}
TrackingOptions redirect(Selection selection, std::vector<std::string> prefixes = {}) {
  return {.delivery = Delivery::redirect, .selection = selection, .prefixes = std::move(prefixes)};
}
Node node_of(const ClientOptions& options, Role role = Role::tracking) {
  const bool flat = options.protocol == Protocol::resp2;
  return {.protocol = flat ? 2 : 3, .flat = flat, .subscriber = flat && role == Role::invalidations};
}

/// What a polite node hears until the link is up.
std::string handshake(ClientOptions options, const LinkTraits& traits) {
  const Node node = node_of(options, traits.role);
  LinkTalk talk{std::move(options), traits};
  talk.begin();
  std::string all;
  for (std::string said = talk.said(); !said.empty(); said = talk.said()) {
    all += (all.empty() ? "" : " / ") + said;
    talk.hear(joined(answers_to(said, node)));
  }
  EXPECT_TRUE(talk.link.is_up());
  return all;
}

TEST(LinkRoles, InBandEachSelectionHasItsWords) {
  const auto said = [](TrackingOptions tracking) {
    return handshake({.database = 2}, {.role = Role::tracking, .tracking = std::move(tracking)});
  };
  const std::string probe = " / " + probe_text(1);
  EXPECT_EQ(said(in_band(Selection::all)), "HELLO 3 | SELECT 2 | CLIENT TRACKING ON" + probe);
  EXPECT_EQ(said(in_band(Selection::opt_in)), "HELLO 3 | SELECT 2 | CLIENT TRACKING ON OPTIN" + probe);
  EXPECT_EQ(said(in_band(Selection::opt_out)), "HELLO 3 | SELECT 2 | CLIENT TRACKING ON OPTOUT" + probe);
  const std::string two_probes = probe + " / " + probe_text(2);
  EXPECT_EQ(said(in_band(Selection::broadcast)), "HELLO 3 | SELECT 2 | CLIENT TRACKING ON BCAST" + two_probes);
  EXPECT_EQ(said(in_band(Selection::broadcast, {"a:", "b:"})),
            "HELLO 3 | SELECT 2 | CLIENT TRACKING ON BCAST PREFIX a: PREFIX b:" + two_probes);
}

TEST(LinkRoles, ADataConnectionOnlyIntroducesItself) {
  for (const Selection selection : {Selection::all, Selection::broadcast}) {
    const LinkTraits traits{.role = Role::data, .tracking = redirect(selection)};
    EXPECT_EQ(handshake({.client_name = "me", .database = 2}, traits),
              "HELLO 3 SETNAME me | SELECT 2 / " + probe_text(1));
    EXPECT_EQ(handshake({.password = "p", .database = 2, .protocol = Protocol::resp2}, traits),
              "HELLO 2 AUTH default p | SELECT 2 / " + probe_text(1, 2));
  }
}

TEST(LinkRoles, TheConnectionOfInvalidationsTracksOnlyWhatIsBroadcast) {
  const auto said = [](Protocol protocol, TrackingOptions tracking) {
    return handshake({.username = "u", .password = "p", .client_name = "me", .database = 2, .protocol = protocol},
                     {.role = Role::invalidations, .tracking = std::move(tracking)});
  };
  const std::string introduction = "HELLO 3 AUTH u p SETNAME me";
  for (const Selection selection : {Selection::all, Selection::opt_in, Selection::opt_out}) {
    EXPECT_EQ(said(Protocol::resp3, redirect(selection)), introduction + " / " + probe_text(1));
    EXPECT_EQ(said(Protocol::resp2, redirect(selection)),
              "HELLO 2 AUTH u p SETNAME me / SUBSCRIBE __redis__:invalidate / PING trackside:1");
  }
  const std::string two_probes = " / " + probe_text(1) + " / " + probe_text(2);
  EXPECT_EQ(said(Protocol::resp3, redirect(Selection::broadcast, {"a:"})),
            introduction + " | CLIENT TRACKING ON BCAST PREFIX a:" + two_probes);
  EXPECT_EQ(said(Protocol::resp2, redirect(Selection::broadcast, {"a:"})),
            "HELLO 2 AUTH u p SETNAME me / CLIENT TRACKING ON REDIRECT 7 BCAST PREFIX a: | "
            "SUBSCRIBE __redis__:invalidate / PING trackside:1 / PING trackside:2");
}

TEST(LinkRoles, RefusalsOfASubscriberHaveNames) {
  const Node node = node_of({.protocol = Protocol::resp2});
  const std::pair<std::string, std::string> refusals[] = {
      {hello(), "failed not_redis"},  // a map, where RESP2 has none
      {"-ERR unknown command 'HELLO'\r\n", "failed resp3_unsupported"},
      {hello(node) + "-NOPERM tracking\r\n", "failed tracking_refused"},
      {hello(node) + ok + "-NOPERM channel\r\n", "failed tracking_refused"},
      {hello(node) + ok + ok, "failed tracking_refused"},  // no confirmation of a subscription
      {hello(node) + ok + "*3\r\n+subscribe\r\n+__redis__:invalidate\r\n:1\r\n-ERR\r\n", "failed handshake_refused"},
      {hello(node) + ok + "*3\r\n+subscribe\r\n+__redis__:invalidate\r\n:1\r\n*2\r\n+pong\r\n+other\r\n",
       "failed identity_changed"},
  };
  for (const auto& [bytes, expected] : refusals) {
    LinkTalk talk{{.protocol = Protocol::resp2},
                  {.role = Role::invalidations, .tracking = redirect(Selection::broadcast)}};
    talk.begin();
    EXPECT_EQ(talk.hear(bytes), expected) << bytes;
  }
}

// ---- what a subscriber hears ----

/// A link that has just come up, and has something to say on.
struct RoleTalk : LinkTalk {
  RoleTalk(Protocol protocol, LinkTraits traits)
      : LinkTalk({.protocol = protocol}, traits), node(node_of(options, traits.role)) {
    begin();
    answer_all();
    EXPECT_TRUE(link.is_up());
  }
  /// Answers what the link says until it says no more.
  std::string answer_all() {
    std::string told;
    for (std::string said_now = said(); !said_now.empty(); said_now = said()) {
      const std::string events = hear(joined(answers_to(said_now, node)));
      told += (told.empty() || events.empty() ? "" : "; ") + events;
    }
    return told;
  }

  Node node;
};

TEST(LinkRoles, ASubscriberHearsItsMessagesAsArrays) {
  RoleTalk talk{Protocol::resp2, {.role = Role::invalidations, .tracking = redirect(Selection::all)}};
  EXPECT_EQ(talk.hear(message(array_of({"a", "b"}))), "invalidate [\"a\", \"b\"]");
  EXPECT_EQ(talk.hear(message("$-1\r\n")), "flush") << "told by a tracker in RESP2";
  EXPECT_EQ(talk.hear(message("*-1\r\n")), "flush");
  EXPECT_EQ(talk.hear(message("_\r\n")), "flush") << "told by a tracker in RESP3, in its spelling";
  EXPECT_EQ(talk.hear(message(bulk("junk"))), "") << "published by anybody";
  EXPECT_EQ(talk.hear(message(array_of({"k"}), "another")), "");
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.said(), "PING trackside:2") << "all that it may say";
  EXPECT_EQ(talk.hear(message(array_of({"k"})) + "*2\r\n" + bulk("pong") + bulk("trackside:2")),
            "invalidate [\"k\"]; vouched");
  EXPECT_FALSE(talk.last.server_time) << "nobody asked";
}

TEST(LinkRoles, AMessageThatNamesNoKeysEndsTheSubscription) {
  for (const char* payload : {":5\r\n", "*1\r\n:5\r\n", "*1\r\n*0\r\n", "+k\r\n"}) {
    RoleTalk talk{Protocol::resp2, {.role = Role::invalidations, .tracking = redirect(Selection::all)}};
    EXPECT_EQ(talk.hear(message(payload)), "failed protocol_error") << payload;
  }
}

TEST(LinkRoles, ASubscribersBarrierIsAPing) {
  RoleTalk talk{Protocol::resp2, {.role = Role::invalidations, .tracking = redirect(Selection::all)}};
  EXPECT_FALSE(talk.link.sees_swaps());
  talk.link.send_barrier(9);
  EXPECT_EQ(talk.said(), "PING trackside:9");
  EXPECT_EQ(talk.hear(message(array_of({"k"})) + "*2\r\n" + bulk("pong") + bulk("trackside:9")),
            "invalidate [\"k\"]; barrier 9");
  EXPECT_EQ(talk.hear("*2\r\n" + bulk("pong") + bulk("")), "failed protocol_error") << "nobody asked";
}

TEST(LinkRoles, AnArrayThatLooksLikeAMessageIsAReplyToWhoeverIsNotSubscribed) {
  RoleTalk talk{Protocol::resp2, {.role = Role::data, .tracking = redirect(Selection::all)}};
  talk.link.expect(5, 1);
  EXPECT_EQ(talk.hear(message(array_of({"k"}))), "reply 5 [\"message\", \"__redis__:invalidate\", [\"k\"]]");
}

// ---- what a broadcast proves ----

TEST(LinkRoles, ABroadcastVouchesOneProbeLater) {
  LinkTalk talk{{}, {.tracking = in_band(Selection::broadcast)}};
  talk.begin();
  talk.hear(hello() + ok);
  talk.said();
  const Time first = talk.now;
  EXPECT_EQ(talk.wait(milliseconds{10}), "");
  EXPECT_EQ(talk.hear(joined(probe_answers(1))), "") << "what was written before it may still be on its way";
  EXPECT_FALSE(talk.link.is_up());
  EXPECT_EQ(talk.said(), probe_text(2)) << "at once, and not before the answer was here";
  const Time second = talk.now;
  EXPECT_EQ(talk.wait(milliseconds{10}), "");
  EXPECT_EQ(talk.hear(joined(probe_answers(2))), "up; vouched");
  EXPECT_EQ(talk.last.anchor, first);
  EXPECT_EQ(talk.last.server_time, 1'700'000'000'000'000'000 - 10'000'000) << "as of the anchor, at the latest";

  talk.wait(milliseconds{1240});
  EXPECT_EQ(talk.said(), probe_text(3));
  EXPECT_EQ(talk.hear(joined(probe_answers(3))), "vouched");
  EXPECT_EQ(talk.last.anchor, second);
}

TEST(LinkRoles, ABroadcastIsNotVouchedForByAProbeThatABusyServerRefused) {
  LinkTalk talk{{}, {.tracking = in_band(Selection::broadcast)}};
  talk.begin();
  talk.hear(hello() + ok);
  talk.hear(joined(probe_answers(1)));
  talk.hear(joined(probe_answers(2)));
  const Time second = talk.now;
  auto refused = probe_answers(3);
  refused[0] = "-BUSY script\r\n";  // what follows is answered all the same
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.hear(joined(refused)), "");
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.hear(joined(probe_answers(4))), "vouched");
  EXPECT_EQ(talk.last.anchor, second) << "the last one that was answered before this one was sent";
}

TEST(LinkRoles, ANewSessionOfBroadcastsProvesItselfAnew) {
  LinkTalk talk{{}, {.tracking = in_band(Selection::broadcast)}};
  for (int session = 0; session < 2; ++session) {
    talk.begin();
    talk.hear(hello() + ok);
    const Time first = talk.now;
    talk.wait(milliseconds{10});
    EXPECT_EQ(talk.hear(joined(probe_answers(1))), "");
    EXPECT_EQ(talk.hear(joined(probe_answers(2))), "up; vouched");
    EXPECT_EQ(talk.last.anchor, first);
    talk.link.end();
    talk.said();
    talk.now += milliseconds{500};
  }
}

// ---- registration, and asking for others ----

TEST(LinkRoles, ADataConnectionIsRegisteredByOneCommand) {
  RoleTalk talk{Protocol::resp3, {.role = Role::data, .tracking = redirect(Selection::opt_in)}};
  const Time asked = talk.now;
  talk.link.register_redirect(talk.now, 20);
  EXPECT_EQ(talk.said(), "CLIENT TRACKING ON REDIRECT 20 OPTIN");
  talk.wait(milliseconds{10});
  EXPECT_EQ(talk.hear(ok), "registered 20");
  EXPECT_EQ(talk.last.anchor, asked);
  talk.link.register_redirect(talk.now, 21);
  EXPECT_EQ(talk.hear(target_is_gone), "redirect_lost 21");
  EXPECT_EQ(talk.hear(">2\r\n+tracking-redir-broken\r\n:20\r\n"), "redirect_lost 20");
  EXPECT_EQ(talk.hear(">2\r\n+tracking-redir-broken\r\n+what\r\n"), "redirect_lost 0");
  EXPECT_EQ(talk.hear(invalidation({"k"})), "") << "tells the other connection";
  talk.link.register_redirect(talk.now, 22);
  EXPECT_EQ(talk.hear("-NOPERM\r\n"), "failed tracking_refused");
}

TEST(LinkRoles, AProbeAsksForForeignConnections) {
  RoleTalk talk{Protocol::resp3, {.role = Role::invalidations, .tracking = redirect(Selection::all)}};
  talk.link.set_foreign({31, 32});
  EXPECT_EQ(talk.wait(milliseconds{1250}), "");
  const Time asked = talk.now;
  EXPECT_EQ(talk.said(), "PING trackside:2 | HELLO 3 | TIME | CLIENT LIST ID 31 32 | LATENCY HISTOGRAM swapdb");
  auto answers = probe_answers(2);
  answers.insert(answers.begin() + 3, bulk("id=31 flags=t redir=7\n"));
  EXPECT_EQ(talk.hear(joined({answers.begin(), answers.begin() + 4})), "listed");
  EXPECT_EQ(talk.last.anchor, asked);
  EXPECT_EQ(talk.last.server_time, 1'700'000'000'000'000'000);
  EXPECT_EQ(talk.link.foreign(), (std::vector<std::int64_t>{31, 32}));
  EXPECT_EQ(talk.hear(answers[4]), "vouched");

  talk.wait(milliseconds{1250});
  answers = probe_answers(3);
  answers.insert(answers.begin() + 3, "-NOPERM\r\n");
  EXPECT_EQ(talk.hear(joined(answers)), "vouched") << "the link itself is proved";
  talk.wait(milliseconds{1250});
  answers = probe_answers(4);
  answers[0] = "-BUSY script\r\n";
  answers.insert(answers.begin() + 3, bulk("id=31 flags=t redir=7\n"));
  EXPECT_EQ(talk.hear(joined(answers)), "") << "nothing is proved";
  talk.link.set_foreign({});
  talk.wait(milliseconds{1250});
  talk.said();
  talk.wait(milliseconds{10});
}

// ---- every conversation again, disturbed ----

struct Setting {
  std::string name;
  Protocol protocol;
  Role role;
  TrackingOptions tracking;
};

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const Selection selection : {Selection::all, Selection::opt_in, Selection::opt_out, Selection::broadcast}) {
    const std::string name = std::to_string(static_cast<int>(selection));
    all.push_back({"in band " + name, Protocol::resp3, Role::tracking, in_band(selection)});
    for (const Protocol protocol : {Protocol::resp3, Protocol::resp2}) {
      const std::string of = protocol == Protocol::resp3 ? " RESP3 " : " RESP2 ";
      all.push_back({"data" + of + name, protocol, Role::data, redirect(selection)});
      all.push_back({"invalidations" + of + name, protocol, Role::invalidations, redirect(selection)});
    }
  }
  return all;
}

/// Plays a whole session: handshake, what the role does (a registration, invalidations), a barrier, the next probe.
struct Session {
  explicit Session(const Setting& of)
      : setting(of),
        node(node_of({.protocol = of.protocol}, of.role)),
        talk({.database = 1, .protocol = of.protocol}, {.role = of.role, .tracking = of.tracking}) {}

  void play() {
    talk.begin();
    answer_all();
    if (!talk.link.is_up()) {
      return;
    }
    const bool subscriber = setting.protocol == Protocol::resp2 && setting.role == Role::invalidations;
    if (setting.role == Role::data) {
      talk.link.register_redirect(talk.now, 20);
    } else {
      hear(subscriber ? message(array_of({"k"})) : invalidation({"k"}));
      hear(subscriber ? message("$-1\r\n") : null_invalidation);
    }
    talk.link.send_barrier(9);
    answer_all();
    note(talk.wait(milliseconds{1250}));
    answer_all();
  }

  void answer_all() {
    for (std::string said = talk.said(); !said.empty(); said = talk.said()) {
      for (const std::string& frame : answers_to(said, node)) {
        hear(frame);
      }
    }
  }

  void hear(std::string_view frame) {
    const bool is_push = frame.front() == '>' || frame.find("message") != frame.npos;
    const bool replaces = step++ == disturbed && !(is_push && injected.front() == '-');
    frame = replaces ? injected : frame;
    while (!frame.empty() && left > 0) {
      const std::size_t size = std::min({chunk, frame.size(), left});
      note(talk.hear(frame.substr(0, size)));
      frame.remove_prefix(size);
      left -= size;
    }
  }

  void note(const std::string& events) {
    if (!events.empty()) {
      EXPECT_FALSE(failed()) << "nothing after a failure, but: " << events;
      told += (told.empty() ? "" : "; ") + events;
    }
  }
  bool failed() const { return told.find("failed") != std::string::npos; }

  const Setting& setting;
  Node node;
  LinkTalk talk;
  std::size_t chunk = SIZE_MAX;      // at most so many bytes at once
  std::size_t left = SIZE_MAX;       // bytes until the connection ends
  std::size_t disturbed = SIZE_MAX;  // the frame that `injected` replaces
  std::string injected = "-ERR injected\r\n";
  std::size_t step = 0;
  std::string told;
};

std::string undisturbed(const Setting& setting) {
  const std::string vouched = setting.role == Role::data ? "registered 20" : "invalidate [\"k\"]; flush";
  return "up; vouched; " + vouched + "; barrier 9; vouched";
}

TEST(LinkRoles, AnyChunkingTellsTheSame) {
  for (const Setting& setting : settings()) {
    for (std::size_t chunk = 1; chunk < 40; ++chunk) {
      Session session{setting};
      session.chunk = chunk;
      session.play();
      ASSERT_EQ(session.told, undisturbed(setting)) << setting.name << ", chunks of " << chunk;
    }
  }
}

TEST(LinkRoles, AnErrorAtAnyStepEndsWhatItMustAndNothingElse) {
  for (const Setting& setting : settings()) {
    Session whole{setting};
    whole.play();
    for (std::size_t step = 0; step < whole.step; ++step) {
      Session session{setting};
      session.disturbed = step;
      session.play();
      const bool was_up = session.told.starts_with("up");
      EXPECT_EQ(session.failed(), !was_up || session.told.ends_with("failed tracking_refused"))
          << setting.name << ", step " << step << ": " << session.told;
    }
  }
}

TEST(LinkRoles, GarbageAtAnyStepEndsTheSession) {
  for (const Setting& setting : settings()) {
    Session whole{setting};
    whole.play();
    for (std::size_t step = 0; step < whole.step; ++step) {
      Session session{setting};
      session.disturbed = step;
      session.injected = "?garbage\r\n";
      session.play();
      EXPECT_TRUE(session.told.ends_with("failed protocol_error"))
          << setting.name << ", step " << step << ": " << session.told;
    }
  }
}

TEST(LinkRoles, MayEndAtAnyByteAndBeginAgain) {
  for (const Setting& setting : settings()) {
    std::size_t end = 0;
    for (bool complete = false; !complete; ++end) {
      Session session{setting};
      session.left = end;
      session.play();
      EXPECT_FALSE(session.failed()) << setting.name << ", ends at " << end;
      complete = session.left != 0;
      session.talk.link.end();
      EXPECT_EQ(session.talk.events(), "");
      EXPECT_EQ(session.talk.link.deadline(), never);

      session.left = SIZE_MAX;
      session.told.clear();
      session.talk.said();
      session.play();
      ASSERT_EQ(session.told, undisturbed(setting)) << setting.name << ", ended at " << end;
    }
    EXPECT_GT(end, 100u) << setting.name;
  }
}

}  // namespace
}  // namespace trackside::testing
