// One session as a conversation: bytes in, events out. Then every conversation again with an error at every step, cut
// into all chunks, and ended at every byte.
#include <gtest/gtest.h>

#include "link/backoff.hpp"
#include "properties/impl/link_talk.hpp"

namespace trackside::testing {
namespace {

using link::LinkTraits;
using link::Role;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Link, IntroducesItselfAndProbesBeforeItIsUp) {
  LinkTalk talk;
  talk.begin();
  EXPECT_EQ(talk.said(), "HELLO 3 | CLIENT TRACKING ON");
  EXPECT_EQ(talk.hear(hello()), "");
  EXPECT_EQ(talk.hear(ok), "");
  EXPECT_EQ(talk.said(), probe_text(1));
  EXPECT_FALSE(talk.link.is_up());
  const Time probed = talk.now;
  EXPECT_EQ(talk.wait(milliseconds{30}), "");
  EXPECT_EQ(talk.hear(joined(probe_answers(1))), "up; vouched");
  EXPECT_EQ(talk.last.anchor, probed) << "the sending counts, not the answer";
  EXPECT_EQ(talk.last.server_time, 1'700'000'000'000'000'000);
  EXPECT_EQ(talk.link.identity().client_id, 7);
}

TEST(Link, SaysWhatItsOptionsAsk) {
  const auto said = [](ClientOptions options, LinkTraits traits = {}) {
    LinkTalk talk{std::move(options), traits};
    talk.begin();
    return talk.said();
  };
  EXPECT_EQ(said({.password = "p"}), "HELLO 3 AUTH default p | CLIENT TRACKING ON");
  EXPECT_EQ(said({.username = "u", .password = "p", .client_name = "n", .database = 2}),
            "HELLO 3 AUTH u p SETNAME n | SELECT 2 | CLIENT TRACKING ON");
  EXPECT_EQ(said({}, {.role = Role::plain}), "HELLO 3");
}

TEST(Link, APlainSessionIsUpAfterItsHandshake) {
  LinkTalk talk{{.database = 4}, {.role = Role::plain, .probing = LinkTraits::Probing::off}};
  talk.begin();
  EXPECT_EQ(talk.hear(hello()), "");
  EXPECT_EQ(talk.hear(ok), "up");
  EXPECT_EQ(talk.link.deadline(), never);
  EXPECT_EQ(talk.hear(invalidation({"k"})), "") << "not asked for";
}

TEST(Link, RefusalsHaveNames) {
  const std::pair<std::string, std::string> refusals[] = {
      {"-NOAUTH HELLO must be called with AUTH\r\n", "failed authentication_failed"},
      {"-WRONGPASS invalid username-password pair\r\n", "failed authentication_failed"},
      {"-NOPERM this user has no permissions\r\n", "failed authentication_failed"},
      {"-NOPROTO unsupported protocol version\r\n", "failed resp3_unsupported"},
      {"-ERR unknown command 'HELLO', with args beginning with: '3'\r\n", "failed resp3_unsupported"},
      {"-ERR Protocol version is not an integer\r\n", "failed handshake_refused"},
      {"-LOADING Redis is loading\r\n", "failed handshake_refused"},
      {hello({.role = "slave"}), "failed wrong_role"},
      {hello({.mode = "cluster"}), "failed cluster_unsupported"},
      {hello({.protocol = 2}), "failed not_redis"},
      {"*2\r\n$2\r\nid\r\n:7\r\n", "failed not_redis"},
      {"%0\r\n", "failed not_redis"},
      {"+PONG\r\n", "failed not_redis"},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "failed protocol_error"},
      {std::string(3, '\0') + "\r\n", "failed protocol_error"},
      {hello() + "-NOPERM\r\n", "failed tracking_refused"},
      {hello() + ok + ok, "failed identity_changed"},  // the probe awaits its echo
  };
  for (const auto& [bytes, expected] : refusals) {
    LinkTalk talk;
    talk.begin();
    EXPECT_EQ(talk.hear(bytes), expected) << bytes;
    EXPECT_EQ(talk.hear(joined(probe_answers(1))), "") << "nothing after a failure";
    EXPECT_EQ(talk.link.deadline(), never);
  }
}

