// The cache to give to a client: becomes a NodeTrackingCache or a ClusterTrackingCache by what the client finds at its
// endpoint, or is told that it leads to.
//
//   auto cache = std::make_shared<trackside::TrackingCache>(trackside::CacheOptions{.max_keys = 100'000});
//   trackside::Client first{executor, {.endpoint = endpoint}, cache};
//   trackside::Client second{executor, {.endpoint = endpoint}, cache->share()};  // the same memory, a link of its own
//
// Names, defaults and arithmetic are those of coredis's TrackingCache (https://coredis.readthedocs.io, "Caching"); what
// it promises is said in trackside/node_tracking_cache.hpp. Before it is given to a client it is not healthy, holds
// nothing and keeps nothing; given to a second client it shares itself.
// Thread rule: as NodeTrackingCache.
#pragma once

#include <atomic>
#include <memory>

#include "trackside/forwarding_cache.hpp"
#include "trackside/options.hpp"

namespace trackside {
namespace tracking {
class Confidence;
}

class TrackingCache final : public ForwardingCache {
 public:
  explicit TrackingCache(CacheOptions options = {});
  ~TrackingCache() override;

  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) override;
  void release() override;
  std::shared_ptr<AbstractCache> share() override;

  using ForwardingCache::begin_fill;
  Fill begin_fill(const Query& query) { return begin_fill(query, DataConnection::in_band); }

 private:
  std::atomic<bool> is_taken_{false};
  const CacheOptions options_;  // with the store and the statistics of `within`
  const std::shared_ptr<tracking::Confidence> confidence_;  // which it keeps, whatever becomes of it
};

}  // namespace trackside
