// The cache for a Redis Cluster: one memory, and a link to every primary that vouches for what it read there.
//
// A hit is served only while the link to the slot's owner vouches for it, as in NodeTrackingCache, and while the owner
// guards the slot: before the first read of a slot the client subscribes a shard channel of it, so that the node tells
// at once when the slot leaves it, however that happens (resharding, failover, ADDSLOTS). What was kept of it is then
// dropped. Replies about keys that do not exist are served for max_idle at most after the last read of that slot that
// found nothing: a slot that is only open for migration tells nothing of keys that are created at its new owner.
// A primary that is cut off from its peers finds that out within 1.5 times the cluster's node timeout, and vouches no
// longer; `cluster-allow-reads-when-down` makes no difference.
// Where replicas answer reads (`ClientOptions::read_from`), what they answer is vouched for by their own links: pushes
// come when a replica applies a change. A reply that says that a key does not exist is the primary's, always.
//
// Names, defaults and arithmetic are those of coredis's ClusterTrackingCache (https://coredis.readthedocs.io,
// "Caching"). `healthy` is true while the link to any node vouches: each entry is judged by its own.
// Requires Redis 7.0, and for users with restricted channels the right to `trackside:*`; without it nothing is cached.
// Delivery::redirect is refused with Errc::tracking_invalid.
// Thread rule: as NodeTrackingCache. One cache belongs to one client; give another one a `share()`.
#pragma once

#include <memory>

#include "trackside/abstract_cache.hpp"
#include "trackside/options.hpp"

namespace trackside {
namespace tracking {
class Confidence;
}

class ClusterTrackingCache final : public AbstractCache {
 public:
  /// `confidence`: as of NodeTrackingCache.
  explicit ClusterTrackingCache(CacheOptions options = {}, std::shared_ptr<tracking::Confidence> confidence = nullptr);
  ~ClusterTrackingCache() override;

  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) override;
  void release() override;
  bool healthy() const override;
  double confidence() const override;
  std::shared_ptr<CacheStats> stats() const override;
  /// Every node has its own: ask `part_for(node)`.
  std::optional<std::int64_t> get_client_id() const override { return std::nullopt; }
  bool get(const Query& query, Reply& out) override;
  PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) override;
  void invalidate(std::span<const std::string_view> keys) override;
  void feedback(const Query& query, Match match) override;
  void reset() override;
  void shutdown() override;
  std::shared_ptr<CacheStore> store() const override;
  std::shared_ptr<AbstractCache> share() override;

  const TrackingOptions& tracking() const override;
  Duration max_idle() const override;
  bool accepts(const Query& query) const override;
  std::optional<CacheUsage> usage() const override;
  Fill begin_fill(const Query& query, DataConnection by = DataConnection::in_band) override;
  void abandon_fill(Fill fill) override;
  bool is_open(Fill fill) const override;
  bool holds(const Query& query, ReplyView value) const override;
  void fence(std::span<const std::string_view> keys) override;
  void seen(std::span<const std::string_view> keys, DataConnection by) override;
  void begin_bypass() override;
  void end_bypass() override;
  void flush() override;
  std::shared_ptr<AbstractCache> part_for(std::string_view node) override;
  void slots_moved(std::span<const std::uint16_t> slots, std::string_view node) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trackside