TEST(Link, AnyDifferenceInAProbeEndsTheSession) {
  const std::pair<std::string, std::string> differences[] = {
      {joined(probe_answers(1)), "failed identity_changed"},
      {joined(probe_answers(2, {.id = 8})), "failed identity_changed"},
      {joined(probe_answers(2, {.protocol = 2})), "failed identity_changed"},
      {joined(probe_answers(2, {.role = "slave"})), "failed wrong_role"},
      {joined(probe_answers(2, {.swaps = 3})), "flush; vouched"},
      {joined(probe_answers(2)), "vouched"},
  };
  for (const auto& [bytes, expected] : differences) {
    LinkTalk talk;
    talk.establish();
    EXPECT_EQ(talk.wait(milliseconds{1250}), "");
    EXPECT_EQ(talk.said(), probe_text(2));
    EXPECT_EQ(talk.hear(bytes), expected);
  }
}

/// What comes of the second probe if one of its parts is answered otherwise.
std::string probed(LinkTalk& talk, std::size_t part, const char* answer) {
  talk.establish();
  talk.wait(milliseconds{1250});
  auto answers = probe_answers(2);
  answers[part] = answer;
  return talk.hear(joined(answers));
}

TEST(Link, AnErrorInAProbeRenewsNothing) {
  for (std::size_t part = 0; part < 4; ++part) {
    LinkTalk talk;
    EXPECT_EQ(probed(talk, part, "-BUSY script\r\n"), "") << part;
  }
}

TEST(Link, ACountOfSwapsThatWasToldAndIsNotAnyMoreMayHideASwap) {
  for (const char* answer : {"-NOPERM no\r\n", "*1\r\n:1\r\n", "_\r\n"}) {
    LinkTalk talk;
    EXPECT_EQ(probed(talk, 3, answer), "") << answer;
    talk.wait(milliseconds{1250});
    EXPECT_EQ(talk.hear(joined(probe_answers(3, {.swaps = 1}))), "flush; vouched") << "the swap is found behind it";
    talk.link.send_barrier(9);
    EXPECT_EQ(talk.hear(answer + bulk("trackside:9")), "") << answer << ": passed over";
  }
}

TEST(Link, AnOddHistogramIsNoTrouble) {
  for (const char* histogram : {"%1\r\n+swapdb\r\n*1\r\n:1\r\n", "%1\r\n+swapdb\r\n*3\r\n+calls\r\n:1\r\n+calls\r\n",
                                "%1\r\n+swapdb\r\n:1\r\n", "%1\r\n_\r\n%1\r\n_\r\n_\r\n"}) {
    LinkTalk talk;
    EXPECT_EQ(probed(talk, 3, histogram), "vouched") << histogram;
  }
}

TEST(Link, SilenceIsABreachExactlyAtMaxIdle) {
  LinkTalk talk;
  talk.establish();
  EXPECT_EQ(talk.link.deadline(), talk.now + milliseconds{1250});
  EXPECT_EQ(talk.wait(milliseconds{1250}), "");
  EXPECT_EQ(talk.said(), probe_text(2));
  EXPECT_EQ(talk.wait(milliseconds{1250}), "");
  EXPECT_EQ(talk.said(), "") << "one probe at a time";
  EXPECT_EQ(talk.wait(milliseconds{2500} - Duration{1}), "");
  EXPECT_EQ(talk.wait(Duration{1}), "failed idle_breach");
  EXPECT_EQ(talk.hear(joined(probe_answers(2))), "");
}

TEST(Link, BytesPutABreachOffButNotForEver) {
  LinkTalk talk;
  talk.establish();
  talk.link.expect(1, 1);
  talk.hear("$1000\r\n");
  for (int part = 1; part <= 12; ++part) {
    EXPECT_EQ(talk.wait(seconds{4}), "") << part;
    EXPECT_EQ(talk.hear("x"), "");
  }
  EXPECT_EQ(talk.wait(seconds{2} - Duration{1}), "") << "ten times max_idle";
  EXPECT_EQ(talk.wait(Duration{1}), "failed idle_breach");
}

TEST(Link, ConnectingAndShakingHandsShareOneDeadline) {
  for (const bool opened : {false, true}) {
    LinkTalk talk{{.connect_timeout = milliseconds{700}}};
    talk.link.begin(talk.now);
    talk.now += milliseconds{100};
    if (opened) {
      talk.link.opened(talk.now);
      talk.hear(hello() + ok);
    }
    EXPECT_EQ(talk.wait(milliseconds{600} - Duration{1}), "");
    EXPECT_EQ(talk.wait(Duration{1}), "failed connect_timeout");
  }
}

