// Passes everything on to the cache for the client's topology. See trackside/tracking_cache.hpp.
#include "trackside/tracking_cache.hpp"

#include "tracking/confidence.hpp"
#include "tracking/own_parts.hpp"
#include "trackside/cluster_tracking_cache.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside {

TrackingCache::TrackingCache(CacheOptions options)
    : ForwardingCache(nullptr),
      options_(tracking::with_own_parts(std::move(options))),
      confidence_(tracking::confidence_of(options_)) {
  replace(std::make_shared<NodeTrackingCache>(options_, confidence_));
}
TrackingCache::~TrackingCache() = default;

/// The first client decides; each further one gets a cache of its own kind, over the same memory.
std::shared_ptr<AbstractCache> TrackingCache::initialize(const Clock& clock, const CacheScope& scope) {
  if (is_taken_.exchange(true)) {
    std::shared_ptr<AbstractCache> other = share();
    other->initialize(clock, scope);
    return other;
  }
  if (scope.topology == Topology::cluster) {
    replace(std::make_shared<ClusterTrackingCache>(options_, confidence_));
  } else if (dynamic_cast<ClusterTrackingCache*>(&within()) != nullptr) {
    replace(std::make_shared<NodeTrackingCache>(options_, confidence_));
  }
  return ForwardingCache::initialize(clock, scope);
}

/// One that became a cluster's may still become another, but not at once: parts are made by whoever initializes it.
void TrackingCache::release() {
  ForwardingCache::release();
  is_taken_.store(false);
}

std::shared_ptr<AbstractCache> TrackingCache::share() { return std::make_shared<TrackingCache>(options_); }

}  // namespace trackside
