// Instants and replies as the sentences of violations show them.
#include "model/text.hpp"

#include <gtest/gtest.h>

namespace trackside::testing {
namespace {

using model::readable;
using model::seconds;

TEST(ModelText, InstantsHaveMillisecondsAndMoreOnlyWhereItMatters) {
  EXPECT_EQ(seconds(0), "0.000 s");
  EXPECT_EQ(seconds(3'100'000'000), "3.100 s");
  EXPECT_EQ(seconds(3'100'000'001), "3.100000001 s");
  EXPECT_EQ(seconds(3'000'020'000), "3.000020 s");
  EXPECT_EQ(seconds(-1'500'000'000), "-1.500 s");
  EXPECT_EQ(seconds(INT64_MIN), "-9223372036.854775808 s");
  EXPECT_EQ(seconds(model::end_of_time), "the end");
}

TEST(ModelText, RepliesReadAsTheirValues) {
  EXPECT_EQ(readable("$2\r\nv7\r\n"), "\"v7\"");
  EXPECT_EQ(readable("$3\r\na\r\n\r\n"), "\"a\\r\\n\"");
  EXPECT_EQ(readable("$2\r\n\"\x01\r\n"), "\"\\\"\\x01\"");
  EXPECT_EQ(readable(":-7\r\n"), "-7");
  EXPECT_EQ(readable("_\r\n"), "nil");
  EXPECT_EQ(readable("$-1\r\n"), "nil");
  EXPECT_EQ(readable("*-1\r\n"), "nil");
  EXPECT_EQ(readable("+OK\r\n"), "OK");
  EXPECT_EQ(readable("#t\r\n"), "true");
  EXPECT_EQ(readable("-WRONGTYPE no\r\n"), "(error) WRONGTYPE no");
  EXPECT_EQ(readable("!2\r\nno\r\n"), "(error) no");
  EXPECT_EQ(readable("*2\r\n:1\r\n*1\r\n$1\r\na\r\n"), "[1, [\"a\"]]");
  EXPECT_EQ(readable("%1\r\n$1\r\nf\r\n:1\r\n"), "{\"f\": 1}");
}

TEST(ModelText, LongRepliesAreShortened) {
  EXPECT_EQ(readable("$40\r\n" + std::string(40, 'x') + "\r\n"), '"' + std::string(32, 'x') + "...\" (40 bytes)");
  EXPECT_EQ(readable("*6\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n"), "[1, 2, 3, 4, ... 2 more]");
}

TEST(ModelText, WhatIsNoFrameIsShownAsItIs) {
  EXPECT_EQ(readable(""), "\"\"");
  EXPECT_EQ(readable("$5\r\nab\r\n"), "\"$5\\r\\nab\\r\\n\"");
  EXPECT_EQ(readable(":1\r\n:2\r\n"), "\":1\\r\\n:2\\r\\n\"");
  EXPECT_EQ(readable("*999999999\r\n"), "\"*999999999\\r\\n\"");
}

}  // namespace
}  // namespace trackside::testing