TEST(Link, RepliesAndPushesComeInStreamOrder) {
  LinkTalk talk;
  talk.establish();
  talk.link.expect(5, 2);
  talk.link.expect(6, 1);
  talk.link.send_barrier(9);
  EXPECT_EQ(talk.said(), barrier_text(9));
  EXPECT_EQ(talk.hear(invalidation({"a", "b"}) + bulk("v") + null_invalidation + ":-1\r\n" + ok + barrier_answer(9)),
            "invalidate [\"a\", \"b\"]; reply 5 (more) \"v\"; flush; reply 5 (integer) -1; reply 6 OK; barrier 9");
  EXPECT_EQ(talk.hear(">3\r\n+message\r\n+c\r\n+m\r\n"), "") << "a push that means nothing";
  EXPECT_EQ(talk.hear(ok), "failed protocol_error") << "a reply nobody asked for";
}

TEST(Link, ABarrierMustEcho) {
  LinkTalk talk;
  talk.establish();
  talk.link.send_barrier(9);
  EXPECT_EQ(talk.hear("-BUSY script\r\n-BUSY script\r\n"), "") << "passed over";
  talk.link.send_barrier(10);
  EXPECT_EQ(talk.hear(barrier_answer(9)), "failed identity_changed");
}

TEST(Link, ABarrierBehindASwapFlushesFirst) {
  LinkTalk talk;
  talk.establish();
  talk.link.send_barrier(9);
  EXPECT_EQ(talk.hear(barrier_answer(9, {.swaps = 1})), "flush; barrier 9");
  talk.link.send_barrier(10);
  EXPECT_EQ(talk.hear(barrier_answer(10, {.swaps = 1})), "barrier 10");
}

TEST(Link, AFirstCountOfSwapsBehindAProofWithoutOneIsAChangeUnlessItIsNought) {
  for (const int swaps : {0, 1}) {
    LinkTalk talk;
    talk.begin();
    talk.hear(hello() + ok);
    auto answers = probe_answers(1);
    answers[3] = "-ERR unknown command\r\n";
    EXPECT_EQ(talk.hear(joined(answers)), "up; vouched");
    talk.wait(milliseconds{1250});
    EXPECT_EQ(talk.hear(joined(probe_answers(2, {.swaps = swaps}))), swaps == 0 ? "vouched" : "flush; vouched");
  }
}

TEST(Link, AnInvalidationThatNamesNoKeysIsNoInvalidation) {
  for (const char* keys : {"*1\r\n:5\r\n", ":5\r\n", "*2\r\n$1\r\nk\r\n_\r\n", "%0\r\n"}) {
    LinkTalk talk;
    talk.establish();
    EXPECT_EQ(talk.hear(">2\r\n+invalidate\r\n" + std::string{keys}), "failed protocol_error") << keys;
  }
  LinkTalk talk;
  talk.establish();
  EXPECT_EQ(talk.hear(">2\r\n+invalidate\r\n*0\r\n"), "invalidate []");
  EXPECT_EQ(talk.hear(">1\r\n+invalidate\r\n"), "flush") << "everything may have changed";
}

