// Puts one link's lease, one scope and the documented arithmetic on top of the store.
//
// States of the cache, all read by any thread through atomics:
//   new --initialize--> down --link_up+link_vouched--> vouched --(max_idle without renewal)--> not healthy
//   any --link_down--> down          any --shutdown--> shut (final)
#include "trackside/node_tracking_cache.hpp"

#include <algorithm>
#include <atomic>

#include "seam/assertion.hpp"

#include "cache/store.hpp"

namespace trackside {

class NodeTrackingCache::Impl {
 public:
  explicit Impl(const CacheOptions& options)
      : options_(options),
        initial_confidence_(std::clamp(options.confidence, 0.0, 100.0)),
        store_(options.max_keys, options.max_size_bytes),
        lease_(store_.add_lease()),
        confidence_(initial_confidence_) {}

  bool shut() const { return shut_.load(std::memory_order_acquire); }

  bool healthy() const {
    return reader_.clock != &unset_ && !shut() && lease_.runs(reader_.clock->now(), options_.max_idle);
  }

  void move_confidence(double factor) {
    if (options_.dynamic_confidence) {
      confidence_.store(std::clamp(confidence_.load() * factor, 0.0, 100.0));
    }
  }

  const CacheOptions options_;
  const double initial_confidence_;
  cache::Store store_;
  cache::Lease& lease_;
  struct Unset final : Clock {
    Time now() const override { return {}; }
  };
  const Unset unset_{};  // before `initialize`
  cache::Reader reader_{.clock = &unset_};
  std::atomic<double> confidence_;
  std::atomic<bool> shut_{false};
  std::atomic<bool> linked_{false};
  std::atomic<std::int64_t> client_id_{0};
};

NodeTrackingCache::NodeTrackingCache(CacheOptions options) : impl_(std::make_unique<Impl>(options)) {}
NodeTrackingCache::~NodeTrackingCache() = default;

void NodeTrackingCache::initialize(const Clock& clock, const CacheScope& scope) {
  TRACKSIDE_ASSERT(impl_->reader_.clock == &impl_->unset_);
  impl_->reader_ = {.clock = &clock,
                    .scope = impl_->store_.intern(scope),
                    .max_idle = impl_->options_.max_idle,
                    .lease = &impl_->lease_};
}

bool NodeTrackingCache::healthy() const { return impl_->healthy(); }
double NodeTrackingCache::confidence() const { return impl_->confidence_.load(); }
CacheSummary NodeTrackingCache::stats() const { return impl_->store_.summary(); }
Duration NodeTrackingCache::max_idle() const { return impl_->options_.max_idle; }

std::optional<std::int64_t> NodeTrackingCache::get_client_id() const {
  return impl_->linked_.load() ? std::optional{impl_->client_id_.load()} : std::nullopt;
}

bool NodeTrackingCache::get(const Query& query, Reply& out) {
  return impl_->store_.find(impl_->reader_, query, out);  // while shut or new there is nothing to find
}

Fill NodeTrackingCache::begin_fill(const Query& query) {
  return impl_->healthy() ? impl_->store_.begin_fill(impl_->reader_, query) : Fill::none;
}

void NodeTrackingCache::abandon_fill(Fill fill) {
  if (fill != Fill::none) {
    impl_->store_.abandon(fill);
  }
}

bool NodeTrackingCache::is_open(Fill fill) const { return fill != Fill::none && impl_->store_.is_open(fill); }

bool NodeTrackingCache::holds(const Query& query, ReplyView value) const {
  return impl_->store_.holds(impl_->reader_, query, value.frame());
}

PutResult NodeTrackingCache::put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) {
  if (fill == Fill::none) {
    return PutResult::refused_revoked;
  }
  return impl_->store_.keep(impl_->reader_, fill, query, value.frame(), expires_at);
}

void NodeTrackingCache::invalidate(std::span<const std::string_view> keys) {
  if (impl_->shut()) {
    return;
  }
  impl_->store_.remove(impl_->reader_.scope.server, keys);
  impl_->store_.count_invalidations(keys.size());
}

void NodeTrackingCache::fence(std::span<const std::string_view> keys) {
  impl_->store_.remove(impl_->reader_.scope.server, keys);
}

void NodeTrackingCache::feedback(const Query& query, Match match) {
  if (impl_->shut()) {
    return;
  }
  if (match == Match::yes) {
    impl_->move_confidence(1.0001);
    return;
  }
  impl_->store_.count_dirty();
  invalidate({&query.key, 1});
  impl_->move_confidence(0.999);
}

void NodeTrackingCache::begin_bypass() { impl_->store_.begin_bypass(); }
void NodeTrackingCache::end_bypass() { impl_->store_.end_bypass(); }
void NodeTrackingCache::flush() { impl_->store_.clear(); }

void NodeTrackingCache::reset() {
  if (impl_->shut()) {
    return;
  }
  impl_->store_.clear();
  impl_->confidence_.store(impl_->initial_confidence_);
}

void NodeTrackingCache::shutdown() {
  impl_->shut_.store(true, std::memory_order_release);
  link_down();
}

void NodeTrackingCache::link_up(std::int64_t client_id) {
  if (impl_->shut()) {
    return;
  }
  if (impl_->linked_.load()) {
    link_down();  // nobody said so, but another link's pushes tell nothing about what this one vouched for
  }
  impl_->client_id_.store(client_id);
  impl_->linked_.store(true);
}

void NodeTrackingCache::link_vouched(Time anchor, ServerTime server_time) {
  if (impl_->linked_.load() && anchor >= impl_->lease_.anchor()) {
    impl_->lease_.renew(anchor, server_time);
  }
}

void NodeTrackingCache::link_down() {
  impl_->linked_.store(false);
  impl_->lease_.end();
  impl_->store_.drop(impl_->lease_);
}

std::optional<CacheUsage> NodeTrackingCache::usage() const { return CacheUsage{.keys = keys(), .bytes = bytes()}; }
std::size_t NodeTrackingCache::keys() const { return impl_->store_.keys(); }
std::size_t NodeTrackingCache::bytes() const { return impl_->store_.bytes(); }
std::size_t NodeTrackingCache::open_fills() const { return impl_->store_.open_fills(); }

}  // namespace trackside
