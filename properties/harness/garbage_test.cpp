// What a broken proxy puts into a stream is never a reply: then no client could tell, and what the world did would be
// no fault but a lie.
#include "sim/network/garbage.hpp"

#include <gtest/gtest.h>

#include "resp/frame_buffer.hpp"

namespace trackside::sim {
namespace {

constexpr std::string_view behind = "+behind\r\n";

struct Read {
  bool failed = false;
  std::size_t pushes = 0;
  std::size_t replies = 0;  // `behind` among them
  bool reached_the_end = false;
};

Read read(const std::string& bytes) {
  resp::FrameBuffer frames{ReplyLimits{}};
  frames.feed(bytes + std::string{behind});
  Read result;
  while (true) {
    const auto next = frames.next();
    if (next.status != resp::FrameBuffer::Status::frame) {
      result.failed = next.status == resp::FrameBuffer::Status::error;
      return result;
    }
    if (next.frame.type() == ReplyType::push) {
      ++result.pushes;
    } else {
      ++result.replies;
      result.reached_the_end = next.frame.frame() == behind;
    }
  }
}

TEST(Garbage, ItIsNeverAReplyAndEndsTheStreamOrIsWhole) {
  std::size_t ends = 0;
  for (std::uint64_t kind = 0; kind < garbage_kinds(); ++kind) {
    const Read result = read(garbage_of(kind));
    EXPECT_TRUE(result.failed || result.reached_the_end) << kind << ": swallows what is behind it";
    EXPECT_EQ(result.replies, result.failed ? 0U : 1U) << kind;
    ends += result.failed ? 1 : 0;
  }
  EXPECT_GT(ends, garbage_kinds() / 2);
  EXPECT_LT(ends, garbage_kinds());
}

}  // namespace
}  // namespace trackside::sim