TEST(Link, RepliesHaveTheirLimits) {
  const std::pair<std::string, std::string> replies[] = {
      {"$1001\r\n", "failed reply_too_large"},
      {"*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "failed reply_too_deep"},
      {"$-2\r\n", "failed protocol_error"},
  };
  for (const auto& [bytes, expected] : replies) {
    LinkTalk talk{{.reply_limits = {.max_bytes = 1000, .max_depth = 3}}};
    talk.establish();
    talk.link.expect(1, 1);
    EXPECT_EQ(talk.hear(bytes), expected);
  }
}

// ---- every conversation again, disturbed ----

struct Conversation {
  std::vector<std::string> frames;
  std::string events;
};

/// Handshake with a database, first probe, a command of two replies, pushes, a barrier, a second probe.
Conversation whole_conversation() {
  Conversation all;
  all.frames = {hello(), ok, ok};
  for (const std::string& frame : probe_answers(1)) all.frames.push_back(frame);
  for (const std::string& frame : {bulk("v\r\n$1"), invalidation({"k"}), std::string{":-1\r\n"}, null_invalidation,
                                   std::string{"%0\r\n"}, bulk("trackside:9")}) {
    all.frames.push_back(frame);
  }
  for (const std::string& frame : probe_answers(2)) all.frames.push_back(frame);
  all.events = "up; vouched; reply 5 (more) \"v\\r\\n$1\"; invalidate [\"k\"]; "
               "reply 5 (integer) -1; flush; barrier 9; vouched";
  return all;
}

/// Plays frames in chunks of at most `chunk` bytes; asks and probes as soon as the link is up.
struct Player {
  explicit Player(LinkTalk& with) : talk(with) {}

  void play(std::string_view bytes, std::size_t chunk) {
    while (!bytes.empty()) {
      const std::size_t size = std::min(chunk, bytes.size());
      note(talk.hear(bytes.substr(0, size)));
      bytes.remove_prefix(size);
      if (talk.link.is_up() && !asked) {
        asked = true;
        talk.link.expect(5, 2);
        talk.link.send_barrier(9);
        note(talk.wait(milliseconds{1250}));
      }
    }
  }
  void note(const std::string& events) {
    if (!events.empty()) {
      EXPECT_FALSE(failed()) << "nothing after a failure, but: " << events;
      told += (told.empty() ? "" : "; ") + events;
    }
  }
  bool failed() const { return told.find("failed") != std::string::npos; }

  LinkTalk& talk;
  bool asked = false;
  std::string told;
};

TEST(Link, AnyChunkingTellsTheSame) {
  const Conversation all = whole_conversation();
  const std::string up = joined({all.frames.begin(), all.frames.begin() + 7});
  const std::string rest = joined({all.frames.begin() + 7, all.frames.end()});
  for (std::size_t chunk = 1; chunk <= rest.size(); ++chunk) {
    LinkTalk talk{{.database = 1}};
    talk.begin();
    Player player{talk};
    player.play(up, chunk);
    player.play(rest, chunk);
    ASSERT_EQ(player.told, all.events) << chunk;
  }
}

TEST(Link, AnErrorAtAnyStepHasItsNameAndNothingFollows) {
  const std::vector<std::string> endings = {
      "failed handshake_refused", "failed handshake_refused", "failed tracking_refused",   // HELLO, SELECT, TRACKING
      "failed handshake_refused", "failed handshake_refused", "failed handshake_refused",  // PING, HELLO, TIME
  };
  const Conversation all = whole_conversation();
  for (std::size_t step = 0; step < all.frames.size(); ++step) {
    for (const std::string& injected : {std::string{"-ERR injected\r\n"}, std::string{"?garbage\r\n"}}) {
      LinkTalk talk{{.database = 1}};
      talk.begin();
      Player player{talk};
      for (std::size_t at = 0; at < all.frames.size(); ++at) {
        const bool is_push = all.frames[at].front() == '>';
        player.play(at == step && !(is_push && injected.front() == '-') ? injected : all.frames[at], SIZE_MAX);
      }
      if (injected.front() == '?') {
        EXPECT_TRUE(player.told.ends_with("failed protocol_error")) << step << ": " << player.told;
      } else if (step < endings.size()) {
        EXPECT_EQ(player.told, endings[step]) << step;
      } else {
        EXPECT_FALSE(player.failed()) << step << ": " << player.told;
      }
    }
  }
}

TEST(Link, MayEndAtAnyByteAndBeginAgain) {
  const Conversation all = whole_conversation();
  const std::string up = joined({all.frames.begin(), all.frames.begin() + 7});
  const std::string rest = joined({all.frames.begin() + 7, all.frames.end()});
  LinkTalk talk{{.database = 1}};
  for (std::size_t end = 0; end < up.size() + rest.size(); ++end) {
    talk.begin();
    Player cut{talk};
    cut.play(up.substr(0, end), SIZE_MAX);
    cut.play(end > up.size() ? rest.substr(0, end - up.size()) : "", SIZE_MAX);
    EXPECT_FALSE(cut.failed()) << end;
    talk.link.end();
    EXPECT_EQ(talk.events(), "");
    EXPECT_EQ(talk.link.deadline(), never);

    talk.begin();
    Player again{talk};
    again.play(up, SIZE_MAX);
    again.play(rest, SIZE_MAX);
    ASSERT_EQ(again.told, all.events) << end;
    talk.link.end();
  }
}

TEST(Link, BacksOffByDoublingUpToItsCap) {
  link::Backoff backoff{{.first = milliseconds{100}, .cap = milliseconds{350}}};
  EXPECT_EQ(backoff.next(0), milliseconds{50});
  EXPECT_EQ(backoff.next(100'000'000), milliseconds{200}) << "jitter is over the upper half";
  EXPECT_EQ(backoff.next(0), milliseconds{175});
  EXPECT_EQ(backoff.next(0), milliseconds{175});
  backoff.succeeded();
  EXPECT_LE(backoff.next(UINT64_MAX), milliseconds{100});
}

}  // namespace
}  // namespace trackside::testing
