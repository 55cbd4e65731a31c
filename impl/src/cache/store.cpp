#include "cache/store.hpp"

#include <algorithm>

#include "cache/hash.hpp"

namespace trackside::cache {
namespace {

std::int64_t size_in_bounds(const CachedKey& key) { return static_cast<std::int64_t>(key_overhead + key.key_size); }

std::int64_t size_in_bounds(const CachedReply& reply) {
  return static_cast<std::int64_t>(reply_overhead) + reply.question_size + reply.frame_size;
}

/// A fill's number holds its shard, its slot there, and the slot's generation.
Fill fill_of(std::size_t shard, FillSlots::Ticket ticket) {
  return Fill{(std::uint64_t{ticket.generation} << 32) | (std::uint64_t{ticket.slot} << 6) | shard};
}
std::size_t shard_of_fill(Fill fill) { return static_cast<std::uint64_t>(fill) & 63; }
FillSlots::Ticket ticket_of(Fill fill) {
  const auto number = static_cast<std::uint64_t>(fill);
  return {.slot = static_cast<std::uint32_t>(number) >> 6, .generation = static_cast<std::uint32_t>(number >> 32)};
}

}  // namespace

Store::Store(std::int64_t max_keys, std::int64_t max_size_bytes)
    : max_keys_(max_keys), max_size_bytes_(max_size_bytes) {}

Store::~Store() { clear(); }

ScopeId Store::intern(const CacheScope& scope) {
  const auto index_in = [](std::vector<std::string>& names, std::string name) {
    const auto at = std::find(names.begin(), names.end(), name);
    const auto index = static_cast<std::uint32_t>(at - names.begin());
    if (at == names.end()) {
      names.push_back(std::move(name));
    }
    return index;
  };
  const std::lock_guard guard{growth_};
  return {.server = index_in(servers_, std::string{scope.server}),
          .space = index_in(spaces_, std::to_string(scope.database) + '/' + std::string{scope.user})};
}

Lease& Store::add_lease() {
  const std::lock_guard guard{growth_};
  return leases_.emplace_back();
}

std::uint64_t Store::hash_of(std::uint32_t server, std::string_view key) { return hash_bytes(key, server); }

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
  Shard& shard = shard_of(hash);
  const ShortLockGuard guard{shard.lock};
  // Read under the lock: until it is released no entry of this shard comes or goes, so what is found was there at this
  // very time. Before the look-up, so that the clock and the memory are waited for together.
  const Time now = reader.clock->now();
  const auto at = shard.table.find(Sought{hash, reader.scope.server, query.key});
  CachedReply** const link = at == shard.table.end() ? nullptr : find_reply(**at, reader.scope.space, query);
  if (link == nullptr || bypasses_.load(std::memory_order_acquire) != 0) {
    ++shard.misses;
    return false;
  }
  CachedReply& reply = **link;
  if (!reply.lease->runs(now, reader.max_idle) ||
      (reply.lease != reader.lease && !reader.lease->runs(now, reader.max_idle))) {
    ++shard.misses;
    return false;
  }
  if (reply.expires_at != no_expiry && reply.lease->latest_server_time(now) >= reply.expires_at) {
    erase_reply(shard, *at, link);
    ++shard.misses;
    return false;
  }
  (*at)->stamp = next_stamp(now);
  out.assign(reply.frame());
  ++shard.hits;
  return true;
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

void Store::erase_reply(Shard& shard, CachedKey* key, CachedReply** link) {
  unlink(link);
  if (key->replies == nullptr) {
    erase_key(shard, shard.table.find(key));
  }
}

void Store::erase_key(Shard& shard, Table::iterator at) {
  CachedKey* const key = *at;
  shard.table.erase(at);
  std::int64_t freed = size_in_bounds(*key);
  for (CachedReply* reply = key->replies; reply != nullptr;) {
    CachedReply* const next = reply->next;
    freed += size_in_bounds(*reply);
    free_block(reply);
    reply = next;
  }
  free_block(key);
  bytes_.fetch_sub(freed, std::memory_order_relaxed);
  keys_.fetch_sub(1, std::memory_order_relaxed);
}

Fill Store::begin_fill(const Reader& reader, const Query& query) {
  const std::uint64_t hash = hash_of(reader.scope.server, query.key);
  Shard& shard = shard_of(hash);
  const ShortLockGuard guard{shard.lock};
  const bool bypassed = bypasses_.load(std::memory_order_acquire) != 0;
  const auto state = bypassed ? FillSlots::State::revoked : FillSlots::State::open;
  return fill_of(shard_index(hash), shard.fills.begin(hash, reader.lease, state));
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
                      ServerTime expires_at) {
  const std::uint64_t hash = hash_of(reader.scope.server, query.key);
  Shard& shard = shard_of(hash);
  if (shard_of_fill(fill) != shard_index(hash)) {
    abandon(fill);  // opened for another key
    return PutResult::refused_revoked;
  }
  {
    const ShortLockGuard guard{shard.lock};
    const auto taken = shard.fills.take(ticket_of(fill));
    if (!taken || taken->state != FillSlots::State::open || taken->hash != hash || taken->lease != reader.lease) {
      return PutResult::refused_revoked;
    }
    const Time now = reader.clock->now();
    if (!reader.lease->runs(now, reader.max_idle)) {
      return PutResult::refused_unhealthy;
    }
    if (!fits(shard, hash, reader, query, frame)) {
      return PutResult::refused_bounds;
    }
    CachedReply* const reply = make_reply(query, frame);
    reply->lease = reader.lease;
    reply->expires_at = expires_at;
    reply->space = reader.scope.space;
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
  auto size = static_cast<std::int64_t>(key_overhead + query.key.size() + reply_overhead + question_size(query) +
                                        frame.size());
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
      unlink(link);
    } else {
      link = &(*link)->next;
    }
  }
}

