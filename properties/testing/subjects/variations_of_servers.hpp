// Ideas about who is asked and who reads: which server is the right one, who shares what with whom.
#pragma once

#include <algorithm>
#include <vector>

#include "properties/testing/subjects/variation.hpp"
#include "trackside/cache_store.hpp"

namespace trackside::testing {

/// Takes whoever answers a PING for the primary: what sentinels say is for finding one, not for keeping it.
class PingIsHealth final : public Variation<PingIsHealth> {
 public:
  using Variation::Variation;
  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) override {
    CacheScope here = scope;
    here.topology = scope.topology == Topology::sentinel ? Topology::node : scope.topology;
    return Variation::initialize(clock, here);
  }
};

/// Keeps replies in memory that several clients share, under their questions alone: the form that a reply has on the
/// wire is not part of it.
class ScopeBlind final : public Variation<ScopeBlind> {
 public:
  using Variation::Variation;
  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) override {
    CacheScope anybody = scope;
    anybody.protocol = Protocol::resp3;
    return Variation::initialize(clock, anybody);
  }
};

/// One cache for a pool of clients, each of which uses it while it is connected itself: what was read by a connection
/// that is lost or silent stays for the others, and nobody tells them of it.
class SharedWithoutVouching final : public ForwardingCache {
 public:
  static std::shared_ptr<AbstractCache> make(const CacheOptions& options) {
    // What a client of this subject shares is what another one of them gave to be shared.
    auto pool = options.store != nullptr ? std::static_pointer_cast<Pool>(options.store)
                                         : std::make_shared<Pool>(options.max_keys, options.max_size_bytes);
    CacheOptions pooled = options;
    pooled.store = pool;
    return std::make_shared<SharedWithoutVouching>(std::make_shared<TrackingCache>(pooled), std::move(pool));
  }

  bool healthy() const override { return is_connected_ && within().healthy(); }
  bool get(const Query& query, Reply& out) override {
    if (is_connected_) {
      return within().get(query, out);
    }
    if (accepts(query)) {
      stats()->count_miss(query.key);
    }
    return false;
  }
  bool get_all(std::span<const Query> queries, std::span<Reply> out) override {
    return is_connected_ && within().get_all(queries, out);
  }
  void link_up(std::int64_t client_id) override {
    is_connected_ = true;
    if (!within().get_client_id()) {
      within().link_up(client_id);
    }
  }
  void link_vouched(Time anchor, std::optional<ServerTime> server_time) override {
    for (SharedWithoutVouching* const member : pool_->members) {
      member->within().link_vouched(anchor, server_time);
    }
  }
  void link_down() override {
    is_connected_ = false;
    if (std::none_of(pool_->members.begin(), pool_->members.end(),
                     [](const SharedWithoutVouching* member) { return member->is_connected_; })) {
      for (SharedWithoutVouching* const member : pool_->members) {
        member->within().link_down();
      }
    }
  }

 private:
  struct Pool final : CacheStore {
    using CacheStore::CacheStore;
    std::vector<SharedWithoutVouching*> members;
  };

 public:
  SharedWithoutVouching(std::shared_ptr<AbstractCache> within, std::shared_ptr<Pool> pool)
      : ForwardingCache(std::move(within)), pool_(std::move(pool)) {
    pool_->members.push_back(this);
  }
  ~SharedWithoutVouching() override { std::erase(pool_->members, this); }

 private:
  const std::shared_ptr<Pool> pool_;
  bool is_connected_ = false;
};

}  // namespace trackside::testing
