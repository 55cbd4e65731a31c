// How a cache that is to be tried is made, and what it can do beyond the least.
#pragma once

#include <functional>
#include <memory>

#include "trackside/abstract_cache.hpp"
#include "trackside/options.hpp"

namespace trackside::testing {

/// A new cache with these options, never null. Called for each client of each run, and to ask a cache what it makes of
/// its options. Thread rule: from several threads at once if there are several jobs.
using CacheFactory = std::function<std::shared_ptr<AbstractCache>(const CacheOptions& options)>;

/// Options that a cache is given only if it knows what to do with them. Of all others the cache itself is asked: what
/// `tracking()`, `max_idle()` and `confidence()` return is how its client runs, and what it is held to; but a max_idle
/// beyond ten minutes, as of a cache that never asks whether its connection is there, is held to ten minutes.
struct CacheFeatures {
  /// TrackingOptions::delivery may be `redirect`, with RESP3 and RESP2, and with several data connections.
  bool redirect = false;
  /// CacheOptions::store and ::stats may be those of another cache, so `store()` must have given one.
  bool sharing = false;
  /// CacheOptions::max_ttl may be set; then the cache is held to it where pushes are lost.
  bool max_ttl = false;
  /// CacheOptions::dynamic_confidence may be set; then `feedback` is held to the documented arithmetic.
  bool dynamic_confidence = false;
  /// Clients ask MGET, which is answered by way of `get_all` and `confirm_all`.
  bool several_keys = true;
  /// There may be a cluster, whose nodes are asked by way of `part_for`; or sentinels, who vouch by way of
  /// `authority_vouched`.
  bool clusters = false;

  friend bool operator==(const CacheFeatures&, const CacheFeatures&) = default;
};

inline constexpr CacheFeatures every_feature{.redirect = true,
                                             .sharing = true,
                                             .max_ttl = true,
                                             .dynamic_confidence = true,
                                             .several_keys = true,
                                             .clusters = true};

}  // namespace trackside::testing
