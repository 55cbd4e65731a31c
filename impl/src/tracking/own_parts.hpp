// A cache's options with the store and the statistics that it makes for itself where none were handed in.
#pragma once

#include <memory>
#include <utility>

#include "trackside/cache_stats.hpp"
#include "trackside/cache_store.hpp"
#include "trackside/options.hpp"

namespace trackside::tracking {

inline CacheOptions with_own_parts(CacheOptions options) {
  if (options.store == nullptr) {
    options.store = std::make_shared<CacheStore>(options.max_keys, options.max_size_bytes);
  }
  if (options.stats == nullptr) {
    options.stats = std::make_shared<CacheStats>();
  }
  return options;
}

}  // namespace trackside::tracking
