// Puts one link's lease, one scope and the documented arithmetic on top of the store.
//
// States of the cache, all read by any thread through atomics:
//   new --initialize--> down --link_up+link_vouched--> vouched --(max_idle without renewal)--> not healthy
//   any --link_down--> down          any --shutdown--> shut (final)
#include "trackside/node_tracking_cache.hpp"

#include <atomic>

#include "cache/store.hpp"
#include "seam/assertion.hpp"
#include "seam/mark.hpp"
#include "tracking/confidence.hpp"
#include "tracking/data_connections.hpp"
#include "tracking/own_parts.hpp"
#include "tracking/slot_guards.hpp"

namespace trackside {

CacheStore::CacheStore(std::int64_t max_keys, std::int64_t max_size_bytes)
    : store_(std::make_unique<cache::Store>(max_keys, max_size_bytes)) {}
CacheStore::~CacheStore() = default;
std::size_t CacheStore::keys() const { return store_->keys(); }
std::size_t CacheStore::bytes() const { return store_->bytes(); }
std::size_t CacheStore::open_fills() const { return store_->open_fills(); }

namespace {

struct Unset final : Clock {
  Time now() const override { return {}; }
};
const Unset unset;  // the clock before `initialize`

}  // namespace

class NodeTrackingCache::Impl {
 public:
  Impl(CacheOptions options, cache::Store& store, std::shared_ptr<tracking::Confidence> confidence)
      : options_(std::move(options)),
        stream_order_(in_stream_order(options_.tracking) ? cache::StreamOrder::kept : cache::StreamOrder::lost),
        needs_registration_(options_.tracking.delivery == Delivery::redirect &&
                            options_.tracking.selection != Selection::broadcast),
        has_filter_(options_.cacheable || !options_.tracking.prefixes.empty()),
        store_(store),
        lease_(store.take_lease()),
        data_(store, lease_),
        guards_(store, lease_),
        confidence_(confidence != nullptr ? std::move(confidence) : tracking::confidence_of(options_)) {
    reader_.clock = &unset;
    reader_.lease = &lease_;
    reader_.stats = options_.stats.get();
    reader_.max_idle = options_.max_idle;
    reader_.max_ttl = options_.max_ttl;
    reader_.order = stream_order_;
  }

  ~Impl() {
    lose_link();
    store_.give_back(lease_);
    if (authority_ != nullptr) {
      store_.give_back(*authority_);
    }
    if (initialized_) {
      store_.leave(reader_.scope);
    }
  }

  bool shut() const { return shut_.load(std::memory_order_acquire); }
  bool healthy() const {
    return reader_.clock != &unset && !shut() && lease_.runs(reader_.clock->now(), options_.max_idle);
  }

  bool accepts(const Query& query) const {
    return !has_filter_ || (covers(options_.tracking, query.key) && (!options_.cacheable || options_.cacheable(query)));
  }

  /// Invalidations come in the order of the replies, for the link tells of what it reads itself, and of nothing else.
  bool in_order() const { return stream_order_ == cache::StreamOrder::kept; }

  bool remove(std::span<const std::string_view> keys) { return store_.remove(reader_.scope.server, keys); }

  void invalidate(std::span<const std::string_view> keys) {
    const bool revoked = remove(keys);
    TRACKSIDE_MARK_IF(fill_revoked_by_invalidation, revoked);
    for (const std::string_view key : keys) {
      options_.stats->count_invalidation(key);
      if (options_.hooks.invalidated) {
        options_.hooks.invalidated(key);
      }
    }
  }

  void clear() {
    store_.clear();
    if (options_.hooks.flushed) {
      options_.hooks.flushed();
    }
  }

  void lose_link() {
    linked_.store(false);
    lease_.end();
    store_.drop(lease_);
    data_.remove_all();
    guards_.all_end();
  }

