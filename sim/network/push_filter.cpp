#include "sim/network/push_filter.hpp"

#include <string_view>

#include "resp/frame_buffer.hpp"

namespace trackside::sim {
namespace {

bool is_invalidation(const ReplyView& frame) {
  const auto says = [&](std::size_t index, std::string_view word) {
    const auto text = frame[index].as_string();
    return text.has_value() && *text == word;
  };
  const bool push = frame.type() == ReplyType::push && frame.size() == 2 && says(0, "invalidate");
  const bool message =
      frame.type() == ReplyType::array && frame.size() == 3 && says(0, "message") && says(1, "__redis__:invalidate");
  return push || message;
}

}  // namespace

std::size_t drop_invalidations(std::string& output, std::size_t from, std::string* dropped) {
  if (from >= output.size()) {
    return 0;
  }
  resp::FrameBuffer frames{ReplyLimits{}};
  frames.feed(std::string_view(output).substr(from));
  std::string kept = output.substr(0, from);
  std::size_t count = 0;
  for (auto next = frames.next(); next.status == resp::FrameBuffer::Status::frame; next = frames.next()) {
    const ReplyView frame = next.frame;
    if (is_invalidation(frame)) {
      ++count;
      if (dropped != nullptr) {
        dropped->append(frame.frame());
      }
    } else {
      kept.append(frame.frame());
    }
  }
  kept.append(output, output.size() - frames.buffered());
  output = std::move(kept);
  return count;
}

}  // namespace trackside::sim
