// Hash slots, beside what redis-server 7.0.15 answered to CLUSTER KEYSLOT.
#include <gtest/gtest.h>

#include "resp/slot.hpp"

namespace trackside::resp {
namespace {

TEST(Slot, IsWhatAServerSays) {
  EXPECT_EQ(slot_of(""), 0);
  EXPECT_EQ(slot_of("k"), 7629);
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of("123456789"), 12739);
  EXPECT_EQ(slot_of("{user1000}.following"), 3443);
  EXPECT_EQ(slot_of("{user1000}.followers"), 3443);
  EXPECT_EQ(slot_of("foo{}{bar}"), 8363);
  EXPECT_EQ(slot_of("foo{{bar}}zap"), 4015);
  EXPECT_EQ(slot_of("foo{bar}{zap}"), 5061);
  EXPECT_EQ(slot_of("foo{"), 7673);
  EXPECT_EQ(slot_of("{}"), 15257);
  EXPECT_EQ(slot_of("}{"), 12793);
  EXPECT_EQ(slot_of("a{b"), 13340);
  EXPECT_EQ(slot_of("{a}"), 15495);
  EXPECT_EQ(slot_of("\xFF\x80z"), 2854);
}

}  // namespace
}  // namespace trackside::resp
