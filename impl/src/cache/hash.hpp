// A 64-bit hash of bytes: fast on short keys, the same on every platform and in every run.
//
// Not keyed: keys come from the application, not from the server. Two multiplications per 16 bytes, mixed by folding
// the 128-bit product (the idea of wyhash, by Wang Yi).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace trackside::cache {

inline std::uint64_t fold(std::uint64_t left, std::uint64_t right) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(left) * right;
  // The factors come in again, since a product with 0 would forget the other one.
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ (left + right);
}

inline std::uint64_t load_up_to_8(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t first = 0xa0761d6478bd642fULL;
  constexpr std::uint64_t second = 0xe7037ed1a0b428dbULL;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t state = seed ^ first;
  while (left > 16) {
    state = fold(load_up_to_8(at, 8) ^ second, load_up_to_8(at + 8, 8) ^ state);
    at += 16;
    left -= 16;
  }
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (left > 8) {
    low = load_up_to_8(at, 8);
    high = load_up_to_8(at + left - 8, 8);  // overlaps, which costs nothing
  } else if (left == 8) {
    low = load_up_to_8(at, 8);
  } else if (left > 0) {
    low = load_up_to_8(at, left);
  }
  return fold(second ^ bytes.size(), fold(low ^ second, high ^ state));
}

}  // namespace trackside::cache
