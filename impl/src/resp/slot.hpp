// Hash slots of Redis Cluster: which of the 16,384 a key belongs to.
// Source: the Redis Cluster specification, "Key distribution model" and "Hash tags".
#pragma once

#include <cstdint>
#include <string_view>

namespace trackside::resp {

inline constexpr std::uint16_t slot_count = 16'384;

/// CRC-16 (polynomial 0x1021, no reflection, initial value 0) of the key, modulo the number of slots; of what stands
/// between the first `{` and the next `}` behind it instead, if that is not empty.
std::uint16_t slot_of(std::string_view key) noexcept;

}  // namespace trackside::resp
