// The writing half of RESP; see writer.hpp.
#include "resp/writer.hpp"

#include <array>
#include <charconv>

namespace trackside::resp {

namespace {

template <class Integer>
void line(std::string& out, char type, Integer value) {
  std::array<char, 24> text;
  text[0] = type;
  char* end = text.data() + 1;
  if (static_cast<std::uint64_t>(value) < 10) {  // most headers of commands; to_chars took a third of their encoding
    *end++ = static_cast<char>('0' + value);
  } else {
    end = std::to_chars(end, text.data() + text.size() - 2, value).ptr;
  }
  *end++ = '\r';
  *end++ = '\n';
  out.append(text.data(), end);
}

void text_line(std::string& out, char type, std::string_view text) {
  out += type;
  const std::size_t start = out.size();
  out += text;
  for (std::size_t i = start; i < out.size(); ++i) {
    if (out[i] == '\r' || out[i] == '\n') {
      out[i] = ' ';
    }
  }
  out += "\r\n";
}

}  // namespace

void simple(std::string& out, std::string_view text) { text_line(out, '+', text); }

void error(std::string& out, std::string_view text) { text_line(out, '-', text); }

void integer(std::string& out, std::int64_t value) { line(out, ':', value); }

void bulk(std::string& out, std::string_view bytes) {
  line(out, '$', bytes.size());
  out += bytes;
  out += "\r\n";
}

void verbatim(std::string& out, std::string_view text, Protocol protocol) {
  if (protocol == Protocol::resp2) {
    bulk(out, text);
    return;
  }
  line(out, '=', text.size() + 4);
  out += "txt:";
  out += text;
  out += "\r\n";
}

void null(std::string& out, Protocol protocol) { out += protocol == Protocol::resp3 ? "_\r\n" : "$-1\r\n"; }

void null_array(std::string& out, Protocol protocol) { out += protocol == Protocol::resp3 ? "_\r\n" : "*-1\r\n"; }

void boolean(std::string& out, bool value, Protocol protocol) {
  if (protocol == Protocol::resp2) {
    integer(out, value ? 1 : 0);
  } else {
    out += value ? "#t\r\n" : "#f\r\n";
  }
}

void number(std::string& out, double value, Protocol protocol) {
  std::array<char, 40> digits;
  constexpr int precision = 17;
  const char* end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::general, precision).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  if (protocol == Protocol::resp2) {
    bulk(out, text);
  } else {
    text_line(out, ',', text);
  }
}

void array_header(std::string& out, std::size_t count) { line(out, '*', count); }

void map_header(std::string& out, std::size_t count, Protocol protocol) {
  if (protocol == Protocol::resp3) {
    line(out, '%', count);
  } else {
    line(out, '*', 2 * count);
  }
}

void set_header(std::string& out, std::size_t count, Protocol protocol) {
  line(out, protocol == Protocol::resp3 ? '~' : '*', count);
}

void push_header(std::string& out, std::size_t count, Protocol protocol) {
  line(out, protocol == Protocol::resp3 ? '>' : '*', count);
}

}  // namespace trackside::resp
