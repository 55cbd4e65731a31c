// Passes everything on to the cache for the client's topology. See trackside/tracking_cache.hpp.
#include "trackside/tracking_cache.hpp"

#include <utility>

#include "trackside/cluster_tracking_cache.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside {

namespace {

CacheOptions with_parts_of(CacheOptions options, const AbstractCache& cache) {
  options.store = cache.store();
  options.stats = cache.stats();
  return options;
}

}  // namespace

TrackingCache::TrackingCache(CacheOptions options)
    : TrackingCache(options, std::make_shared<NodeTrackingCache>(options)) {}
TrackingCache::TrackingCache(CacheOptions options, std::shared_ptr<AbstractCache> actual)
    : ForwardingCache(std::move(actual)), options_(with_parts_of(std::move(options), within())) {}
TrackingCache::~TrackingCache() = default;

std::shared_ptr<AbstractCache> TrackingCache::initialize(const Clock& clock, const CacheScope& scope) {
  if (scope.topology == Topology::cluster && !std::exchange(in_cluster_, true)) {
    replace(std::make_shared<ClusterTrackingCache>(options_));
  }
  std::shared_ptr<AbstractCache> other = within().initialize(clock, scope);
  return other == nullptr ? nullptr : std::shared_ptr<AbstractCache>{new TrackingCache{options_, std::move(other)}};
}

std::shared_ptr<AbstractCache> TrackingCache::share() { return std::make_shared<TrackingCache>(options_); }

}  // namespace trackside
