// The conversation with one sentinel: questions, answers, announcements, and what is wrong with it.
#include <gtest/gtest.h>

#include "sentinel/sentinel_link.hpp"

namespace trackside::sentinel {
namespace {

using namespace std::chrono_literals;

Time at(Duration since_start) { return Time{since_start}; }

constexpr std::string_view greeting =
    "%6\r\n+server\r\n+redis\r\n+version\r\n+7.0.15\r\n+proto\r\n:3\r\n+id\r\n:3\r\n+mode\r\n+sentinel\r\n"
    "+modules\r\n*0\r\n"
    "$2\r\ns1\r\n>3\r\n+subscribe\r\n+\x2bswitch-master\r\n:1\r\n";

std::string answer_to(int nonce, std::string_view primary) {
  return "$11\r\ntrackside:" + std::to_string(nonce) + "\r\n" + std::string{primary} +
         "*1\r\n%3\r\n+ip\r\n+10.0.0.9\r\n+port\r\n+26379\r\n+runid\r\n+s2\r\n";
}

std::string announcement(std::string_view text) {
  return ">3\r\n+message\r\n+\x2bswitch-master\r\n+" + std::string{text} + "\r\n";
}

class SentinelTalk : public ::testing::Test {
 protected:
  SentinelTalk() {
    options_.service = "svc";
    link_.begin(at(0s));
    link_.opened(at(0s));
  }

  std::vector<SentinelEvent> say(Duration now, std::string_view bytes) {
    link_.received(at(now), bytes);
    std::vector<SentinelEvent> events;
    SentinelEvent event;
    while (link_.next(event)) {
      events.push_back(event);
    }
    return events;
  }
  error_code failure_of(std::string_view bytes) {
    const auto events = say(1s, bytes);
    return events.empty() ? error_code{} : events.back().error;
  }

  ClientOptions options_;
  SentinelLink link_{options_, 4s};
};

TEST_F(SentinelTalk, GreetsAndAsksAndHearsWhereThePrimaryIs) {
  auto events = say(1s, greeting);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, SentinelEvent::Kind::up);
  EXPECT_EQ(link_.id(), "s1");
  events = say(2s, answer_to(1, "*2\r\n$8\r\n10.0.0.1\r\n$4\r\n6379\r\n"));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, SentinelEvent::Kind::answered);
  EXPECT_EQ(events[0].asked, at(1s)) << "when it was asked, not when it was answered";
  EXPECT_EQ(events[0].primary, (Endpoint{.host = "10.0.0.1"}));
  ASSERT_EQ(events[0].others.size(), 1U);
  EXPECT_EQ(events[0].others[0].id, "s2");
  EXPECT_EQ(link_.deadline(), at(2s)) << "a quarter of max_idle after the question";
}

TEST_F(SentinelTalk, AServiceThatItDoesNotKnowIsNoPrimary) {
  say(1s, greeting);
  const auto events = say(2s, answer_to(1, "_\r\n"));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_FALSE(events[0].primary);
}

TEST_F(SentinelTalk, AnAnnouncementOfTheServiceIsToldAndAskedAfter) {
  say(1s, greeting);
  say(1s, answer_to(1, "_\r\n"));
  link_.outgoing().clear();
  const auto events = say(1s, announcement("svc 10.0.0.1 6379 10.0.0.2 6379"));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, SentinelEvent::Kind::announced);
  EXPECT_EQ(events[0].primary, (Endpoint{.host = "10.0.0.1"}));
  EXPECT_NE(link_.outgoing().find("GET-MASTER-ADDR"), std::string::npos);
  EXPECT_TRUE(say(1s, announcement("other 10.0.0.1 6379 10.0.0.2 6379")).empty());
  EXPECT_TRUE(say(1s, announcement("svc 10.0.0.1")).empty());
}

TEST_F(SentinelTalk, AnAnswerToAnotherQuestionEndsIt) {
  say(1s, greeting);
  EXPECT_EQ(failure_of(answer_to(2, "_\r\n")), Errc::identity_changed);
}

TEST_F(SentinelTalk, WhatNobodyAskedForEndsIt) {
  say(1s, greeting);
  say(1s, answer_to(1, "_\r\n"));
  EXPECT_EQ(failure_of("+OK\r\n"), Errc::protocol_error);
}

TEST_F(SentinelTalk, AServerThatIsNoSentinelIsRefused) {
  EXPECT_EQ(failure_of("%3\r\n+proto\r\n:3\r\n+id\r\n:3\r\n+mode\r\n+standalone\r\n"), Errc::wrong_role);
}

TEST_F(SentinelTalk, ARefusalHasAName) {
  EXPECT_EQ(failure_of("-NOAUTH HELLO must be called\r\n"), Errc::authentication_failed);
}

TEST_F(SentinelTalk, SilenceEndsItAfterMaxIdle) {
  say(1s, greeting);
  EXPECT_EQ(link_.deadline(), at(5s));
  link_.tick(at(5s));
  SentinelEvent event;
  ASSERT_TRUE(link_.next(event));
  EXPECT_EQ(event.error, Errc::idle_breach);
}

TEST_F(SentinelTalk, MoreThanItsLimitIsNotHeld) {
  EXPECT_EQ(failure_of("$100000000\r\n"), Errc::reply_too_large);
}

}  // namespace
}  // namespace trackside::sentinel
