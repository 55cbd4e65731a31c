// The scanner behind RequestBuffer. One step reads one line or one body.
//
//   between requests --'*' line--> in array (remaining_ > 0); --other line--> inline request whole, or passed over
//   in array --'$' line--> body_end_ set --bytes there--> argument; the last makes the request whole
#include "resp/request_buffer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "resp/syntax.hpp"

namespace trackside::resp {

namespace {

constexpr std::int64_t argument_bytes_max = std::int64_t{512} * 1024 * 1024;
constexpr std::size_t buffer_bytes_max = std::size_t{1024} * 1024 * 1024;

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hexadecimal_value(char c) noexcept {
  if (is_digit(c)) {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

char unescape(char c) noexcept {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

}  // namespace

RequestBuffer::RequestBuffer() : bytes_(buffer_bytes_max) {}

void RequestBuffer::feed(std::string_view bytes) {
  if (!error_text_.empty()) {
    bytes_.release();
    return;
  }
  bytes_.append(bytes);
}

RequestBuffer::Status RequestBuffer::next(std::vector<std::string_view>& arguments) {
  arguments.clear();
  if (!error_text_.empty()) {
    return Status::error;
  }
  while (true) {
    switch (step()) {
      case Step::more:
        break;
      case Step::whole:
        for (const Span span : spans_) {
          arguments.emplace_back(bytes_.data() + span.offset, span.length);
        }
        restart(position_);
        return Status::request;
      case Step::incomplete:
        return Status::incomplete;
      case Step::failed:
        return Status::error;
    }
  }
}

void RequestBuffer::clear() { *this = RequestBuffer(); }

RequestBuffer::Step RequestBuffer::step() {
  if (remaining_ != 0) {
    return scan_argument();
  }
  if (bytes_.size() == 0) {
    return Step::incomplete;
  }
  return *bytes_.data() == '*' ? begin_array() : scan_inline();
}

RequestBuffer::Step RequestBuffer::begin_array() {
  if (!find_line_end('\r')) {
    return line_end_ > line_bytes_max ? fail("too big mbulk count string") : Step::incomplete;
  }
  const auto count = parse_integer({bytes_.data() + 1, line_end_ - 1});
  if (!count || *count > std::numeric_limits<std::int32_t>::max()) {
    return fail("invalid multibulk length");
  }
  position_ = std::exchange(line_end_, 0) + 2;
  if (*count <= 0) {
    restart(position_);
    return Step::more;
  }
  remaining_ = static_cast<std::size_t>(*count);
  return Step::more;
}

RequestBuffer::Step RequestBuffer::scan_argument() {
  if (body_end_ == 0) {
    if (!find_line_end('\r')) {
      return line_end_ > position_ + line_bytes_max ? fail("too big bulk count string") : Step::incomplete;
    }
    const char type = bytes_.data()[position_];
    if (type != '$') {
      const char shown = type == '\r' || type == '\n' ? ' ' : type;
      return fail(std::string("expected '$', got '") + shown + "'");
    }
    const auto length = parse_integer({bytes_.data() + position_ + 1, line_end_ - position_ - 1});
    if (!length || *length < 0 || *length > argument_bytes_max) {
      return fail("invalid bulk length");
    }
    position_ = std::exchange(line_end_, 0) + 2;
    body_end_ = position_ + static_cast<std::size_t>(*length) + 2;
  }
  if (bytes_.size() < body_end_) {
    return Step::incomplete;
  }
  spans_.push_back({position_, body_end_ - 2 - position_});
  position_ = std::exchange(body_end_, 0);
  return --remaining_ == 0 ? Step::whole : Step::more;
}

RequestBuffer::Step RequestBuffer::scan_inline() {
  if (!find_line_end('\n')) {
    return line_end_ > line_bytes_max ? fail("too big inline request") : Step::incomplete;
  }
  const std::size_t end = std::exchange(line_end_, 0);
  position_ = end + 1;
  const bool has_carriage_return = end != 0 && bytes_.data()[end - 1] == '\r';
  if (!split_inline(has_carriage_return ? end - 1 : end)) {
    return fail("unbalanced quotes in request");
  }
  if (spans_.empty()) {
    restart(position_);
    return Step::more;
  }
  return Step::whole;
}

/// Looks for `mark` in the line at position_, at most line_bytes_max far, going on where the last search stopped.
/// A '\r' counts when one more byte is there.
bool RequestBuffer::find_line_end(char mark) {
  const std::size_t trailing = mark == '\r' ? 1 : 0;
  const std::size_t available = bytes_.size();
  const std::size_t stop = std::min(available, position_ + line_bytes_max + 1);
  const char* data = bytes_.data();
  std::size_t at = std::max(line_end_, position_);
  const std::size_t start = at;
  while (at < stop && data[at] != mark) {
    ++at;
  }
  examined_ += at - start + 1;
  line_end_ = at;
  return at < stop && at + trailing < available;
}

/// Splits the line before `end` into arguments, unquoting them in place: they only get shorter.
bool RequestBuffer::split_inline(std::size_t end) {
  const char* data = bytes_.data();
  std::size_t read = 0;
  while (true) {
    while (read < end && is_space(data[read])) {
      ++read;
    }
    if (read == end) {
      return true;
    }
    const std::size_t start = read;
    std::size_t write = read;
    while (read < end && !is_space(data[read])) {
      if (data[read] == '"' || data[read] == '\'') {
        if (!unquote(read, end, write)) {
          return false;
        }
      } else {
        bytes_.data()[write++] = data[read++];
      }
    }
    spans_.push_back({start, write - start});
  }
}

/// Copies the quoted piece at `read` to `write`. After the closing quote there must be a space or the line's end.
bool RequestBuffer::unquote(std::size_t& read, std::size_t end, std::size_t& write) {
  char* data = bytes_.data();
  const char quote = data[read++];
  for (; read < end && data[read] != quote; ++read) {
    char c = data[read];
    if (c == '\\' && read + 1 < end) {
      const char escaped = data[read + 1];
      if (quote == '\'') {
        if (escaped == '\'') {
          c = escaped;
          ++read;
        }
      } else if (escaped == 'x' && read + 3 < end && hexadecimal_value(data[read + 2]) >= 0 &&
                 hexadecimal_value(data[read + 3]) >= 0) {
        c = static_cast<char>(hexadecimal_value(data[read + 2]) * 16 + hexadecimal_value(data[read + 3]));
        read += 3;
      } else {
        c = unescape(escaped);
        ++read;
      }
    }
    data[write++] = c;
  }
  if (read == end) {
    return false;
  }
  ++read;
  return read == end || is_space(data[read]);
}

void RequestBuffer::restart(std::size_t consumed) {
  bytes_.consume(consumed);
  position_ = 0;
  spans_.clear();
}

RequestBuffer::Step RequestBuffer::fail(std::string_view problem) {
  error_text_ = "ERR Protocol error: ";
  error_text_ += problem;
  return Step::failed;
}

}  // namespace trackside::resp
