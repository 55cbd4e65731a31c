// A cache as most clients have it: a map and a list, pushes remove, a new connection starts empty. It knows neither
// fills nor leases nor fences, and serves whatever it holds. Written against AbstractCache from the common algorithm.
#pragma once

#include <list>
#include <map>
#include <string>

#include "trackside/abstract_cache.hpp"
#include "trackside/options.hpp"

namespace trackside::testing {

class NaiveCache final : public AbstractCache, public std::enable_shared_from_this<NaiveCache> {
 public:
  explicit NaiveCache(const CacheOptions& options)
      : options_(options),
        stats_(options.stats != nullptr ? options.stats : std::make_shared<CacheStats>()),
        confidence_(options.confidence) {}

  std::shared_ptr<AbstractCache> initialize(const Clock&, const CacheScope&) override { return nullptr; }
  bool healthy() const override { return connected_; }
  double confidence() const override { return confidence_; }
  std::shared_ptr<CacheStats> stats() const override { return stats_; }
  std::optional<std::int64_t> get_client_id() const override { return client_id_; }
  Duration max_idle() const override { return options_.max_idle; }
  const TrackingOptions& tracking() const override { return options_.tracking; }

  bool get(const Query& query, Reply& out) override;
  PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) override;
  void invalidate(std::span<const std::string_view> keys) override;
  void feedback(const Query& query, Match match) override;
  void reset() override;
  void shutdown() override { reset(); }
  void link_up(std::int64_t client_id) override;
  void link_down() override { connected_ = false; }
  /// One for all nodes, as those have it who take a cluster for one big server.
  std::shared_ptr<AbstractCache> part_for(std::string_view) override { return shared_from_this(); }

 private:
  struct Entry {
    std::map<std::string, std::string> replies;
    std::list<std::string>::iterator recency;
  };

  CacheOptions options_;
  const std::shared_ptr<CacheStats> stats_;
  double confidence_;
  std::optional<std::int64_t> client_id_;
  bool connected_ = false;
  std::map<std::string, Entry, std::less<>> entries_;
  std::list<std::string> recency_;  // the most recent first
};

}  // namespace trackside::testing
