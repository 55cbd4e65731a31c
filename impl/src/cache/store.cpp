// Looking up, and what is done with fills; what leaves the store is in removal.cpp and eviction.cpp.
#include "cache/store.hpp"

#include <algorithm>

#include <boost/container/small_vector.hpp>

#include "cache/hash.hpp"
#include "cache/sizes.hpp"
#include "seam/assertion.hpp"
#include "seam/mark.hpp"

namespace trackside::cache {
namespace {

/// A fill's number holds its shard, its slot there, and the slot's generation.
Fill fill_of(std::size_t shard, FillSlots::Ticket ticket) {
  return Fill{(std::uint64_t{ticket.generation} << 32) | (std::uint64_t{ticket.slot} << 6) | shard};
}
std::size_t shard_of_fill(Fill fill) { return static_cast<std::uint64_t>(fill) & 63; }
FillSlots::Ticket ticket_of(Fill fill) {
  const auto number = static_cast<std::uint64_t>(fill);
  return {.slot = static_cast<std::uint32_t>(number) >> 6, .generation = static_cast<std::uint32_t>(number >> 32)};
}

/// Of servers: some room is left for those that join.
constexpr std::size_t servers_max = 32'768;

std::uint32_t index_in(std::vector<std::string>& names, std::string name) {
  const auto at = std::find(names.begin(), names.end(), name);
  const auto index = static_cast<std::uint32_t>(at - names.begin());
  if (at == names.end()) {
    names.push_back(std::move(name));
  }
  return index;
}

/// Why an entry is not served, whose key has not expired.
[[maybe_unused]] void mark_refusal(const Reader& reader, const CachedReply& reply, Time now) {
  const bool runs = reply.lease->runs(now, reader.max_idle);
  const bool is_old = reader.max_ttl != Duration::zero() && reply.birth.age(now) >= reader.max_ttl;
  const bool reader_runs = reader.lease->runs(now, reader.max_idle);
  TRACKSIDE_MARK_IF(lease_expired_at_read, !runs);
  TRACKSIDE_MARK_IF(older_than_max_ttl_at_read, runs && is_old);
  TRACKSIDE_MARK_IF(good_entry_of_unhealthy_reader, runs && !is_old && !reader_runs);
  TRACKSIDE_MARK_IF(other_link_not_trusted_yet, runs && !is_old && reader_runs);
}

}  // namespace

Store::Store(std::int64_t max_keys, std::int64_t max_size_bytes)
    : max_keys_(max_keys), max_size_bytes_(max_size_bytes) {}

Store::~Store() {
  clear();
  if (home_ != nullptr) {
    home_->detach(*this);
  }
}

ScopeId Store::join(const CacheScope& scope, const std::shared_ptr<CacheStats>& stats) {
  readers_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard guard{growth_};
  if (home_ == nullptr) {
    home_ = stats;
    home_->attach(*this);
  }
  const std::uint32_t server = index_in(servers_, std::string{scope.server});
  TRACKSIDE_ASSERT(server < ScopeId::nobody);
  readers_of_.resize(servers_.size());
  ++readers_of_[server];
  const std::string space = std::to_string(scope.database) + '/' + std::to_string(static_cast<int>(scope.protocol)) +
                            '/' + std::string{scope.user};
  return {.server = static_cast<std::uint16_t>(server), .space = index_in(spaces_, space)};
}

std::uint16_t Store::move(ScopeId from, std::string_view server) {
  const std::lock_guard guard{growth_};
  if (from.server != ScopeId::nobody) {
    --readers_of_[from.server];
  }
  const bool full =
      servers_.size() >= servers_max && std::find(servers_.begin(), servers_.end(), server) == servers_.end();
  if (full) {
    return ScopeId::nobody;
  }
  const std::uint32_t number = index_in(servers_, std::string{server});
  readers_of_.resize(servers_.size());
  ++readers_of_[number];
  return static_cast<std::uint16_t>(number);
}

void Store::leave(ScopeId scope) {
  readers_.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard guard{growth_};
  if (scope.server != ScopeId::nobody) {
    --readers_of_[scope.server];
  }
}

bool Store::is_shared(std::uint16_t server) const {
  const std::lock_guard guard{growth_};
  return server < readers_of_.size() && readers_of_[server] > 1;
}

std::uint64_t Store::hash_of(std::uint16_t server, std::string_view key) { return hash_bytes(key, server); }

std::uint64_t Store::next_stamp(Time now) {
  // Strictly increasing on each thread, so that one thread's uses are ordered even while its clock stands still.
  thread_local std::uint64_t last = 0;
  last = std::max(last + 1, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  return last;
}

CachedReply** Store::find_reply(CachedKey& key, std::uint32_t space, const Query& query) {
  for (CachedReply** link = &key.replies; *link != nullptr; link = &(*link)->next) {
    if ((*link)->space == space && asks_the_same(**link, query)) {
      return link;
    }
  }
  return nullptr;
}

bool Store::find(const Reader& reader, const Query& query, Reply& out) {
  const std::uint64_t hash = hash_of(reader.scope.server, query.key);
  if (find_in(shard_of(hash), hash, reader, query, out)) {
    return true;
  }
  reader.stats->count_miss(query.key);
  return false;
}

bool Store::find_in(Shard& shard, std::uint64_t hash, const Reader& reader, const Query& query, Reply& out) {
  const ShortLockGuard guard{shard.lock};
  // Read under the lock: until it is released no entry of this shard comes or goes, so what is found was there at this
  // very time. Before the look-up, so that the clock and the memory are waited for together.
  const Time now = reader.clock->now();
  const auto at = shard.table.find(Sought{hash, reader.scope.server, query.key});
  CachedReply** const link = at == shard.table.end() ? nullptr : find_reply(**at, reader.scope.space, query);
  if (link == nullptr || bypasses_.load(std::memory_order_acquire) != 0) {
    TRACKSIDE_MARK_IF(entry_hidden_by_bypass, link != nullptr);
    return false;
  }
  const CachedReply& reply = **link;
  if (!may_serve(reader, reply, now)) {
    if constexpr (counts_marks) {
      mark_refusal(reader, reply, now);
    }
    return false;
  }
  if (has_expired(reply, now)) {
    TRACKSIDE_MARK(key_expired_at_read);
    erase_reply(shard, at, link);
    return false;
  }
  (*at)->stamp = next_stamp(now);
  out.assign(reply.frame());
  count_hit(shard, **at, reader);
  return true;
}

/// Whether somebody vouches for the reply now, and this reader may rely on it. Its key's expiry is not looked at.
bool Store::may_serve(const Reader& reader, const CachedReply& reply, Time now) {
  const Lease& lease = *reply.lease;
  if (!lease.runs(now, reader.max_idle) ||
      (reader.max_ttl != Duration::zero() && reply.birth.age(now) >= reader.max_ttl)) {
    return false;
  }
  return lease.depends_on(*reader.lease) ||
         (reader.lease->runs(now, reader.max_idle) &&
          lease.anchor().time_since_epoch().count() > reader.trust_others_after.load(std::memory_order_acquire));
}

void Store::count_hit(Shard& shard, CachedKey& key, const Reader& reader) {
  if (reader.stats != home_.get()) {
    reader.stats->count_hits(key.key(), 1);
    return;
  }
  ++shard.hits_held;
  if (++key.hits == UINT16_MAX) {
    home_->count_hits(key.key(), key.hits);
    shard.hits_held -= key.hits;
    key.hits = 0;
  }
}

bool Store::holds(const Reader& reader, const Query& query, std::string_view frame) const {
  const std::uint64_t hash = hash_of(reader.scope.server, query.key);
  const Shard& shard = shard_of(hash);
  const ShortLockGuard guard{shard.lock};
  const auto at = shard.table.find(Sought{hash, reader.scope.server, query.key});
  if (at == shard.table.end()) {
    return false;
  }
  CachedReply** const link = find_reply(**at, reader.scope.space, query);
  return link != nullptr && (*link)->frame() == frame;
}

Fill Store::begin_fill(const Reader& reader, const Query& query, const Lease& by) {
  const std::uint64_t hash = hash_of(reader.scope.server, query.key);
  Shard& shard = shard_of(hash);
  const ShortLockGuard guard{shard.lock};
  const bool in_vain = bypasses_.load(std::memory_order_acquire) != 0 || reader.lease->has_ended() ||
                       reader.scope.server == ScopeId::nobody;
  TRACKSIDE_MARK_IF(fill_begun_in_vain, in_vain);
  const auto state = in_vain ? FillSlots::State::revoked : FillSlots::State::open;
  return fill_of(shard_index(hash),
                 shard.fills.begin({.hash = hash, .lease = &by, .begun = reader.clock->now(), .state = state}));
}

bool Store::is_open(Fill fill) const {
  const Shard& shard = shards_[shard_of_fill(fill)];
  const ShortLockGuard guard{shard.lock};
  return shard.fills.is_open(ticket_of(fill));
}

void Store::abandon(Fill fill) {
  Shard& shard = shards_[shard_of_fill(fill)];
  const ShortLockGuard guard{shard.lock};
  shard.fills.take(ticket_of(fill));
}

PutResult Store::keep(const Reader& reader, Fill fill, const Query& query, std::string_view frame,
                      ServerTime expires_at, Lease* absent) {
  const std::uint16_t server = reader.scope.server;
  const std::uint64_t hash = hash_of(server, query.key);
  Shard& shard = shard_of(hash);
  if (shard_of_fill(fill) != shard_index(hash)) {
    abandon(fill);  // opened for another key
    seen(reader, {&query.key, 1}, stream_of(reader));
    return PutResult::refused_revoked;
  }
  {
    const ShortLockGuard guard{shard.lock};
    const auto taken = shard.fills.take(ticket_of(fill));
    if (may_be_overtaken(stream_of(reader))) {
      overtake(shard, {hash, server, query.key}, stream_of(reader));
    }
    if (!taken || taken->state != FillSlots::State::open || taken->hash != hash || server != reader.scope.server ||
        !taken->lease->depends_on(*reader.lease)) {
      TRACKSIDE_MARK_IF(revoked_fill_not_kept, taken && taken->state == FillSlots::State::revoked);
      return PutResult::refused_revoked;
    }
    const Time now = reader.clock->now();
    const bool can_expire = expires_at == no_expiry || taken->lease->knows_server_time();
    if (!can_expire || !taken->lease->runs(now, reader.max_idle)) {
      TRACKSIDE_MARK(reply_outlived_its_lease);
      return PutResult::refused_unhealthy;
    }
    if (!fits(shard, hash, reader, query, frame)) {
      TRACKSIDE_MARK(reply_beyond_the_bounds);
      return PutResult::refused_bounds;
    }
    if (absent != nullptr) {
      TRACKSIDE_MARK(absent_reply_kept_in_cluster);
      absent->renew(taken->begun);
    }
    CachedReply* const reply = make_reply(query, frame);
    reply->lease = absent != nullptr ? absent : taken->lease;
    reply->expires_at = expires_at;
    reply->space = reader.scope.space;
    reply->birth = Birth{taken->begun};
    insert(shard, hash, reader, query, reply, now);
  }
  if (over_bounds()) {
    evict();
  }
  return PutResult::kept;
}

/// Whether the key with this reply in place of an older one would be within the bounds on its own.
bool Store::fits(Shard& shard, std::uint64_t hash, const Reader& reader, const Query& query,
                 std::string_view frame) const {
  if (max_keys_ == 0 || max_size_bytes_ == 0) {
    return false;
  }
  if (max_size_bytes_ < 0) {
    return true;
  }
  std::int64_t size = bytes_of_key(query.key.size()) + bytes_of_reply(question_size(query), frame.size());
  const auto at = shard.table.find(Sought{hash, reader.scope.server, query.key});
  for (const CachedReply* reply = at == shard.table.end() ? nullptr : (*at)->replies; reply != nullptr;
       reply = reply->next) {
    const bool replaced = reply->space == reader.scope.space && asks_the_same(*reply, query);
    size += replaced ? 0 : size_in_bounds(*reply);
  }
  return size <= max_size_bytes_;
}

void Store::insert(Shard& shard, std::uint64_t hash, const Reader& reader, const Query& query, CachedReply* reply,
                   Time now) {
  const auto at = shard.table.find(Sought{hash, reader.scope.server, query.key});
  CachedKey* key = at == shard.table.end() ? nullptr : *at;
  if (key == nullptr) {
    key = make_key(query.key);
    key->server = reader.scope.server;
    shard.table.insert(key);
    keys_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(size_in_bounds(*key), std::memory_order_relaxed);
  }
  // The newest reply comes first; the one it replaces goes, and so does the oldest of too many.
  reply->next = key->replies;
  key->replies = reply;
  key->stamp = next_stamp(now);
  bytes_.fetch_add(size_in_bounds(*reply), std::memory_order_relaxed);
  std::size_t count = 1;
  for (CachedReply** link = &reply->next; *link != nullptr;) {
    const bool replaced = (*link)->space == reply->space && asks_the_same(**link, query);
    if (replaced || ++count > replies_per_key_max) {
      unlink(shard, link);
    } else {
      link = &(*link)->next;
    }
  }
}

std::size_t Store::open_fills() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    count += shard.fills.size();
  }
  return count;
}

}  // namespace trackside::cache
