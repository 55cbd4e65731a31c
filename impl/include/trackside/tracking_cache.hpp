// The cache to give to a client: becomes a NodeTrackingCache or a ClusterTrackingCache by the client it is given to.
//
//   auto cache = std::make_shared<trackside::TrackingCache>(trackside::CacheOptions{.max_keys = 100'000});
//   trackside::Client first{executor, {.endpoint = endpoint}, cache};
//   trackside::Client second{executor, {.endpoint = endpoint}, cache->share()};  // the same memory, a link of its own
//
// Names, defaults and arithmetic are those of coredis's TrackingCache (https://coredis.readthedocs.io, "Caching"); what
// it promises is said in trackside/node_tracking_cache.hpp. Before it is given to a client it is not healthy, holds
// nothing and keeps nothing; given to a second client it shares itself.
// A client of a cluster is refused with Errc::cluster_unsupported for now.
// Thread rule: as NodeTrackingCache.
#pragma once

#include <memory>

#include "trackside/abstract_cache.hpp"

namespace trackside {

class TrackingCache final : public AbstractCache {
 public:
  explicit TrackingCache(CacheOptions options = {});
  ~TrackingCache() override;

  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) override;
  bool healthy() const override;
  double confidence() const override;
  std::shared_ptr<CacheStats> stats() const override;
  std::optional<std::int64_t> get_client_id() const override;
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
  bool get_all(std::span<const Query> queries, std::span<Reply> out) override;
  bool confirm_all(std::span<const Query> queries, std::span<const ReplyView> replies) const override;
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
  void link_up(std::int64_t client_id) override;
  void link_vouched(Time anchor, std::optional<ServerTime> server_time) override;
  void link_down() override;
  void data_up(DataConnection connection) override;
  void data_vouched(DataConnection connection, Time anchor, ServerTime server_time) override;
  void data_down(DataConnection connection, Time as_of) override;
  error_code register_connection(const Registration& registration) override;
  void connection_lost(std::int64_t client_id) override;
  std::vector<std::int64_t> foreign_connections() const override;

 private:
  explicit TrackingCache(std::shared_ptr<AbstractCache> actual);

  // Until it is given to a client, that of a node.
  std::shared_ptr<AbstractCache> actual_;
};

}  // namespace trackside
