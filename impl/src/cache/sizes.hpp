// What the bounds count for a key and for a reply. The formula is stated in trackside/cache_store.hpp.
#pragma once

#include "cache/entry.hpp"
#include "cache/store.hpp"

namespace trackside::cache {

inline std::int64_t size_in_bounds(const CachedKey& key) {
  return static_cast<std::int64_t>(key_overhead + key.key_size);
}

inline std::int64_t size_in_bounds(const CachedReply& reply) {
  return static_cast<std::int64_t>(reply_overhead) + reply.question_size + reply.frame_size;
}

}  // namespace trackside::cache
