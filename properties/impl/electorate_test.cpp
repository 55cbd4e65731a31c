// What a majority of sentinels proves, and up to when.
#include <gtest/gtest.h>

#include "sentinel/electorate.hpp"
#include "sentinel/sentinel_link.hpp"

namespace trackside::sentinel {
namespace {

using namespace std::chrono_literals;

Time at(Duration since_start) { return Time{since_start}; }

const Endpoint old_primary{.host = "10.0.0.1"};
const Endpoint new_primary{.host = "10.0.0.2"};

Peer peer(const std::string& id) { return {id, {.host = "s-" + id, .port = 26379}}; }

class ElectorateOfThree : public ::testing::Test {
 protected:
  void answer(const std::string& id, Duration asked, const Endpoint& primary) {
    std::vector<Peer> others;
    for (const char* other : {"a", "b", "c"}) {
      if (id != other) {
        others.push_back(peer(other));
      }
    }
    electorate_.answered(id, at(asked), primary, others);
  }

  Electorate electorate_{1, 5s};
};

TEST_F(ElectorateOfThree, OneIsNoMajorityOnceItTellsOfTheOthers) {
  answer("a", 1s, old_primary);
  EXPECT_EQ(electorate_.majority(), 2U);
  EXPECT_FALSE(electorate_.elected(at(0s), at(1s)));
  answer("b", 2s, old_primary);
  EXPECT_EQ(electorate_.elected(at(0s), at(2s)), old_primary);
  EXPECT_EQ(electorate_.vouched(old_primary, at(2s)), at(1s)) << "the older question of the two";
  answer("c", 3s, old_primary);
  EXPECT_EQ(electorate_.vouched(old_primary, at(3s)), at(2s)) << "the two newest of three";
}

TEST_F(ElectorateOfThree, WhatIsTooOldElectsNobody) {
  answer("a", 1s, old_primary);
  answer("b", 4s, old_primary);
  EXPECT_FALSE(electorate_.elected(at(2s), at(5s)));
}

TEST_F(ElectorateOfThree, AMajorityThatNamesAnotherEndsTheVoucher) {
  answer("a", 1s, old_primary);
  answer("b", 1s, old_primary);
  answer("c", 1s, old_primary);
  answer("a", 2s, new_primary);
  EXPECT_EQ(electorate_.vouched(old_primary, at(2s)), at(1s));
  answer("b", 3s, new_primary);
  EXPECT_EQ(electorate_.vouched(old_primary, at(3s)), long_ago);
  EXPECT_EQ(electorate_.elected(at(0s), at(3s)), new_primary);
}

TEST_F(ElectorateOfThree, AnAnnouncementEndsItAtOnceUntilItIsTakenBackOrForgotten) {
  answer("a", 1s, old_primary);
  answer("b", 1s, old_primary);
  electorate_.announced("a", at(2s), old_primary);
  EXPECT_EQ(electorate_.vouched(old_primary, at(2s)), long_ago);
  answer("b", 3s, old_primary);
  answer("c", 3s, old_primary);
  EXPECT_EQ(electorate_.vouched(old_primary, at(3s)), long_ago) << "those who have not heard outvote nobody";
  answer("a", 4s, old_primary);
  EXPECT_EQ(electorate_.vouched(old_primary, at(4s)), at(3s));
  electorate_.announced("a", at(5s), old_primary);
  EXPECT_EQ(electorate_.vouched(old_primary, at(11s)), at(3s));
}

TEST_F(ElectorateOfThree, AnAnswerThatWasAskedForBeforeAnAnnouncementDoesNotTakeItBack) {
  answer("a", 1s, old_primary);
  answer("b", 1s, old_primary);
  electorate_.announced("a", at(2s), old_primary);
  answer("a", 1500ms, old_primary);
  EXPECT_EQ(electorate_.vouched(old_primary, at(2s)), long_ago);
}

TEST_F(ElectorateOfThree, AnOlderAnswerThatComesLateCountsForNothing) {
  answer("a", 3s, new_primary);
  answer("b", 3s, new_primary);
  answer("a", 2s, old_primary);
  EXPECT_EQ(electorate_.vouched(new_primary, at(3s)), at(3s));
}

TEST_F(ElectorateOfThree, OneThatWasReplacedIsForgottenByAMajoritysWord) {
  answer("a", 1s, old_primary);
  answer("b", 1s, old_primary);
  answer("c", 1s, old_primary);
  electorate_.answered("d", at(9s), old_primary, {peer("a"), peer("b")});
  EXPECT_EQ(electorate_.majority(), 3U);
  electorate_.answered("a", at(9s), old_primary, {peer("b"), peer("d")});
  electorate_.answered("b", at(9s), old_primary, {peer("a"), peer("d")});
  EXPECT_EQ(electorate_.majority(), 2U) << "c is gone";
}

TEST_F(ElectorateOfThree, OneThatWasReplacedWhereItWasCountsAsLongAsAnyTellsOfIt) {
  answer("a", 1s, old_primary);
  answer("b", 1s, old_primary);
  electorate_.replaced("a");
  EXPECT_EQ(electorate_.vouched(old_primary, at(1s)), at(1s)) << "b tells of a";
}

TEST(Electorate, ALoneOneThatComesBackAsAnotherIsEnough) {
  Electorate electorate{1, 5s};
  electorate.answered("a", at(1s), old_primary, {});
  electorate.answered("z", at(20s), old_primary, {});
  EXPECT_EQ(electorate.vouched(old_primary, at(20s)), at(1s)) << "two that do not know of each other";
  electorate.replaced("a");
  EXPECT_EQ(electorate.vouched(old_primary, at(20s)), at(20s));
}

TEST(Electorate, TwoThatComeBackAsOthersOneAfterTheOtherAreEnough) {
  Electorate electorate{2, 5s};
  electorate.answered("a", at(1s), old_primary, {peer("b")});
  electorate.answered("b", at(1s), old_primary, {peer("a")});
  electorate.replaced("a");
  electorate.answered("y", at(2s), old_primary, {peer("b")});
  electorate.replaced("b");
  electorate.answered("z", at(3s), old_primary, {peer("y")});
  electorate.answered("y", at(4s), old_primary, {peer("z")});
  EXPECT_EQ(electorate.majority(), 2U) << "a and b told of each other alone";
  EXPECT_EQ(electorate.vouched(old_primary, at(4s)), at(3s));
}

TEST(Electorate, ThoseThatTheProgramNamedCountThoughOneHasForgottenThem) {
  Electorate electorate{3, 5s};
  electorate.answered("a", at(1s), old_primary, {});
  EXPECT_FALSE(electorate.elected(at(0s), at(1s)));
}

TEST(Electorate, WhatASentinelTellsDoesNotGrowWithoutBound) {
  Electorate electorate{1, 5s};
  for (int round = 0; round < 100; ++round) {
    electorate.answered("a", at(1s), old_primary, {peer(std::to_string(round))});
  }
  EXPECT_LE(electorate.majority(), sentinels_max / 2 + 1);
}

}  // namespace
}  // namespace trackside::sentinel
