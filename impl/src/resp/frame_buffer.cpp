// The scanner behind FrameBuffer. One step accepts one header or one body.
//
//   position_ at a header --line complete--> scalar: element done | bulk: body_end_ set | aggregate: pushed on open_
//   body_end_ set --bytes there, CRLF right--> element done
//   element done --last of its aggregate--> aggregate done, likewise upwards; nothing open: frame whole
//
// Attributes are not elements: one before a frame is consumed like a frame that nobody sees. One inside a frame
// is cut out by moving the bytes kept so far together, at most once per byte and within the frame's own bytes.
#include "resp/frame_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "resp/syntax.hpp"

namespace trackside::resp {

namespace {

constexpr std::size_t element_bytes_min = 3;  // "_\r\n", "+\r\n"
constexpr std::size_t number_line_max = 32;   // enough for any 64-bit number

/// How long the line after a type byte may be; nothing for a byte that is no type.
std::size_t line_limit(char type) noexcept {
  switch (type) {
    case '+': case '-': case '(': case ',':
      return line_bytes_max;
    case ':': case '$': case '*': case '_': case '#': case '!': case '=': case '%': case '~': case '>': case '|':
      return number_line_max;
    default:
      return 0;
  }
}

bool is_scalar_line(char type, std::string_view line) noexcept {
  switch (type) {
    case '+': case '-':
      return true;
    case ':':
      return parse_integer(line).has_value();
    case ',':
      return is_number(line);
    case '(':
      return is_big_number(line);
    case '#':
      return line == "t" || line == "f";
    default:
      return line.empty();  // '_'
  }
}

const char* find_line_break(const char* from, const char* end) noexcept {
  while (from != end && *from != '\r' && *from != '\n') {
    ++from;
  }
  return from;
}

}  // namespace

FrameBuffer::FrameBuffer(ReplyLimits limits) : limits_(limits), bytes_(limits.max_bytes) {}

void FrameBuffer::feed(std::string_view bytes) {
  if (error_) {
    bytes_.release();
    return;
  }
  bytes_.append(bytes);
}

FrameBuffer::Next FrameBuffer::next() {
  if (error_) {
    return {Status::error, {}, error_};
  }
  while (true) {
    switch (step()) {
      case Step::more:
        break;
      case Step::whole:
        return {Status::frame, take_frame(), {}};
      case Step::incomplete:
        return {Status::incomplete, {}, {}};
      case Step::failed:
        return {Status::error, {}, error_};
    }
  }
}

void FrameBuffer::clear() { *this = FrameBuffer(limits_); }

FrameBuffer::Step FrameBuffer::step() { return body_end_ == 0 ? scan_header() : finish_bulk(); }

FrameBuffer::Step FrameBuffer::scan_header() {
  const std::size_t available = bytes_.size();
  if (position_ == available) {
    return Step::incomplete;
  }
  const char* data = bytes_.data();
  const char type = data[position_];
  const std::size_t limit = line_limit(type);
  if (limit == 0) {
    return fail(Errc::protocol_error);
  }
  const std::size_t first = position_ + 1;
  const std::size_t start = std::max(resume_, first);
  const std::size_t stop = std::min(available, first + limit + 1);
  const auto end = static_cast<std::size_t>(find_line_break(data + start, data + stop) - data);
  examined_ += end - start + 1;
  resume_ = end;
  // The element itself is among those expected, unless it is an attribute or the frame; its own bytes are in `end`.
  const std::size_t others = open_.empty() || type == '|' ? outstanding_ : outstanding_ - 1;
  if (!fits(end + 2, others)) {
    return fail(Errc::reply_too_large);
  }
  if (end == stop) {
    return stop == available && end - first <= limit ? Step::incomplete : fail(Errc::protocol_error);
  }
  if (data[end] != '\r') {
    return fail(Errc::protocol_error);
  }
  if (end + 1 == available) {
    return Step::incomplete;
  }
  if (data[end + 1] != '\n') {
    return fail(Errc::protocol_error);
  }
  resume_ = 0;
  return accept_header(type, {data + first, end - first}, end + 2);
}

FrameBuffer::Step FrameBuffer::accept_header(char type, std::string_view line, std::size_t end) {
  switch (type) {
    case '$': case '!': case '=':
      return accept_bulk(type, line, end);
    case '*': case '~': case '%': case '>': case '|':
      return accept_aggregate(type, line, end);
    default:
      return is_scalar_line(type, line) ? finish_element(end) : fail(Errc::protocol_error);
  }
}

FrameBuffer::Step FrameBuffer::accept_bulk(char type, std::string_view line, std::size_t end) {
  const auto length = parse_integer(line);
  if (length == -1 && type == '$') {
    return finish_element(end);
  }
  if (!length || *length < 0 || (type == '=' && *length < 4)) {
    return fail(Errc::protocol_error);
  }
  const std::size_t others = open_.empty() ? 0 : outstanding_ - 1;
  const auto body = static_cast<std::size_t>(*length);
  if (body > limits_.max_bytes || !fits(end + body + 2, others)) {
    return fail(Errc::reply_too_large);
  }
  body_end_ = end + body + 2;
  verbatim_at_ = type == '=' ? end : 0;
  return finish_bulk();
}

FrameBuffer::Step FrameBuffer::accept_aggregate(char type, std::string_view line, std::size_t end) {
  const auto count = parse_integer(line);
  if (count == -1 && type == '*') {
    return finish_element(end);
  }
  if (!count || *count < 0 || (type == '>' && !open_.empty())) {
    return fail(Errc::protocol_error);
  }
  if (open_.size() >= limits_.max_depth) {
    return fail(Errc::reply_too_deep);
  }
  const Kind kind = type == '|' ? Kind::attribute : Kind::element;
  const auto announced = static_cast<std::size_t>(*count);
  if (announced > limits_.max_bytes / element_bytes_min) {
    return fail(Errc::reply_too_large);
  }
  const std::size_t children = type == '%' || type == '|' ? 2 * announced : announced;
  const std::size_t others = open_.empty() || kind == Kind::attribute ? outstanding_ : outstanding_ - 1;
  if (!fits(end, others + children)) {
    return fail(Errc::reply_too_large);
  }
  if (kind == Kind::attribute) {
    begin_attribute();
  }
  position_ = end;
  if (children != 0) {
    open_.push_back({children, kind});
    outstanding_ = others + children;
    return Step::more;
  }
  if (kind == Kind::attribute) {
    end_attribute();
    return Step::more;
  }
  return finish_element(end);
}

FrameBuffer::Step FrameBuffer::finish_bulk() {
  if (bytes_.size() < body_end_) {
    return Step::incomplete;
  }
  const char* end = bytes_.data() + body_end_;
  if (end[-2] != '\r' || end[-1] != '\n') {
    return fail(Errc::protocol_error);
  }
  if (verbatim_at_ != 0 && bytes_.data()[verbatim_at_ + 3] != ':') {
    return fail(Errc::protocol_error);
  }
  verbatim_at_ = 0;
  return finish_element(std::exchange(body_end_, 0));
}

FrameBuffer::Step FrameBuffer::finish_element(std::size_t end) {
  position_ = end;
  outstanding_ -= open_.empty() ? 0 : 1;
  while (!open_.empty()) {
    if (--open_.back().remaining != 0) {
      return Step::more;
    }
    const Kind kind = open_.back().kind;
    open_.pop_back();
    if (kind == Kind::attribute) {
      end_attribute();
      return Step::more;
    }
  }
  return Step::whole;
}

void FrameBuffer::begin_attribute() {
  if (attribute_at_ == 0 && !open_.empty()) {
    keep_scanned();
    attribute_at_ = open_.size();
  }
}

void FrameBuffer::end_attribute() {
  if (open_.empty()) {
    start_frame(position_);
  } else if (open_.size() == attribute_at_) {
    attribute_at_ = 0;
    keep_from_ = position_;
  }
}

void FrameBuffer::keep_scanned() {
  const std::size_t length = position_ - keep_from_;
  if (kept_ != keep_from_) {
    std::memmove(bytes_.data() + kept_, bytes_.data() + keep_from_, length);
  }
  kept_ += length;
  keep_from_ = position_;
}

void FrameBuffer::start_frame(std::size_t consumed) {
  bytes_.consume(consumed);
  position_ = 0;
  kept_ = 0;
  keep_from_ = 0;
}

ReplyView FrameBuffer::take_frame() {
  keep_scanned();
  const ReplyView frame{{bytes_.data(), kept_}};
  start_frame(position_);
  return frame;
}

FrameBuffer::Step FrameBuffer::fail(Errc code) {
  error_ = code;
  return Step::failed;
}

bool FrameBuffer::fits(std::size_t end, std::size_t elements_to_come) const noexcept {
  return end <= limits_.max_bytes && elements_to_come <= (limits_.max_bytes - end) / element_bytes_min;
}

}  // namespace trackside::resp
