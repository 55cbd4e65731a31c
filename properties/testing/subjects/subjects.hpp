// What can be tried on the simulated server: the verified cache, and caches that are known to be wrong, by name.
// Whatever runs a scenario also takes a factory, so that a cache of anybody's can be tried without being listed here.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "properties/testing/generation/generator.hpp"
#include "sim/scenario.hpp"
#include "trackside/abstract_cache.hpp"
#include "trackside/cache_stats.hpp"
#include "trackside/options.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

struct Subject {
  std::string_view name;
  std::string_view description;  // the idea, where it is one that is known to be wrong
  std::string_view breaks;       // the code of the promise that it is about; empty: none, or no one in particular
  std::shared_ptr<AbstractCache> (*make)(const CacheOptions& options);
  std::string_view seen_in{};  // which clients were found to have the idea; empty: it is nobody's
  // Where it is looked for, unless somebody says otherwise: what the idea is about, if that is rare elsewhere.
  CacheFeatures features = every_feature;
  WorldKind world = WorldKind::any;
  std::uint32_t operations = 0;  // 0: chosen by the seed
};

/// Where `trackside run` looks for it.
GeneratorOptions generator_of(const Subject& subject);

/// How little its own statistics keep about single keys; nothing: as much as they do by default.
std::optional<CacheStatsLimits> limits_of_figures(const sim::ClientSetup& setup);

/// A client's options of caching, as the library has them; `shared`: whose store and statistics it uses, or null.
CacheOptions options_of(const sim::ClientSetup& setup, const AbstractCache* shared);

/// Leaves out of a client's setup what the features do not have.
void keep_to(const CacheFeatures& features, sim::ClientSetup& setup);
/// Sets a client as the cache itself says that it tracks, shares and stays idle, whatever it was asked for. It is then
/// held to that.
void set_as_the_cache_says(const CacheFactory& make, sim::ClientSetup& setup);

std::span<const Subject> subjects();
/// Null if there is no subject of that name.
const Subject* find_subject(std::string_view name);

}  // namespace trackside::testing
