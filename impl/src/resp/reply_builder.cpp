// Counts what is missing, and leaves the bytes to the writer.
#include "trackside/reply_builder.hpp"

#include "resp/writer.hpp"
#include "seam/assertion.hpp"

namespace trackside {
namespace {

resp::Protocol written_as(Protocol protocol) {
  return protocol == Protocol::resp2 ? resp::Protocol::resp2 : resp::Protocol::resp3;
}

}  // namespace

ReplyBuilder& ReplyBuilder::add(std::size_t elements) {
  TRACKSIDE_ASSERT(missing_ > 0);
  TRACKSIDE_ASSERT(elements <= SIZE_MAX - missing_);
  missing_ += elements - 1;
  return *this;
}

ReplyBuilder& ReplyBuilder::null() {
  resp::null(frame_, written_as(protocol_));
  return add();
}

ReplyBuilder& ReplyBuilder::simple_string(std::string_view text) {
  resp::simple(frame_, text);
  return add();
}

ReplyBuilder& ReplyBuilder::error(std::string_view text) {
  resp::error(frame_, text);
  return add();
}

ReplyBuilder& ReplyBuilder::integer(std::int64_t value) {
  resp::integer(frame_, value);
  return add();
}

ReplyBuilder& ReplyBuilder::bulk_string(std::string_view bytes) {
  resp::bulk(frame_, bytes);
  return add();
}

ReplyBuilder& ReplyBuilder::number(double value) {
  resp::number(frame_, value, written_as(protocol_));
  return add();
}

ReplyBuilder& ReplyBuilder::boolean(bool value) {
  resp::boolean(frame_, value, written_as(protocol_));
  return add();
}

ReplyBuilder& ReplyBuilder::array(std::size_t count) {
  resp::array_header(frame_, count);
  return add(count);
}

ReplyBuilder& ReplyBuilder::set(std::size_t count) {
  resp::set_header(frame_, count, written_as(protocol_));
  return add(count);
}

ReplyBuilder& ReplyBuilder::map(std::size_t pairs) {
  TRACKSIDE_ASSERT(pairs <= SIZE_MAX / 2);
  resp::map_header(frame_, pairs, written_as(protocol_));
  return add(2 * pairs);
}

Reply ReplyBuilder::take() {
  TRACKSIDE_ASSERT(is_complete());
  const Reply reply{ReplyView{frame_}};
  frame_.clear();
  missing_ = 1;
  return reply;
}

}  // namespace trackside
