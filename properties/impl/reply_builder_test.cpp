// Replies made of values: their bytes are those of the protocol, and they read as what was put in.
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "resp/frame_buffer.hpp"
#include "trackside/reply_builder.hpp"

namespace trackside {
namespace {

std::string frame_of(Protocol protocol, ReplyBuilder& (*add)(ReplyBuilder&)) {
  ReplyBuilder builder{protocol};
  return std::string{add(builder).take().view().frame()};
}

TEST(ReplyBuilder, EveryValueHasTheBytesThatRedisSends) {
  struct Row {
    ReplyBuilder& (*add)(ReplyBuilder&);
    std::string resp3;
    std::string resp2;
  };
  const Row rows[] = {{[](auto& b) -> auto& {return b.null();
}
, "_\r\n", "$-1\r\n"
}  // namespace
, {[](auto& b) -> auto& {return b.simple_string("OK");
}  // namespace trackside
, "+OK\r\n", "+OK\r\n"
}
, {[](auto& b) -> auto& {return b.error("ERR no\r\nline");
}
, "-ERR no  line\r\n", "-ERR no  line\r\n"
}
, {[](auto& b) -> auto& {return b.integer(-7);
}
, ":-7\r\n", ":-7\r\n"
}
, {[](auto& b) -> auto& {return b.bulk_string("a\r\n");
}
, "$3\r\na\r\n\r\n", "$3\r\na\r\n\r\n"
}
, {[](auto& b) -> auto& {return b.number(1.5);
}
, ",1.5\r\n", "$3\r\n1.5\r\n"
}
, {[](auto& b) -> auto& {return b.boolean(true);
}
, "#t\r\n", ":1\r\n"
}
, {[](auto& b) -> auto& {return b.array(0);
}
, "*0\r\n", "*0\r\n"
}
, {[](auto& b) -> auto& {return b.set(1).integer(1);
}
, "~1\r\n:1\r\n", "*1\r\n:1\r\n"
}
, {[](auto& b) -> auto& {return b.map(1).bulk_string("f").integer(1);
}
, "%1\r\n$1\r\nf\r\n:1\r\n", "*2\r\n$1\r\nf\r\n:1\r\n"
}
,
}
;
for (const Row& row : rows) {
  EXPECT_EQ(frame_of(Protocol::resp3, row.add), row.resp3);
  EXPECT_EQ(frame_of(Protocol::resp2, row.add), row.resp2);
}
}

TEST(ReplyBuilder, ReadsAsWhatWasPutIn) {
  ReplyBuilder builder;
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  builder.array(4).map(1).bulk_string("field").array(2).null().integer(least).boolean(false).set(0).number(0.1);
  const Reply reply = builder.take();

  ASSERT_EQ(reply.size(), 4U);
  EXPECT_EQ(reply[0][0].as_string().value(), "field");
  EXPECT_TRUE(reply[0][1][0].is_null());
  EXPECT_EQ(reply[0][1][1].as_integer().value(), least);
  EXPECT_FALSE(reply[1].as_boolean().value());
  EXPECT_EQ(reply[2].type(), ReplyType::set);
  EXPECT_EQ(reply[3].as_number().value(), 0.1);
}

TEST(ReplyBuilder, WhatItMakesIsOneFrameToTheReader) {
  ReplyBuilder builder;
  builder.array(3)
      .simple_string("a\r\n+b")
      .bulk_string(std::string(1000, '\n'))
      .map(2)
      .integer(1)
      .null()
      .integer(2)
      .set(1)
      .boolean(true);
  const Reply reply = builder.take();

  resp::FrameBuffer frames{ReplyLimits{}};
  frames.feed(reply.view().frame());
  const auto first = frames.next();
  ASSERT_EQ(first.status, resp::FrameBuffer::Status::frame);
  EXPECT_EQ(first.frame.frame(), reply.view().frame());
  EXPECT_EQ(frames.next().status, resp::FrameBuffer::Status::incomplete);
}

TEST(ReplyBuilder, IsWholeWhenEverythingAnnouncedIsThere) {
  ReplyBuilder builder;
  EXPECT_FALSE(builder.is_complete());
  builder.map(1);
  EXPECT_FALSE(builder.is_complete());
  builder.bulk_string("key").array(1);
  EXPECT_FALSE(builder.is_complete());
  builder.null();
  EXPECT_TRUE(builder.is_complete());
  builder.take();
  EXPECT_FALSE(builder.is_complete());
  EXPECT_EQ(builder.integer(1).take().view().frame(), ":1\r\n");
}

TEST(ReplyBuilder, RefusesHalfAReplyAndMoreThanOne) {
  ReplyBuilder builder;
  EXPECT_DEATH(builder.array(1).take(), "is_complete");
  builder.null();
  EXPECT_DEATH(builder.null(), "missing_ > 0");
}

}  // namespace
}  // namespace trackside
