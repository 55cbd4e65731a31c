// A session with a node of a cluster: what proves authority, and who tells of slots that leave.
#include <gtest/gtest.h>

#include "properties/impl/link_talk.hpp"
#include "resp/slot_tags.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;

std::string well_at_epoch(int epoch) {
  const std::string text = "txt:cluster_state:ok\r\ncluster_my_epoch:" + std::to_string(epoch) + "\r\n";
  return "=" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}
const std::string all_is_well = well_at_epoch(1);
const std::string no_channels =
    "-NOPERM this user has no permissions to access one of the channels used as arguments\r\n";
const std::string cut_off = "=22\r\ntxt:cluster_state:fail\r\n";

struct ClusterTalk : LinkTalk {
  ClusterTalk() : LinkTalk({}, {.in_cluster = true}) {}

  static Node node(std::string role = "master") { return {.role = std::move(role), .mode = "cluster"}; }
  std::string answer(std::uint64_t nonce, const std::string& info, const Node& node = ClusterTalk::node()) {
    std::vector<std::string> answers = probe_answers(nonce, node);
    answers.insert(answers.end() - 1, info);
    return hear(joined(answers));
  }
  void establish() {
    begin();
    hear(hello(node()) + ok);
    said();
    ASSERT_EQ(answer(1, all_is_well), "up; vouched");
  }
  std::string guard(std::uint16_t slot) {
    link.send_guard(now, slot);
    return said();
  }
  /// A session whose user may not subscribe, with this slot asked for.
  void establish_without_channels(std::uint16_t slot) {
    establish();
    guard(slot);
    ASSERT_EQ(hear(no_channels), "");
    ASSERT_EQ(said(), "WATCH " + resp::guard_channel(slot) + " | UNWATCH");
    ASSERT_EQ(hear(ok + ok), "slots_proved");
  }
  std::string proofs() const {
    std::string text;
    for (const SlotProof& proof : link.slot_proofs()) {
      text += (text.empty() ? "" : " ") + std::to_string(proof.slot) +
              (proof.covers == SlotProof::Covers::all_keys ? "" : " present");
    }
    return text;
  }
  static std::string push(std::string_view kind, std::uint16_t slot) {
    return ">3\r\n" + bulk(kind) + bulk(resp::guard_channel(slot)) + ":1\r\n";
  }
};

TEST(ClusterLink, AsksWhetherTheNodeFindsTheClusterWell) {
  ClusterTalk talk;
  talk.begin();
  EXPECT_EQ(talk.said(), "HELLO 3 | CLIENT TRACKING ON");
  talk.hear(hello(ClusterTalk::node()) + ok);
  EXPECT_EQ(talk.said(), "PING trackside:1 | HELLO 3 | TIME | CLUSTER INFO | LATENCY HISTOGRAM swapdb");
  EXPECT_EQ(talk.answer(1, all_is_well), "up; vouched");
}

TEST(ClusterLink, AReplicaVouchesWhileItIsInStepIfItIsToBeOne) {
  const std::string in_step = "*5\r\n$5\r\nslave\r\n$8\r\n10.0.0.2\r\n:6379\r\n$9\r\nconnected\r\n:52\r\n";
  const std::string alone = "*5\r\n$5\r\nslave\r\n$8\r\n10.0.0.2\r\n:6379\r\n$7\r\nconnect\r\n:52\r\n";
  ClusterTalk talk;
  talk.begin();
  talk.hear(hello(ClusterTalk::node("replica")) + ok);
  talk.said();
  EXPECT_EQ(talk.answer(1, all_is_well, ClusterTalk::node("replica")), "up") << "it was to be a primary";
  talk.link.expect_duty(link::Probe::Duty::replica);
  EXPECT_EQ(talk.wait(milliseconds{0}), "");
  EXPECT_EQ(talk.said(), "PING trackside:2 | HELLO 3 | TIME | CLUSTER INFO | ROLE | LATENCY HISTOGRAM swapdb");
  EXPECT_EQ(talk.answer(2, all_is_well + in_step, ClusterTalk::node("replica")), "vouched");
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.answer(3, all_is_well + alone, ClusterTalk::node("replica")), "");
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.answer(4, all_is_well + "*3\r\n$6\r\nmaster\r\n:52\r\n*0\r\n", ClusterTalk::node()), "");
}

