// Small helpers of the commands: words, integers and glob patterns in arguments.
#include "sim/redis/context.hpp"

#include <algorithm>

namespace trackside::sim::redis {
namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

/// Whether `letter` is in the class whose text (behind '[') starts `pattern`; moves past the closing bracket.
bool class_match(std::string_view& pattern, char letter) {
  const bool negated = !pattern.empty() && pattern.front() == '^';
  if (negated) pattern.remove_prefix(1);
  bool matched = false;
  while (!pattern.empty() && pattern.front() != ']') {
    if (pattern.front() == '\\' && pattern.size() >= 2) {
      matched = matched || pattern[1] == letter;
      pattern.remove_prefix(2);
    } else if (pattern.size() >= 3 && pattern[1] == '-') {
      const auto [low, high] = std::minmax(pattern[0], pattern[2]);
      matched = matched || (letter >= low && letter <= high);
      pattern.remove_prefix(3);
    } else {
      matched = matched || pattern.front() == letter;
      pattern.remove_prefix(1);
    }
  }
  if (!pattern.empty()) pattern.remove_prefix(1);
  return matched != negated;
}

}  // namespace

void Reply::human(long double value) {
  const std::string text = to_text(value);
  if (!is_resp3()) return bulk(text);
  *out_ += ',';
  *out_ += text;
  *out_ += "\r\n";
}

bool is_word(std::string_view text, std::string_view lower_case_word) {
  return std::equal(text.begin(), text.end(), lower_case_word.begin(), lower_case_word.end(),
                    [](char left, char right) { return lower(left) == right; });
}

std::string to_lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool Context::argument_is(std::size_t index, std::string_view lower_case_word) const {
  return is_word(arguments[index], lower_case_word);
}

std::optional<std::int64_t> Context::integer(std::size_t index) {
  const std::optional<std::int64_t> number = parse_integer(arguments[index]);
  if (!number) reply.not_an_integer();
  return number;
}

std::optional<std::int64_t> Context::integer(std::size_t index, std::int64_t low, std::string_view error) {
  const std::optional<std::int64_t> number = parse_integer(arguments[index]);
  if (number && *number >= low) return number;
  reply.error(error);
  return {};
}

bool glob_match(std::string_view pattern, std::string_view text) {
  while (!pattern.empty()) {
    const char first = pattern.front();
    if (first == '*') {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      for (std::size_t skip = 0; skip <= text.size(); ++skip)
        if (glob_match(pattern, text.substr(skip))) return true;
      return false;
    }
    if (text.empty()) return false;
    if (first == '[') {
      pattern.remove_prefix(1);
      if (!class_match(pattern, text.front())) return false;
    } else {
      if (first == '\\' && pattern.size() >= 2) pattern.remove_prefix(1);
      if (first != '?' && pattern.front() != text.front()) return false;
      pattern.remove_prefix(1);
    }
    text.remove_prefix(1);
  }
  return text.empty();
}

}  // namespace trackside::sim::redis