void Store::unlink(CachedReply** link) {
  CachedReply* const reply = *link;
  bytes_.fetch_sub(size_in_bounds(*reply), std::memory_order_relaxed);
  *link = reply->next;
  free_block(reply);
}

void Store::remove(std::uint32_t server, std::span<const std::string_view> keys) {
  for (const std::string_view name : keys) {
    const std::uint64_t hash = hash_of(server, name);
    Shard& shard = shard_of(hash);
    const ShortLockGuard guard{shard.lock};
    shard.fills.revoke_key(hash);
    const auto at = shard.table.find(Sought{hash, server, name});
    if (at != shard.table.end()) {
      erase_key(shard, at);
    }
  }
}

void Store::drop(const Lease& lease) {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    shard.fills.revoke_lease(lease);
    // The order of removal shows nowhere: every entry of the lease goes.
    for (auto at = shard.table.begin(); at != shard.table.end();) {
      const auto current = at++;
      CachedKey* const key = *current;
      for (CachedReply** link = &key->replies; *link != nullptr;) {
        if ((*link)->lease == &lease) {
          unlink(link);
        } else {
          link = &(*link)->next;
        }
      }
      if (key->replies == nullptr) {
        erase_key(shard, current);
      }
    }
  }
}

void Store::clear() {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    shard.fills.revoke_all();
    for (auto at = shard.table.begin(); at != shard.table.end();) {
      erase_key(shard, at++);
    }
  }
}

void Store::revoke_all_fills() {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    shard.fills.revoke_all();
  }
}

void Store::begin_bypass() {
  bypasses_.fetch_add(1, std::memory_order_acq_rel);
  revoke_all_fills();
}

void Store::end_bypass() {
  revoke_all_fills();
  bypasses_.fetch_sub(1, std::memory_order_acq_rel);
}

bool Store::over_bounds() const {
  return (max_keys_ >= 0 && keys_.load(std::memory_order_relaxed) > max_keys_) ||
         (max_size_bytes_ >= 0 && bytes_.load(std::memory_order_relaxed) > max_size_bytes_);
}

void Store::evict() {
  const std::lock_guard guard{growth_};
  while (over_bounds()) {
    if (oldest_.empty()) {
      choose_oldest();
    }
    if (oldest_.empty()) {
      return;
    }
    const Stamped candidate = oldest_.back();
    oldest_.pop_back();
    Shard& shard = shard_of(candidate.hash);
    const ShortLockGuard shard_guard{shard.lock};
    const auto at = shard.table.find(candidate);
    if (at != shard.table.end()) {
      erase_key(shard, at);
    }
  }
}

void Store::choose_oldest() {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    for (const CachedKey* key : shard.table) {
      oldest_.push_back({key->stamp, key->hash()});
    }
  }
  const std::size_t wanted = std::max<std::size_t>(oldest_.size() / 8, 1);
  const auto by_age = [](const Stamped& left, const Stamped& right) { return left.stamp < right.stamp; };
  if (wanted < oldest_.size()) {
    std::nth_element(oldest_.begin(), oldest_.begin() + static_cast<std::ptrdiff_t>(wanted), oldest_.end(), by_age);
    oldest_.resize(wanted);
  }
  std::sort(oldest_.begin(), oldest_.end(),
            [&](const Stamped& left, const Stamped& right) { return by_age(right, left); });
}

CacheSummary Store::summary() const {
  CacheSummary summary;
  for (const Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    summary.hits += shard.hits;
    summary.misses += shard.misses;
  }
  summary.dirty_hits = dirty_.load(std::memory_order_relaxed);
  summary.invalidations = invalidations_.load(std::memory_order_relaxed);
  return summary;
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
