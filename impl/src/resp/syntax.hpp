// The lexical rules of RESP that reader, writer and views share: canonical integers, doubles, decimal lengths.
//
// Canonical means: one spelling per number, the one Redis writes (its string2ll): no '+', no leading zeros, no "-0".
// Source: https://redis.io/docs/reference/protocol-spec/
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trackside::resp {

/// The longest line (type byte and CRLF not counted) that a peer may send.
inline constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;

/// Takes the first word, up to a blank, off `text`.
inline std::string_view next_word(std::string_view& text) noexcept {
  const std::size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// A canonical integer of 64 bits, or nothing.
inline std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  const std::size_t sign = !text.empty() && text.front() == '-' ? 1 : 0;
  if (text.size() == sign || !is_digit(text[sign])) {
    return std::nullopt;
  }
  if (text[sign] == '0' && (text.size() > 1 || sign == 1)) {
    return std::nullopt;
  }
  constexpr std::size_t digits_that_fit = 18;
  std::int64_t value = 0;
  if (text.size() - sign <= digits_that_fit) {
    for (const char digit : text.substr(sign)) {
      if (!is_digit(digit)) {
        return std::nullopt;
      }
      value = value * 10 + (digit - '0');
    }
    return sign == 1 ? -value : value;
  }
  const char* last = text.data() + text.size();
  const auto [end, status] = std::from_chars(text.data(), last, value);
  if (status != std::errc{} || end != last) {
    return std::nullopt;
  }
  return value;
}

/// What may follow ',': inf, -inf, nan or a decimal. Redis 7.0 also writes "-nan", the way its C library does.
bool is_number(std::string_view text) noexcept;

/// What may follow '(': an optional minus and digits.
bool is_big_number(std::string_view text) noexcept;

}  // namespace trackside::resp
