// See scenario_words.hpp.
#include "sim/scenario_words.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "sim/kernel/assertion.hpp"

namespace trackside::sim {
namespace {

constexpr std::size_t nothing = std::string_view::npos;

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\r';
}

bool parse_whole(std::string_view text, int base, std::uint64_t& out) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return code == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool is_plain(char letter) {
  return letter > ' ' && letter < 0x7f && letter != '"' && letter != '\\' && letter != '#';
}

}  // namespace

std::string seconds(Instant at) {
  require(at >= 0, "times in a scenario are not negative");
  return fmt::format("{}.{:09}", at / second, at % second);
}

std::string quoted(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
    return std::string(word);
  }
  std::string out = "\"";
  for (const char letter : word) {
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (letter >= ' ' && letter < 0x7f) {
      out += letter;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(letter));
    }
  }
  return out + '"';
}

LineReader::LineReader(std::string_view line, std::size_t number, ParseError& error)
    : number_(number), error_(error) {
  split(line);
}

void LineReader::fail(std::string_view expected, std::string_view found) {
  if (ok_) {
    error_ = {number_, std::string(expected), found.empty() ? "nothing" : std::string(found)};
    ok_ = false;
  }
}

void LineReader::split(std::string_view line) {
  std::size_t position = 0;
  while (true) {
    while (position < line.size() && is_blank(line[position])) {
      ++position;
    }
    if (position == line.size() || line[position] == '#') {
      return;
    }
    std::string word;
    while (position < line.size() && !is_blank(line[position]) && line[position] != '#') {
      if (line[position] == '"') {
        position = unquote(line, position + 1, word);
        if (position == nothing) {
          return;
        }
      } else {
        word += line[position++];
      }
    }
    words_.push_back(std::move(word));
  }
}

std::size_t LineReader::unquote(std::string_view line, std::size_t position, std::string& out) {
  while (position < line.size() && line[position] != '"') {
    if (line[position] != '\\') {
      out += line[position++];
      continue;
    }
    const std::string_view rest = line.substr(position);
    std::uint64_t byte = 0;
    if (rest.size() >= 2 && (rest[1] == '"' || rest[1] == '\\')) {
      out += rest[1];
      position += 2;
    } else if (rest.size() >= 4 && rest[1] == 'x' && parse_whole(rest.substr(2, 2), 16, byte)) {
      out += static_cast<char>(byte);
      position += 4;
    } else {
      fail("\\\", \\\\ or \\x and two hexadecimal digits", rest.substr(0, 4));
      return nothing;
    }
  }
  if (position == line.size()) {
    fail("a closing quote", "the end of the line");
    return nothing;
  }
  return position + 1;
}

std::string LineReader::word(std::string_view expected) {
  if (!ok_ || at_end()) {
    fail(expected, "the end of the line");
    return {};
  }
  return words_[next_++];
}

void LineReader::literal(std::string_view wanted) {
  const std::string found = word(fmt::format("the word '{}'", wanted));
  if (ok_ && found != wanted) {
    fail(fmt::format("the word '{}'", wanted), found);
  }
}

std::uint64_t LineReader::number(std::string_view expected, std::uint64_t max) {
  return number_in(word(expected), expected, max);
}

std::uint64_t LineReader::hexadecimal(std::string_view expected) {
  const std::string text = word(expected);
  std::uint64_t value = 0;
  if (ok_ && !parse_whole(text, 16, value)) {
    fail(expected, text);
  }
  return value;
}

Instant LineReader::time(std::string_view expected) {
  return time_in(word(expected), expected);
}

LineReader::Assignment LineReader::assignment(std::string_view expected) {
  std::string text = word(expected);
  const std::size_t equals = text.find('=');
  if (ok_ && equals == std::string::npos) {
    fail(expected, text);
  }
  if (!ok_) {
    return {};
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void LineReader::end() {
  if (ok_ && !at_end()) {
    fail("the end of the line", peek());
  }
}

std::uint64_t LineReader::number_in(std::string_view text, std::string_view expected, std::uint64_t max) {
  std::uint64_t value = 0;
  if (!ok_) {
    return 0;
  }
  if (!parse_whole(text, 10, value)) {
    fail(expected, text);
  } else if (value > max) {
    fail(fmt::format("{}, at most {}", expected, max), text);
  }
  return ok_ ? value : 0;
}

std::int64_t LineReader::signed_in(std::string_view text, std::string_view expected) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ok_ && (code != std::errc{} || end != text.data() + text.size())) {
    fail(expected, text);
  }
  return ok_ ? value : 0;
}

Instant LineReader::time_in(std::string_view text, std::string_view expected) {
  const std::size_t point = text.find('.');
  const std::string_view fraction = point == nothing ? std::string_view{} : text.substr(point + 1);
  const bool bare_point = point != nothing && (fraction.empty() || fraction.size() > 9);
  std::uint64_t whole = 0;
  std::uint64_t part = 0;
  if (!ok_) {
    return 0;
  }
  const bool readable = parse_whole(text.substr(0, point), 10, whole) &&
                        (fraction.empty() || parse_whole(fraction, 10, part)) && !bare_point;
  if (!readable) {
    fail(fmt::format("{} in seconds, such as 1.5", expected), text);
    return 0;
  }
  if (whole > static_cast<std::uint64_t>(longest_time / second)) {
    fail(fmt::format("{}, at most {} seconds", expected, longest_time / second), text);
    return 0;
  }
  for (std::size_t digits = fraction.size(); digits < 9; ++digits) {
    part *= 10;
  }
  return static_cast<Instant>(whole) * second + static_cast<Instant>(part);
}

bool LineReader::answer_in(std::string_view text) {
  if (text != "yes" && text != "no") {
    fail("yes or no", text);
  }
  return text == "yes";
}

}  // namespace trackside::sim
