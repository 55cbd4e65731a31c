// A session with a node of a cluster: what proves authority, and who tells of slots that leave.
#include <gtest/gtest.h>

#include "properties/link_talk.hpp"
#include "resp/slot_tags.hpp"

namespace trackside::testing {
namespace {

using std::chrono::milliseconds;

const std::string all_is_well = "=20\r\ntxt:cluster_state:ok\r\n";
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
    link.send_guard(slot);
    return said();
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
  talk.guard(866);
  EXPECT_EQ(talk.hear("-NOPERM this user has no permissions to access one of the channels\r\n"), "unguarded 866");
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
