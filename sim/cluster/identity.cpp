#include "sim/cluster/identity.hpp"

#include <charconv>

#include "sim/kernel/hash.hpp"

namespace trackside::sim::cluster {
namespace {

constexpr std::size_t digit_count = 40;
constexpr std::size_t leading_digits = 8;  // these alone tell who it is, and give the order

}  // namespace

std::string digits_of(NodeId id) {
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  std::string digits(digit_count, '0');
  auto number = static_cast<std::uint32_t>(id);
  for (std::size_t position = leading_digits; position-- > 0; number >>= 4) {
    digits[position] = hexadecimal[number & 15U];
  }
  std::uint64_t rest = static_cast<std::uint32_t>(id);
  for (std::size_t position = leading_digits; position < digit_count; ++position) {
    rest = fold(rest, position);
    digits[position] = hexadecimal[rest & 15U];
  }
  return digits;
}

NodeId parse_digits(std::string_view digits) {
  if (digits.size() != digit_count) {
    return no_id;
  }
  std::uint32_t number = 0;
  const char* end = digits.data() + leading_digits;
  const auto [stopped, error] = std::from_chars(digits.data(), end, number, 16);
  if (error != std::errc{} || stopped != end || digits_of(NodeId{number}) != digits) {
    return no_id;
  }
  return NodeId{number};
}

}  // namespace trackside::sim::cluster
