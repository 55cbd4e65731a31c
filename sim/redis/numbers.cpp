// Conversions with Redis' strictness (string2ll, string2d, ld2string of util.c, by observation of their results).
#include "sim/redis/numbers.hpp"

#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace trackside::sim::redis {
namespace {

/// The number `convert` finds in exactly the whole text.
template <class Number>
std::optional<Number> parse_whole(std::string_view text, Number (*convert)(const char*, char**)) {
  constexpr std::size_t length_max = 5119;
  if (text.empty() || text.size() > length_max) return {};
  if (std::isspace(static_cast<unsigned char>(text.front())) != 0) return {};
  const std::string terminated{text};
  char* end = nullptr;
  errno = 0;
  const Number number = convert(terminated.c_str(), &end);
  if (end != terminated.c_str() + terminated.size() || std::isnan(number)) return {};
  if (errno == ERANGE && (std::isinf(number) || number == 0)) return {};
  return number;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.empty()) return {};
  const bool negative = text.front() == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || (digits.front() == '0' && text.size() > 1)) return {};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

bool is_cursor(std::string_view text) {
  if (text.empty()) return true;
  const std::string_view digits = text.substr(text.front() == '-' || text.front() == '+' ? 1 : 0);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && end == digits.data() + digits.size();
}

std::optional<double> parse_double(std::string_view text) { return parse_whole<double>(text, std::strtod); }

std::optional<double> parse_double_loosely(std::string_view text) { return text.empty() ? 0 : parse_double(text); }

std::optional<long double> parse_long_double(std::string_view text) {
  return parse_whole<long double>(text, std::strtold);
}

std::string to_text(double number) {
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  std::array<char, 64> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.17g", number);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

std::string to_text(long double number) {
  std::array<char, 5120> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.17Lf", number);
  std::string text{buffer.data(), static_cast<std::size_t>(length)};
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

}  // namespace trackside::sim::redis
