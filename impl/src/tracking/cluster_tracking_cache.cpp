// A NodeTrackingCache per node over one store, and a table which of them a slot belongs to.
//
// Whatever is said of a key goes to the part of its slot's owner; what fences goes to all parts, since another one may
// have been the owner until now. The table is read by any thread; parts are made once and live as long as the cache.
#include "trackside/cluster_tracking_cache.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "resp/slot.hpp"
#include "tracking/confidence.hpp"
#include "tracking/own_parts.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside {

class ClusterTrackingCache::Impl {
 public:
  Impl(CacheOptions options, std::shared_ptr<tracking::Confidence> confidence)
      : options_(tracking::with_own_parts(std::move(options))),
        confidence_(confidence != nullptr ? std::move(confidence) : tracking::confidence_of(options_)),
        home_(std::make_shared<NodeTrackingCache>(options_, confidence_)) {
    for (auto& owner : owners_) {
      owner.store(nullptr, std::memory_order_relaxed);
    }
  }

  /// Null while nobody is known to own the key's slot.
  AbstractCache* owner_of(std::string_view key) const {
    return owners_[resp::slot_of(key)].load(std::memory_order_acquire);
  }

  std::shared_ptr<AbstractCache> part_for(std::string_view node) {
    const std::lock_guard guard{mutex_};
    std::shared_ptr<AbstractCache>& part = parts_[std::string{node}];
    if (part == nullptr) {
      part = std::make_shared<NodeTrackingCache>(options_, confidence_);
      part->initialize(*clock_, {.server = node, .user = user_, .protocol = protocol_, .topology = Topology::cluster});
    }
    return part;
  }

  /// Each part in turn, until `act` says false; whether it never did. Not under the lock, for hooks may call the cache.
  template <class Act>
  bool for_each_part(const Act& act) const {
    std::vector<std::shared_ptr<AbstractCache>> parts;
    {
      const std::lock_guard guard{mutex_};
      for (const auto& [name, part] : parts_) {
        parts.push_back(part);
      }
    }
    return std::all_of(parts.begin(), parts.end(), [&](const auto& part) { return act(*part); });
  }

  /// Of a key that is nobody's.
  void count_invalidation(std::string_view key) const {
    options_.stats->count_invalidation(key);
    if (options_.hooks.invalidated) {
      options_.hooks.invalidated(key);
    }
  }

  const CacheOptions options_;
  const std::shared_ptr<tracking::Confidence> confidence_;  // one of all parts
  const std::shared_ptr<NodeTrackingCache> home_;           // of no node: does for the store what concerns all of it
  std::atomic<const Clock*> clock_{nullptr};
  std::string user_;
  Protocol protocol_ = Protocol::resp3;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<AbstractCache>> parts_;
  std::array<std::atomic<AbstractCache*>, resp::slot_count> owners_{};
};

ClusterTrackingCache::ClusterTrackingCache(CacheOptions options, std::shared_ptr<tracking::Confidence> confidence)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(confidence))) {}
ClusterTrackingCache::~ClusterTrackingCache() = default;

std::shared_ptr<AbstractCache> ClusterTrackingCache::initialize(const Clock& clock, const CacheScope& scope) {
  const Clock* none = nullptr;
  if (!impl_->clock_.compare_exchange_strong(none, &clock)) {
    std::shared_ptr<AbstractCache> other = share();
    other->initialize(clock, scope);
    return other;
  }
  impl_->user_ = scope.user;
  impl_->protocol_ = scope.protocol;
  return nullptr;
}

void ClusterTrackingCache::release() { impl_->clock_.store(nullptr); }

std::shared_ptr<AbstractCache> ClusterTrackingCache::share() {
  return std::make_shared<ClusterTrackingCache>(impl_->options_);
}

bool ClusterTrackingCache::healthy() const {
  return !impl_->for_each_part([](const AbstractCache& part) { return !part.healthy(); });
}
double ClusterTrackingCache::confidence() const { return impl_->confidence_->value(); }
std::shared_ptr<CacheStats> ClusterTrackingCache::stats() const { return impl_->options_.stats; }
std::shared_ptr<CacheStore> ClusterTrackingCache::store() const { return impl_->options_.store; }
const TrackingOptions& ClusterTrackingCache::tracking() const { return impl_->options_.tracking; }
Duration ClusterTrackingCache::max_idle() const { return impl_->options_.max_idle; }

