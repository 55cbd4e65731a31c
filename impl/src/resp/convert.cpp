// The readings that are the same for every type: integers with their range, single precision.
#include "trackside/convert.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "resp/syntax.hpp"

namespace trackside::convert {

namespace {

// What Redis would write for some integer of any size: no '+', no leading zeros, no "-0".
bool spells_integer(std::string_view text) noexcept {
  const bool is_negative = !text.empty() && text.front() == '-';
  const std::string_view digits = text.substr(is_negative ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), resp::is_digit)) return false;
  return digits.front() != '0' || text.size() == 1;
}

// Why there is no integer of 64 bits: because it is none, or because it is longer.
Errc refusal_of(ReplyView reply) noexcept {
  const auto text = reply.as_string();
  return text && spells_integer(*text) ? Errc::integer_out_of_range : Errc::not_an_integer;
}

}  // namespace

Result<std::int64_t> signed_integer(ReplyView reply) noexcept {
  const auto value = reply.as_integer();
  if (!value) return refusal_of(reply);
  return value;
}

Result<std::uint64_t> unsigned_integer(ReplyView reply) noexcept {
  if (const auto value = reply.as_integer()) {
    if (*value < 0) return Errc::integer_out_of_range;
    return static_cast<std::uint64_t>(*value);
  }
  const Errc refusal = refusal_of(reply);
  if (refusal != Errc::integer_out_of_range) return refusal;
  const std::string_view text = *reply.as_string();
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return Errc::integer_out_of_range;
  return value;
}

Result<float> single_precision(ReplyView reply) {
  const auto value = reply.as_number();
  if (!value) return value.error();
  if (std::isfinite(*value) && std::abs(*value) > static_cast<double>(std::numeric_limits<float>::max())) {
    return Errc::not_a_number;
  }
  return static_cast<float>(*value);
}

}  // namespace trackside::convert
