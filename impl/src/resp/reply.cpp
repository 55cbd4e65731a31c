// Reads replies out of checked bytes. Nothing is allocated but by `to_text`, and nothing is validated twice:
// the frames were accepted by `FrameBuffer`, so these readers walk from header to header without asking.
#include "trackside/reply.hpp"

#include <charconv>

#include "resp/syntax.hpp"

namespace trackside {

namespace {

struct Header {
  std::string_view line;  // between the type byte and CRLF
  std::size_t size;       // of the whole line
};

Header read_header(std::string_view frame) noexcept {
  std::size_t end = 1;
  while (frame[end] != '\r') {
    ++end;
  }
  return {frame.substr(1, end - 1), end + 2};
}

/// The length or count in a header, with the header's size. "-1" counts as 0.
struct Counted {
  std::size_t count;
  std::size_t size;
};

Counted read_count(std::string_view frame) noexcept {
  if (frame[1] == '-') {
    return {0, 5};
  }
  std::size_t count = 0;
  std::size_t at = 1;
  for (; frame[at] != '\r'; ++at) {
    count = count * 10 + static_cast<std::size_t>(frame[at] - '0');
  }
  return {count, at + 2};
}

std::string_view read_bulk(std::string_view frame) noexcept {
  const Counted header = read_count(frame);
  return {frame.data() + header.size, header.count};
}

/// The bytes of the frame at the start of `bytes`.
std::size_t measure_frame(std::string_view bytes) noexcept {
  std::size_t at = 0;
  for (std::size_t pending = 1; pending != 0; --pending) {
    const std::string_view rest = bytes.substr(at);
    switch (rest.front()) {
      case '$': case '!': case '=': {
        const Counted header = read_count(rest);
        at += rest[1] == '-' ? header.size : header.size + header.count + 2;
        break;
      }
      case '*': case '~': case '>': case '%': {
        const Counted header = read_count(rest);
        at += header.size;
        pending += rest.front() == '%' ? 2 * header.count : header.count;
        break;
      }
      default:
        at += read_header(rest).size;
        break;
    }
  }
  return at;
}

bool is_text(ReplyType type) noexcept {
  return type == ReplyType::simple_string || type == ReplyType::bulk_string || type == ReplyType::verbatim ||
         type == ReplyType::big_number;
}

}  // namespace

ReplyType ReplyView::type() const noexcept {
  if (frame_.empty()) {
    return ReplyType::null;
  }
  switch (frame_.front()) {
    case '+': return ReplyType::simple_string;
    case '-': case '!': return ReplyType::error;
    case ':': return ReplyType::integer;
    case '$': return frame_[1] == '-' ? ReplyType::null : ReplyType::bulk_string;
    case '=': return ReplyType::verbatim;
    case '(': return ReplyType::big_number;
    case ',': return ReplyType::number;
    case '#': return ReplyType::boolean;
    case '*': return frame_[1] == '-' ? ReplyType::null : ReplyType::array;
    case '~': return ReplyType::set;
    case '%': return ReplyType::map;
    case '>': return ReplyType::push;
    default: return ReplyType::null;
  }
}

bool ReplyView::is_aggregate() const noexcept {
  const ReplyType kind = type();
  return kind == ReplyType::array || kind == ReplyType::set || kind == ReplyType::map || kind == ReplyType::push;
}

Result<std::string_view> ReplyView::as_string() const noexcept {
  if (frame_.empty()) {
    return Errc::not_a_string;
  }
  switch (frame_.front()) {
    case '$':
      if (frame_[1] == '-') {
        return Errc::not_a_string;
      }
      return read_bulk(frame_);
    case '!':
      return read_bulk(frame_);
    case '=':
      return read_bulk(frame_).substr(4);
    case '+': case '-': case '(':
      return read_header(frame_).line;
    default:
      return Errc::not_a_string;
  }
}

Result<std::int64_t> ReplyView::as_integer() const noexcept {
  const ReplyType kind = type();
  if (kind != ReplyType::integer && !is_text(kind)) {
    return Errc::not_an_integer;
  }
  const auto value = resp::parse_integer(kind == ReplyType::integer ? read_header(frame_).line : *as_string());
  if (!value) {
    return Errc::not_an_integer;
  }
  return *value;
}

Result<double> ReplyView::as_number() const {
  const ReplyType kind = type();
  const bool is_line = kind == ReplyType::integer || kind == ReplyType::number;
  if (!is_line && !is_text(kind)) {
    return Errc::not_a_number;
  }
  const std::string_view text = is_line ? read_header(frame_).line : *as_string();
  if (!resp::is_number(text)) {
    return Errc::not_a_number;
  }
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{}) {
    return Errc::not_a_number;
  }
  return value;
}

Result<bool> ReplyView::as_boolean() const noexcept {
  const ReplyType kind = type();
  if (kind == ReplyType::boolean) {
    return frame_[1] == 't';
  }
  if (kind == ReplyType::integer && (frame_[1] == '0' || frame_[1] == '1') && frame_[2] == '\r') {
    return frame_[1] == '1';
  }
  return Errc::not_a_boolean;
}

std::size_t ReplyView::size() const noexcept {
  if (!is_aggregate()) {
    return 0;
  }
  const std::size_t count = read_count(frame_).count;
  return frame_.front() == '%' ? 2 * count : count;
}

ReplyView::Iterator ReplyView::begin() const noexcept {
  const std::size_t count = size();
  return count == 0 ? Iterator{} : Iterator{frame_.substr(read_count(frame_).size), count};
}

ReplyView::Iterator ReplyView::end() const noexcept { return {}; }

ReplyView ReplyView::operator[](std::size_t index) const noexcept {
  if (index >= size()) {
    return {};
  }
  Iterator element = begin();
  for (; index != 0; --index) {
    ++element;
  }
  return *element;
}

void ReplyView::Iterator::measure() noexcept { length_ = remaining_ == 0 ? 0 : measure_frame(rest_); }

ReplyView::Iterator& ReplyView::Iterator::operator++() noexcept {
  rest_.remove_prefix(length_);
  --remaining_;
  measure();
  return *this;
}

ReplyView::Iterator ReplyView::Iterator::operator++(int) noexcept {
  const Iterator before = *this;
  ++*this;
  return before;
}

}  // namespace trackside
