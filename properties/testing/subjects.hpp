// What can be tried on the simulated server: the verified cache, and caches that are known to be wrong.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "sim/scenario.hpp"
#include "trackside/abstract_cache.hpp"
#include "trackside/options.hpp"

namespace trackside::testing {

struct Subject {
  std::string_view name;
  std::string_view description;
  std::shared_ptr<AbstractCache> (*make)(const CacheOptions& options);
};

/// A client's options of caching, as the library has them; `shared`: whose store and statistics it uses, or null.
CacheOptions options_of(const sim::ClientSetup& setup, const AbstractCache* shared);

std::span<const Subject> subjects();
/// Null if there is no subject of that name.
const Subject* find_subject(std::string_view name);

}  // namespace trackside::testing
