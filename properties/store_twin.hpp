// The store and its specification side by side: every call goes to both, and every answer is compared.
//
// Neighbours: store_property.cpp generates the calls; model/reference_cache.hpp says what is right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/reference_cache.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {

class HandClock final : public Clock {
 public:
  Time now() const override { return Time{Duration{instant}}; }
  std::int64_t instant = 1'000'000'000;
};

class StoreTwin {
 public:
  explicit StoreTwin(const CacheOptions& options);

  HandClock clock;

  void initialize();
  void link_up(std::int64_t client_id);
  void link_down();
  void vouch(std::int64_t anchor, ServerTime server_time);
  void get(const model::CachedQuery& query);
  void begin_fill(const model::CachedQuery& query);
  /// Puts under the n-th fill ever begun; the n beyond the last one is no fill.
  void put(std::size_t fill, const model::CachedQuery& query, const std::string& frame, ServerTime expires_at);
  void abandon(std::size_t fill);
  void invalidate(const std::vector<std::string>& keys);
  void fence(const std::vector<std::string>& keys);
  void feedback(const model::CachedQuery& query, Match match);
  void flush();
  void reset();
  void begin_bypass();
  void end_bypass();
  void shutdown();

  /// Compares everything that can be asked without changing anything.
  void compare() const;

  std::size_t fills() const { return fills_.size(); }
  const model::CachedQuery& query_of(std::size_t fill) const { return fills_[fill].query; }
  std::int64_t anchor() const { return anchor_; }
  ServerTime server_time() const { return server_time_; }  // of the latest vouching
  std::uint64_t hits() const { return specification_.totals().hits; }

 private:
  struct BothFills {
    Fill subject;
    model::FillId specification;
    model::CachedQuery query;
  };

  NodeTrackingCache subject_;
  model::ReferenceCache specification_;
  CacheOptions options_;
  std::vector<BothFills> fills_;
  std::size_t bypasses_ = 0;
  bool initialized_ = false;
  std::int64_t anchor_ = 0;
  ServerTime server_time_ = 0;
};

}  // namespace trackside::testing
