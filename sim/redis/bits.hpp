// Single bits of a string, and where an argument says they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

/// Zero behind the end.
inline bool bit_at(std::string_view bytes, std::uint64_t place) {
  const std::uint64_t index = place / 8;
  return index < bytes.size() && ((static_cast<unsigned char>(bytes[index]) >> (7 - place % 8)) & 1U) != 0;
}

/// Grows the string as needed.
inline void set_bit(std::string& bytes, std::uint64_t place, bool on) {
  const std::uint64_t index = place / 8;
  if (index >= bytes.size()) bytes.resize(index + 1);
  const auto mask = static_cast<unsigned char>(1U << (7 - place % 8));
  const auto byte = static_cast<unsigned char>(bytes[index]);
  bytes[index] = static_cast<char>(on ? byte | mask : byte & ~mask);
}

/// The argument as a place within the longest string allowed; "#n" counts fields of `field_bits`, if that is not 0.
/// Nothing once an error has been answered.
std::optional<std::uint64_t> bit_offset(Context& context, std::size_t index, std::int64_t field_bits);

}  // namespace trackside::sim::redis