  const CacheOptions options_;
  const cache::StreamOrder stream_order_;
  const bool needs_registration_;
  const bool has_filter_;
  cache::Store& store_;
  cache::Lease& lease_;                // of the link that receives invalidations
  cache::Lease* authority_ = nullptr;  // of those who say whose link that is to be, above it; null: nobody is asked
  tracking::DataConnections data_;
  tracking::SlotGuards guards_;
  cache::Reader reader_;
  const std::shared_ptr<tracking::Confidence> confidence_;
  std::atomic<bool> initialized_{false};
  bool in_cluster_ = false;
  bool link_asks_ = true;  // whether the link can ask for connections of the program: a RESP2 subscriber cannot
  std::atomic<bool> shut_{false};
  std::atomic<bool> linked_{false};
  std::atomic<std::int64_t> client_id_{0};
};

NodeTrackingCache::NodeTrackingCache(CacheOptions options, std::shared_ptr<tracking::Confidence> confidence) {
  CacheOptions with_parts = tracking::with_own_parts(std::move(options));
  cache::Store& store = *with_parts.store->store_;
  impl_ = std::make_unique<Impl>(std::move(with_parts), store, std::move(confidence));
}
NodeTrackingCache::~NodeTrackingCache() = default;

std::shared_ptr<AbstractCache> NodeTrackingCache::initialize(const Clock& clock, const CacheScope& scope) {
  if (impl_->initialized_.exchange(true)) {
    std::shared_ptr<AbstractCache> other = share();
    other->initialize(clock, scope);
    return other;
  }
  impl_->reader_.scope = impl_->store_.join(scope, impl_->options_.stats);
  if (scope.topology == Topology::sentinel && impl_->authority_ == nullptr) {
    impl_->authority_ = &impl_->store_.take_lease();
    impl_->lease_.put_under(impl_->authority_);
  }
  impl_->reader_.clock = &clock;
  impl_->link_asks_ = scope.protocol == Protocol::resp3;
  impl_->in_cluster_ = scope.topology == Topology::cluster;
  return nullptr;
}

void NodeTrackingCache::release() {
  if (impl_->initialized_.exchange(false)) {
    impl_->store_.leave(impl_->reader_.scope);
    impl_->reader_.scope = cache::ScopeId{};
  }
}

std::shared_ptr<AbstractCache> NodeTrackingCache::share() {
  return std::make_shared<NodeTrackingCache>(impl_->options_);
}

bool NodeTrackingCache::healthy() const { return impl_->healthy(); }
double NodeTrackingCache::confidence() const { return impl_->confidence_->value(); }
std::shared_ptr<CacheStats> NodeTrackingCache::stats() const { return impl_->options_.stats; }
const TrackingOptions& NodeTrackingCache::tracking() const { return impl_->options_.tracking; }
Duration NodeTrackingCache::max_idle() const { return impl_->options_.max_idle; }
bool NodeTrackingCache::accepts(const Query& query) const { return impl_->accepts(query); }
std::shared_ptr<CacheStore> NodeTrackingCache::store() const { return impl_->options_.store; }

std::optional<std::int64_t> NodeTrackingCache::get_client_id() const {
  return impl_->linked_.load() ? std::optional{impl_->client_id_.load()} : std::nullopt;
}

bool NodeTrackingCache::get(const Query& query, Reply& out) {
  if (!impl_->accepts(query)) {
    return false;
  }
  // Once shut, the clock is gone with the client. While new there is nothing to find.
  const bool shut = impl_->shut();
  const bool hit = !shut && impl_->store_.find(impl_->reader_, query, out);
  if (shut) {
    impl_->options_.stats->count_miss(query.key);
  }
  const auto& hook = hit ? impl_->options_.hooks.hit : impl_->options_.hooks.miss;
  if (hook) {
    hook(query);
  }
  return hit;
}

bool NodeTrackingCache::get_all(std::span<const Query> queries, std::span<Reply> out) {
  for (const Query& query : queries) {
    if (!impl_->accepts(query)) {
      return false;
    }
  }
  if (impl_->shut() || !impl_->store_.find_all(impl_->reader_, queries, out)) {
    return false;
  }
  if (impl_->options_.hooks.hit) {
    for (const Query& query : queries) {
      impl_->options_.hooks.hit(query);
    }
  }
  return true;
}

bool NodeTrackingCache::confirm_all(std::span<const Query> queries, std::span<const ReplyView> replies) const {
  for (const Query& query : queries) {
    if (!impl_->accepts(query)) {
      return false;
    }
  }
  return !impl_->shut() && impl_->store_.confirm_all(impl_->reader_, queries, replies);
}

Fill NodeTrackingCache::begin_fill(const Query& query, DataConnection by) {
  const bool is_told = !impl_->in_order() || by == DataConnection::in_band;
  if (!is_told || !impl_->healthy() || !impl_->accepts(query)) {
    return Fill::none;
  }
  if (impl_->in_cluster_) {
    return impl_->guards_.begin_fill(impl_->reader_, query);
  }
  return impl_->needs_registration_ ? impl_->data_.begin_fill(impl_->reader_, query, by)
                                    : impl_->store_.begin_fill(impl_->reader_, query, impl_->lease_);
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
  PutResult result = PutResult::refused_revoked;
  if (value.is_error() || (value.is_null() && !impl_->options_.cache_nil)) {
    abandon_fill(fill);
    result = value.is_error() ? PutResult::refused_error : PutResult::refused_nil;
  } else if (fill != Fill::none) {
    const bool absent = impl_->in_cluster_ && expires_at == key_absent;
    result = absent ? impl_->guards_.keep(impl_->reader_, fill, query, value.frame())
                    : impl_->store_.keep(impl_->reader_, fill, query, value.frame(), expires_at);
  }
  if (fill == Fill::none || result == PutResult::refused_nil || result == PutResult::refused_error) {
    seen({&query.key, 1}, DataConnection::in_band);
  } else if (result == PutResult::refused_revoked && impl_->options_.hooks.revoked) {
    impl_->options_.hooks.revoked(query);
  }
  return result;
}

void NodeTrackingCache::invalidate(std::span<const std::string_view> keys) {
  if (!impl_->shut()) {
    impl_->invalidate(keys);
  }
}

void NodeTrackingCache::fence(std::span<const std::string_view> keys) {
  const bool revoked = impl_->remove(keys);
  TRACKSIDE_MARK_IF(fill_revoked_by_own_write, revoked);
}

void NodeTrackingCache::seen(std::span<const std::string_view> keys, DataConnection by) {
  const bool on_the_link = impl_->in_order() && by == DataConnection::in_band;
  impl_->store_.seen(impl_->reader_, keys, on_the_link ? &impl_->lease_ : nullptr);
}

void NodeTrackingCache::feedback(const Query& query, Match match) {
  if (impl_->shut()) {
    return;
  }
  if (match == Match::no) {
    impl_->options_.stats->count_dirty(query.key);
    impl_->invalidate({&query.key, 1});
  }
  impl_->confidence_->learn(match);
}

void NodeTrackingCache::begin_bypass() { impl_->store_.begin_bypass(); }
/// The barrier went through the own link only. What others vouch for is good for this client once they have proved that
/// they heard everything up to now.
void NodeTrackingCache::end_bypass() {
  if (!impl_->shut()) {
    const std::int64_t now = impl_->reader_.clock->now().time_since_epoch().count();
    impl_->reader_.trust_others_after.store(now, std::memory_order_release);
  }
  impl_->store_.end_bypass();
}
void NodeTrackingCache::flush() { impl_->clear(); }

void NodeTrackingCache::reset() {
  if (impl_->shut()) {
    return;
  }
  impl_->clear();
  impl_->options_.stats->compact();
  impl_->confidence_->restore();
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
    TRACKSIDE_MARK(link_began_anew);
    link_down();  // nobody said so, but another link's pushes tell nothing about what this one vouched for
  }
  impl_->client_id_.store(client_id);
  impl_->linked_.store(true);
  if (impl_->options_.hooks.link_up) {
    impl_->options_.hooks.link_up(client_id);
  }
}

