// Passes everything on to the cache for the client's topology. See trackside/tracking_cache.hpp.
#include "trackside/tracking_cache.hpp"

#include "trackside/node_tracking_cache.hpp"

namespace trackside {

TrackingCache::TrackingCache(CacheOptions options)
    : TrackingCache(std::make_shared<NodeTrackingCache>(std::move(options))) {}
TrackingCache::TrackingCache(std::shared_ptr<AbstractCache> actual) : ForwardingCache(std::move(actual)) {}
TrackingCache::~TrackingCache() = default;

std::shared_ptr<AbstractCache> TrackingCache::initialize(const Clock& clock, const CacheScope& scope) {
  if (scope.topology == Topology::cluster) {
    throw boost::system::system_error(make_error_code(Errc::cluster_unsupported));
  }
  std::shared_ptr<AbstractCache> other = within().initialize(clock, scope);
  return other == nullptr ? nullptr : std::shared_ptr<AbstractCache>{new TrackingCache{std::move(other)}};
}

std::shared_ptr<AbstractCache> TrackingCache::share() {
  return std::shared_ptr<AbstractCache>{new TrackingCache{within().share()}};
}

}  // namespace trackside
