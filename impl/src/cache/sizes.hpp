// What the bounds count for a key and for a reply. The formula is stated in trackside/cache_store.hpp.
//
// Each is one block of the allocator, so the formula counts what the GNU C library's gives for it on 64 bits; for small
// replies its rounding is a fifth of all. A key's place in the table is eight bytes and one, in a table that is between
// seven sixteenths and seven eighths full.
#pragma once

#include <algorithm>

#include "cache/entry.hpp"

namespace trackside::cache {

inline std::int64_t bytes_of_block(std::size_t size) {
  constexpr std::size_t header = 8;
  constexpr std::size_t step = 16;
  constexpr std::size_t smallest = 32;
  return static_cast<std::int64_t>(std::max(smallest, (size + header + step - 1) / step * step));
}

inline std::int64_t bytes_of_key(std::size_t key_size) {
  constexpr std::int64_t place = 16;
  return place + bytes_of_block(sizeof(CachedKey) + key_size);
}

inline std::int64_t bytes_of_reply(std::size_t question_size, std::size_t frame_size) {
  return bytes_of_block(sizeof(CachedReply) + question_size + frame_size);
}

inline std::int64_t size_in_bounds(const CachedKey& key) { return bytes_of_key(key.key_size); }

inline std::int64_t size_in_bounds(const CachedReply& reply) {
  return bytes_of_reply(reply.question_size, reply.frame_size);
}

static_assert(sizeof(CachedKey) == 24 && sizeof(CachedReply) == 40, "as trackside/cache_store.hpp states");

}  // namespace trackside::cache
