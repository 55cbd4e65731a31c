// Integer hashing for the simulator: naming decisions, naming messages, and the rolling hash of a run.
//
// Everything here gives the same value with every compiler, optimisation level and byte order, because run hashes are
// committed and compared. Not for hostile input, and not the hash of any container that is iterated.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace trackside::sim {

__extension__ using Wide = unsigned __int128;

/// Spreads every input bit over all output bits (a bijection).
constexpr std::uint64_t mix(std::uint64_t value) noexcept {
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93U;
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93U;
  value ^= value >> 32;
  return value;
}

/// Adds one word to a running hash. The order of words matters.
constexpr std::uint64_t fold(std::uint64_t hash, std::uint64_t word) noexcept {
  const Wide product = static_cast<Wide>(hash ^ 0x9e3779b97f4a7c15U) * (word ^ 0xc2b2ae3d27d4eb4fU);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ std::rotl(hash, 23);
}

/// A number in [0, bound] from uniformly spread bits, without division; the whole range for bound UINT64_MAX.
constexpr std::uint64_t scale_down(std::uint64_t bits, std::uint64_t bound) noexcept {
  return static_cast<std::uint64_t>((static_cast<Wide>(bits) * (static_cast<Wide>(bound) + 1)) >> 64);
}

/// FNV-1a, for names that are hashed at compile time.
constexpr std::uint64_t hash_name(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char letter : name) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  }
  return hash;
}

/// The content of a message, eight bytes at a time.
inline std::uint64_t hash_bytes(std::string_view bytes) noexcept {
  const auto load = [](const char* from, std::size_t length) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, length);
    if constexpr (std::endian::native == std::endian::big) {
      word = __builtin_bswap64(word);
    }
    return word;
  };
  std::uint64_t hash = mix(bytes.size());
  std::size_t position = 0;
  for (; position + 8 <= bytes.size(); position += 8) {
    hash = fold(hash, load(bytes.data() + position, 8));
  }
  if (position < bytes.size()) {
    hash = fold(hash, load(bytes.data() + position, bytes.size() - position));
  }
  return mix(hash);
}

}  // namespace trackside::sim