TEST(ClusterLink, ANodeThatIsCutOffIsUpAndVouchesForNothing) {
  ClusterTalk talk;
  talk.begin();
  talk.hear(hello(ClusterTalk::node()) + ok);
  EXPECT_EQ(talk.answer(1, cut_off), "up");
  EXPECT_EQ(talk.wait(milliseconds{1250}), "");
  EXPECT_EQ(talk.answer(2, all_is_well), "vouched");
  EXPECT_EQ(talk.wait(milliseconds{1250}), "");
  EXPECT_EQ(talk.answer(3, cut_off), "") << "what it vouched for before runs out";
}

TEST(ClusterLink, AReplicaAnswersAndVouchesForNothing) {
  ClusterTalk talk;
  talk.begin();
  talk.hear(hello(ClusterTalk::node("replica")) + ok);
  EXPECT_EQ(talk.answer(1, all_is_well, ClusterTalk::node("replica")), "up");
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.answer(2, all_is_well), "vouched") << "a primary by now";
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.answer(3, all_is_well, ClusterTalk::node("replica")), "");
}

TEST(ClusterLink, WhoAnswersAndVouchesForNothingIsNotGivenUp) {
  ClusterTalk talk;
  talk.begin();
  talk.hear(hello(ClusterTalk::node()) + ok);
  ASSERT_EQ(talk.answer(1, cut_off), "up");
  for (std::uint64_t nonce = 2; nonce < 60; ++nonce) {
    ASSERT_EQ(talk.wait(milliseconds{1250}), "");
    ASSERT_EQ(talk.answer(nonce, cut_off), "");
  }
  EXPECT_EQ(talk.wait(milliseconds{4000}), "");
  EXPECT_EQ(talk.wait(milliseconds{1000}), "failed idle_breach") << "it is silent";
}

TEST(ClusterLink, ANodeOfNoClusterIsRefused) {
  ClusterTalk talk;
  talk.begin();
  EXPECT_EQ(talk.hear(hello()), "failed cluster_unsupported");
}

TEST(ClusterLink, AGuardIsConfirmedByAPushInTheOrderOfReplies) {
  ClusterTalk talk;
  talk.establish();
  EXPECT_EQ(talk.guard(866), "SSUBSCRIBE " + resp::guard_channel(866));
  talk.link.expect(5, 1);
  EXPECT_EQ(talk.hear(ClusterTalk::push("ssubscribe", 866) + ok), "guarded 866; reply 5 OK");
  EXPECT_EQ(talk.hear(ClusterTalk::push("sunsubscribe", 866)), "unguarded 866") << "the slot has left";
}

TEST(ClusterLink, ARefusedGuardSaysWhy) {
  ClusterTalk talk;
  talk.establish();
  talk.guard(866);
  EXPECT_EQ(talk.hear("-MOVED 866 10.0.0.1:6379\r\n"), "unguarded 866");
  EXPECT_EQ(talk.last.error, Errc::wrong_role);
}

TEST(ClusterLink, WhereNobodyTellsOfSlotsTheyAreAskedForWithEveryProbe) {
  ClusterTalk talk;
  talk.establish_without_channels(866);
  EXPECT_EQ(talk.guard(42), "WATCH " + resp::guard_channel(42) + " | UNWATCH") << "no use in trying to subscribe again";
  EXPECT_EQ(talk.hear(ok + ok), "slots_proved");
  EXPECT_EQ(talk.proofs(), "42");
  EXPECT_EQ(talk.wait(milliseconds{1250}), "");
  EXPECT_EQ(talk.said(), "WATCH " + resp::guard_channel(42) + " | WATCH " + resp::guard_channel(866) +
                             " | UNWATCH | PING trackside:2 | HELLO 3 | TIME | CLUSTER INFO | "
                             "LATENCY HISTOGRAM swapdb");
  EXPECT_EQ(talk.hear(ok + ok + ok), "") << "nothing before the epoch is known";
  EXPECT_EQ(talk.answer(2, all_is_well), "slots_proved; vouched");
  EXPECT_EQ(talk.proofs(), "42 866");
}