void NodeTrackingCache::link_vouched(Time anchor, std::optional<ServerTime> server_time) {
  if (impl_->linked_.load()) {
    if (server_time) {
      impl_->lease_.set_server_time(anchor, *server_time);
    }
    impl_->lease_.renew(anchor);
  }
}

void NodeTrackingCache::link_down() {
  const bool was_up = impl_->linked_.load();
  impl_->lose_link();
  if (was_up && impl_->options_.hooks.link_down) {
    impl_->options_.hooks.link_down();
  }
}

/// An older proof than before counts after an end: another server's may be older.
void NodeTrackingCache::authority_vouched(Time anchor) {
  if (impl_->authority_ == nullptr) {
    return;
  }
  if (anchor == long_ago) {
    TRACKSIDE_MARK(sentinel_majority_lost);
    impl_->authority_->end();
  } else {
    impl_->authority_->renew(anchor);
  }
}

void NodeTrackingCache::server_changed(std::string_view server) {
  TRACKSIDE_ASSERT(!impl_->linked_.load());
  impl_->reader_.scope.server = impl_->store_.move(impl_->reader_.scope, server);
}

void NodeTrackingCache::data_up(DataConnection connection) {
  if (impl_->needs_registration_ && impl_->linked_.load()) {
    impl_->data_.add(connection, tracking::DataConnections::Origin::own, impl_->reader_.clock->now());
  }
}

