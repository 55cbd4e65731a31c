// Replies for people: messages, traces and test failures. The forms are those of redis-cli where it has one.
// Output is plain ASCII, stays on one line, and costs no more than the text that is kept.
#include <array>
#include <utility>

#include "trackside/reply.hpp"

namespace trackside {

namespace {

class TextWriter {
 public:
  explicit TextWriter(std::size_t length_max) : length_max_(length_max) {}

  void write(ReplyView reply);
  std::string take();

 private:
  bool full() const noexcept { return text_.size() > length_max_; }
  void write_escaped(std::string_view bytes);
  void write_quoted(std::string_view bytes);
  void write_labelled(std::string_view label, std::string_view bytes);
  void write_elements(ReplyView reply, std::string_view open, std::string_view close);

  std::size_t length_max_;
  std::string text_;
};

/// What stands between the type byte and CRLF of a reply that is one line.
std::string_view line_of(ReplyView reply) noexcept {
  const std::string_view frame = reply.frame();
  return frame.substr(1, frame.find('\r') - 1);
}

void TextWriter::write(ReplyView reply) {
  switch (reply.type()) {
    case ReplyType::null: text_ += "(nil)"; return;
    case ReplyType::simple_string: write_escaped(*reply.as_string()); return;
    case ReplyType::error: write_labelled("(error) ", *reply.as_string()); return;
    case ReplyType::integer: write_labelled("(integer) ", line_of(reply)); return;
    case ReplyType::bulk_string: case ReplyType::verbatim: write_quoted(*reply.as_string()); return;
    case ReplyType::big_number: write_labelled("(big number) ", *reply.as_string()); return;
    case ReplyType::number: write_labelled("(double) ", line_of(reply)); return;
    case ReplyType::boolean: text_ += *reply.as_boolean() ? "(true)" : "(false)"; return;
    case ReplyType::array: write_elements(reply, "[", "]"); return;
    case ReplyType::set: write_elements(reply, "set[", "]"); return;
    case ReplyType::map: write_elements(reply, "{", "}"); return;
    case ReplyType::push: write_elements(reply, "push[", "]"); return;
  }
}

std::string TextWriter::take() {
  if (full()) {
    constexpr std::string_view dots = "...";
    text_.resize(length_max_ < dots.size() ? 0 : length_max_ - dots.size());
    text_ += dots.substr(0, length_max_);
  }
  return std::move(text_);
}

void TextWriter::write_escaped(std::string_view bytes) {
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  for (const char c : bytes) {
    if (full()) {
      return;
    }
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '\n': text_ += "\\n"; break;
      case '\r': text_ += "\\r"; break;
      case '\t': text_ += "\\t"; break;
      case '"': text_ += "\\\""; break;
      case '\\': text_ += "\\\\"; break;
      default:
        if (byte >= 0x20 && byte < 0x7f) {
          text_ += c;
        } else {
          text_ += "\\x";
          text_ += hexadecimal[byte >> 4];
          text_ += hexadecimal[byte & 15];
        }
    }
  }
}

void TextWriter::write_quoted(std::string_view bytes) {
  text_ += '"';
  write_escaped(bytes);
  text_ += '"';
}

void TextWriter::write_labelled(std::string_view label, std::string_view bytes) {
  text_ += label;
  write_escaped(bytes);
}

void TextWriter::write_elements(ReplyView reply, std::string_view open, std::string_view close) {
  const std::array<std::string_view, 2> after_odd_and_even{reply.type() == ReplyType::map ? ": " : ", ", ", "};
  text_ += open;
  std::size_t index = 0;
  for (const ReplyView element : reply) {
    if (index != 0) {
      text_ += after_odd_and_even[(index + 1) % 2];
    }
    if (full()) {
      return;
    }
    write(element);
    ++index;
  }
  text_ += close;
}

}  // namespace

std::string to_text(ReplyView reply, std::size_t length_max) {
  TextWriter writer(length_max);
  writer.write(reply);
  return writer.take();
}

}  // namespace trackside