TEST(ClusterLink, TheFirstAnswerVouchesFromWhenTheGuardWasTried) {
  ClusterTalk talk;
  talk.establish();
  talk.guard(866);
  const Time tried = talk.now;
  talk.now += milliseconds{300};
  talk.hear(no_channels);
  talk.now += milliseconds{300};
  EXPECT_EQ(talk.hear(ok + ok), "slots_proved");
  EXPECT_EQ(talk.last.anchor, tried) << "what was read meanwhile is no younger than that";
}

TEST(ClusterLink, AnOpenSlotIsProvedForTheKeysThatAreThere) {
  ClusterTalk talk;
  talk.establish_without_channels(866);
  talk.wait(milliseconds{1250});
  talk.hear("-ASK 866 10.0.0.1:6379\r\n" + ok);
  EXPECT_EQ(talk.answer(2, all_is_well), "slots_proved; vouched");
  EXPECT_EQ(talk.proofs(), "866 present");
}

TEST(ClusterLink, ASlotThatIsElsewhereIsLost) {
  ClusterTalk talk;
  talk.establish_without_channels(866);
  talk.wait(milliseconds{1250});
  talk.said();
  EXPECT_EQ(talk.hear("-MOVED 866 10.0.0.1:6379\r\n" + ok), "unguarded 866");
  EXPECT_EQ(talk.answer(2, all_is_well), "vouched");
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.said().substr(0, 4), "PING") << "it is not asked for any more";
}

TEST(ClusterLink, AnotherConfigEpochMeansThatSlotsMayHaveLeftAndComeBack) {
  ClusterTalk talk;
  talk.establish_without_channels(866);
  talk.wait(milliseconds{1250});
  talk.hear(ok + ok);
  EXPECT_EQ(talk.answer(2, well_at_epoch(2)), "slots_changed; vouched") << "though it answers for the slot";
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.answer(3, well_at_epoch(2)), "vouched");
}

TEST(ClusterLink, WhereTheEpochIsNotToldNoSlotIsProvedAgain) {
  ClusterTalk talk;
  talk.begin();
  talk.hear(hello(ClusterTalk::node()) + ok);
  talk.answer(1, "=20\r\ntxt:cluster_state:ok\r\n");
  talk.guard(866);
  talk.hear(no_channels + ok + ok);
  talk.wait(milliseconds{1250});
  talk.hear(ok + ok);
  EXPECT_EQ(talk.answer(2, "=20\r\ntxt:cluster_state:ok\r\n"), "vouched");
}

TEST(ClusterLink, AnUnprovedProbeProvesNoSlot) {
  ClusterTalk talk;
  talk.establish_without_channels(866);
  talk.wait(milliseconds{1250});
  talk.hear(ok + ok);
  EXPECT_EQ(talk.answer(2, cut_off), "");
  talk.wait(milliseconds{1250});
  EXPECT_EQ(talk.hear("-CLUSTERDOWN The cluster is down\r\n" + ok), "unguarded 866");
}

TEST(ClusterLink, WhoMayNotEvenAskIsDenied) {
  ClusterTalk talk;
  talk.establish();
  talk.guard(866);
  talk.hear(no_channels);
  EXPECT_EQ(talk.hear("-NOPERM No permissions to access a key\r\n" + ok), "unguarded 866");
  EXPECT_EQ(talk.last.error, Errc::tracking_refused);
}

TEST(ClusterLink, AConfirmationThatNobodyAskedForEndsTheSession) {
  for (const bool asked : {false, true}) {
    ClusterTalk talk;
    talk.establish();
    if (asked) {
      talk.guard(1);
    }
    EXPECT_EQ(talk.hear(ClusterTalk::push("ssubscribe", 866)), "failed protocol_error");
  }
  ClusterTalk talk;
  talk.establish();
  talk.guard(866);
  EXPECT_EQ(talk.hear(ok), "failed protocol_error") << "a reply in its place";
}

TEST(ClusterLink, ChannelsOfOthersMeanNothing) {
  ClusterTalk talk;
  talk.establish();
  EXPECT_EQ(talk.hear(">3\r\n$12\r\nsunsubscribe\r\n$4\r\nnews\r\n:0\r\n"), "");
  EXPECT_EQ(talk.hear(">3\r\n$8\r\nsmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n"), "");
}

}  // namespace
}  // namespace trackside::testing