void NodeTrackingCache::data_vouched(DataConnection connection, Time anchor, ServerTime server_time) {
  if (impl_->needs_registration_) {
    impl_->data_.vouch(connection, anchor, server_time);
  } else if (impl_->options_.tracking.delivery == Delivery::redirect) {
    impl_->lease_.set_server_time(anchor, server_time);  // a link that speaks RESP2 cannot ask for it
  }
}

void NodeTrackingCache::data_down(DataConnection connection, Time as_of) { impl_->data_.remove(connection, as_of); }

std::vector<std::int64_t> NodeTrackingCache::foreign_connections() const { return impl_->data_.foreign(); }

void NodeTrackingCache::guard_up(std::uint16_t slot) {
  if (impl_->linked_.load()) {
    impl_->guards_.up(slot);
  }
}
void NodeTrackingCache::slots_vouched(std::span<const SlotProof> proofs, Time anchor) {
  if (impl_->linked_.load()) {
    impl_->guards_.proved(proofs, anchor);
  }
}
void NodeTrackingCache::guards_down(std::span<const std::uint16_t> slots) {
  impl_->guards_.down(impl_->reader_.scope.server, slots);
}

error_code NodeTrackingCache::register_connection(const Registration& registration) {
  if (registration.noloop) {
    return make_error_code(Errc::noloop_unsound);
  }
  const auto redirects_here = [&] {
    return impl_->linked_.load() && registration.redirect == impl_->client_id_.load();
  };
  if (impl_->in_order()) {
    return make_error_code(Errc::tracking_invalid);
  }
  if (!impl_->needs_registration_) {
    return {};  // the link vouches by itself
  }
  if (!impl_->link_asks_) {
    return make_error_code(Errc::tracking_invalid);
  }
  if (!impl_->linked_.load()) {
    return make_error_code(Errc::redirect_mismatch);
  }
  // Asked under the lock that `link_down` takes: a link that is lost meanwhile takes the connection with it.
  const DataConnection connection{registration.client_id};
  if (!impl_->data_.add_if(connection, tracking::DataConnections::Origin::foreign, impl_->reader_.clock->now(),
                           redirects_here)) {
    return make_error_code(Errc::redirect_mismatch);
  }
  // Before the link knows the server's time, the first probe's answer says both.
  if (registration.asked_at != long_ago && impl_->lease_.knows_server_time()) {
    impl_->data_.vouch(connection, registration.asked_at, impl_->lease_.latest_server_time(registration.asked_at));
  }
  return {};
}

void NodeTrackingCache::connection_lost(std::int64_t client_id) {
  impl_->data_.remove(DataConnection{client_id}, Time::max());
}

std::optional<CacheUsage> NodeTrackingCache::usage() const { return CacheUsage{.keys = keys(), .bytes = bytes()}; }
std::size_t NodeTrackingCache::keys() const { return impl_->store_.keys(); }
std::size_t NodeTrackingCache::bytes() const { return impl_->store_.bytes(); }
std::size_t NodeTrackingCache::open_fills() const { return impl_->store_.open_fills(); }

}  // namespace trackside