bool ClusterTrackingCache::accepts(const Query& query) const {
  return covers(impl_->options_.tracking, query.key) &&
         (!impl_->options_.cacheable || impl_->options_.cacheable(query));
}

std::optional<CacheUsage> ClusterTrackingCache::usage() const {
  return CacheUsage{.keys = impl_->options_.store->keys(), .bytes = impl_->options_.store->bytes()};
}

bool ClusterTrackingCache::get(const Query& query, Reply& out) {
  if (AbstractCache* const owner = impl_->owner_of(query.key)) {
    return owner->get(query, out);
  }
  if (accepts(query)) {
    impl_->options_.stats->count_miss(query.key);
    if (impl_->options_.hooks.miss) {
      impl_->options_.hooks.miss(query);
    }
  }
  return false;
}

PutResult ClusterTrackingCache::put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) {
  AbstractCache* const owner = impl_->owner_of(query.key);
  if (owner == nullptr) {
    abandon_fill(fill);
    return PutResult::refused_revoked;
  }
  return owner->put(fill, query, value, expires_at);
}

Fill ClusterTrackingCache::begin_fill(const Query& query, DataConnection by) {
  AbstractCache* const owner = impl_->owner_of(query.key);
  return owner == nullptr ? Fill::none : owner->begin_fill(query, by);
}

void ClusterTrackingCache::abandon_fill(Fill fill) { impl_->home_->abandon_fill(fill); }

bool ClusterTrackingCache::is_open(Fill fill) const { return impl_->home_->is_open(fill); }

bool ClusterTrackingCache::holds(const Query& query, ReplyView value) const {
  const AbstractCache* const owner = impl_->owner_of(query.key);
  return owner != nullptr && owner->holds(query, value);
}

void ClusterTrackingCache::invalidate(std::span<const std::string_view> keys) {
  fence(keys);
  for (const std::string_view key : keys) {
    if (AbstractCache* const owner = impl_->owner_of(key)) {
      owner->invalidate({&key, 1});  // counts it once
    } else {
      impl_->count_invalidation(key);
    }
  }
}

void ClusterTrackingCache::fence(std::span<const std::string_view> keys) {
  impl_->for_each_part([=](AbstractCache& part) { return part.fence(keys), true; });
}

void ClusterTrackingCache::seen(std::span<const std::string_view> keys, DataConnection by) {
  impl_->for_each_part([=](AbstractCache& part) { return part.seen(keys, by), true; });
}

void ClusterTrackingCache::feedback(const Query& query, Match match) {
  if (AbstractCache* const owner = impl_->owner_of(query.key)) {
    owner->feedback(query, match);
  } else {
    if (match == Match::no) {
      impl_->options_.stats->count_dirty(query.key);
      impl_->count_invalidation(query.key);
    }
    impl_->confidence_->learn(match);
  }
}

void ClusterTrackingCache::begin_bypass() { impl_->home_->begin_bypass(); }
void ClusterTrackingCache::end_bypass() { impl_->home_->end_bypass(); }
void ClusterTrackingCache::flush() { impl_->home_->flush(); }

void ClusterTrackingCache::reset() { impl_->home_->reset(); }

void ClusterTrackingCache::shutdown() {
  impl_->for_each_part([](AbstractCache& part) { return part.shutdown(), true; });
}

std::shared_ptr<AbstractCache> ClusterTrackingCache::part_for(std::string_view node) {
  return impl_->clock_.load() == nullptr ? nullptr : impl_->part_for(node);
}

void ClusterTrackingCache::slots_moved(std::span<const std::uint16_t> slots, std::string_view node) {
  AbstractCache* const owner = node.empty() ? nullptr : impl_->part_for(node).get();
  for (const std::uint16_t slot : slots) {
    impl_->owners_[slot].store(owner, std::memory_order_release);
  }
}

}  // namespace trackside
