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
Fill fill_of(std::size_t shard, std::uint32_t slot, std::uint32_t generation) {
  return Fill{(std::uint64_t{generation} << 32) | (std::uint64_t{slot} << 6) | shard};
}
std::size_t shard_of_fill(Fill fill) { return static_cast<std::uint64_t>(fill) & 63; }
std::uint32_t slot_of_fill(Fill fill) { return static_cast<std::uint32_t>(static_cast<std::uint64_t>(fill)) >> 6; }
std::uint32_t generation_of_fill(Fill fill) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(fill) >> 32);
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
  const auto at = shard.table.find(Sought{hash, reader.scope.server, query.key});
  if (at != shard.table.end() && bypasses_.load(std::memory_order_acquire) == 0) {
    CachedKey* const key = *at;
    CachedReply** const link = find_reply(*key, reader.scope.space, query);
    if (link != nullptr) {
      CachedReply* const reply = *link;
      __builtin_prefetch(reply->frame().data() + 64);  // comes while the clock is read
      // The clock is read after the entry was found: a time taken before could judge an entry that is newer than it.
      const Time now = reader.clock->now();
      if (reply->lease->runs(now, reader.max_idle) &&
          (reply->lease == reader.lease || reader.lease->runs(now, reader.max_idle))) {
        if (reply->expires_at == no_expiry || reply->lease->latest_server_time(now) < reply->expires_at) {
          key->stamp = next_stamp(now);
          out.assign(reply->frame());
          ++shard.hits;
          return true;
        }
        erase_reply(shard, key, link);
      }
    }
  }
  ++shard.misses;
  return false;
}

void Store::erase_reply(Shard& shard, CachedKey* key, CachedReply** link) {
  CachedReply* const reply = *link;
  bytes_.fetch_sub(size_in_bounds(*reply), std::memory_order_relaxed);
  *link = reply->next;
  free_block(reply);
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
  if (shard.free_fills.empty()) {
    shard.free_fills.push_back(static_cast<std::uint32_t>(shard.fills.size()));
    shard.fills.emplace_back();
  }
  const std::uint32_t slot = shard.free_fills.back();
  shard.free_fills.pop_back();
  OpenFill& fill = shard.fills[slot];
  fill.hash = hash;
  fill.lease = reader.lease;
  fill.generation += 1;
  fill.state = bypasses_.load(std::memory_order_acquire) == 0 ? FillState::open : FillState::revoked;
  return fill_of(shard_index(hash), slot, fill.generation);
}

bool Store::is_open(Fill fill) const {
  const Shard& shard = shards_[shard_of_fill(fill)];
  const ShortLockGuard guard{shard.lock};
  const std::uint32_t slot = slot_of_fill(fill);
  return slot < shard.fills.size() && shard.fills[slot].generation == generation_of_fill(fill) &&
         shard.fills[slot].state == FillState::open;
}

void Store::release(Shard& shard, std::uint32_t slot) {
  shard.fills[slot].state = FillState::free;
  shard.fills[slot].lease = nullptr;
  shard.free_fills.push_back(slot);
}

void Store::abandon(Fill fill) {
  Shard& shard = shards_[shard_of_fill(fill)];
  const ShortLockGuard guard{shard.lock};
  const std::uint32_t slot = slot_of_fill(fill);
  if (slot < shard.fills.size() && shard.fills[slot].generation == generation_of_fill(fill) &&
      shard.fills[slot].state != FillState::free) {
    release(shard, slot);
  }
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
    const std::uint32_t slot = slot_of_fill(fill);
    if (slot >= shard.fills.size() ||
        shard.fills[slot].generation != generation_of_fill(fill) || shard.fills[slot].state == FillState::free) {
      return PutResult::refused_revoked;
    }
    const OpenFill taken = shard.fills[slot];
    release(shard, slot);
    if (taken.state == FillState::revoked || taken.hash != hash || taken.lease != reader.lease) {
      return PutResult::refused_revoked;
    }
    const Time now = reader.clock->now();
    if (!reader.lease->runs(now, reader.max_idle)) {
      return PutResult::refused_unhealthy;
    }
    if (max_keys_ == 0 || max_size_bytes_ == 0) {
      return PutResult::refused_bounds;
    }

    const auto at = shard.table.find(Sought{hash, reader.scope.server, query.key});
    CachedKey* key = at == shard.table.end() ? nullptr : *at;
    CachedReply** const old = key == nullptr ? nullptr : find_reply(*key, reader.scope.space, query);
    const auto added = static_cast<std::int64_t>(reply_overhead + question_size(query) + frame.size());
    if (max_size_bytes_ > 0) {
      std::int64_t size = static_cast<std::int64_t>(key_overhead + query.key.size()) + added;
      for (const CachedReply* reply = key == nullptr ? nullptr : key->replies; reply != nullptr; reply = reply->next) {
        size += old != nullptr && reply == *old ? 0 : size_in_bounds(*reply);
      }
      if (size > max_size_bytes_) {
        return PutResult::refused_bounds;
      }
    }

    if (key == nullptr) {
      key = make_key(query.key);
      key->server = reader.scope.server;
      shard.table.insert(key);
      keys_.fetch_add(1, std::memory_order_relaxed);
      bytes_.fetch_add(size_in_bounds(*key), std::memory_order_relaxed);
    } else if (old != nullptr) {
      CachedReply* const replaced = *old;
      *old = replaced->next;
      bytes_.fetch_sub(size_in_bounds(*replaced), std::memory_order_relaxed);
      free_block(replaced);
    }
    CachedReply* const reply = make_reply(query, frame);
    reply->lease = reader.lease;
    reply->expires_at = expires_at;
    reply->space = reader.scope.space;
    reply->next = key->replies;
    key->replies = reply;
    key->stamp = next_stamp(now);
    bytes_.fetch_add(added, std::memory_order_relaxed);
  }
  if (over_bounds()) {
    evict();
  }
  return PutResult::kept;
}

void Store::revoke(Shard& shard, std::uint64_t hash) {
  for (OpenFill& fill : shard.fills) {
    if (fill.state == FillState::open && fill.hash == hash) {
      fill.state = FillState::revoked;  // a key of equal hash is revoked too, which is only a fetch more
    }
  }
}

void Store::remove(std::uint32_t server, std::span<const std::string_view> keys) {
  for (const std::string_view name : keys) {
    const std::uint64_t hash = hash_of(server, name);
    Shard& shard = shard_of(hash);
    const ShortLockGuard guard{shard.lock};
    revoke(shard, hash);
    const auto at = shard.table.find(Sought{hash, server, name});
    if (at != shard.table.end()) {
      erase_key(shard, at);
    }
  }
}

void Store::drop(const Lease& lease) {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    for (OpenFill& fill : shard.fills) {
      if (fill.state == FillState::open && fill.lease == &lease) {
        fill.state = FillState::revoked;
      }
    }
    // The order of removal shows nowhere: every entry of the lease goes.
    for (auto at = shard.table.begin(); at != shard.table.end();) {
      const auto current = at++;
      CachedKey* const key = *current;
      for (CachedReply** link = &key->replies; *link != nullptr;) {
        if ((*link)->lease != &lease) {
          link = &(*link)->next;
          continue;
        }
        CachedReply* const reply = *link;
        *link = reply->next;
        bytes_.fetch_sub(size_in_bounds(*reply), std::memory_order_relaxed);
        free_block(reply);
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
    for (OpenFill& fill : shard.fills) {
      if (fill.state == FillState::open) {
        fill.state = FillState::revoked;
      }
    }
    for (auto at = shard.table.begin(); at != shard.table.end();) {
      erase_key(shard, at++);
    }
  }
}

void Store::revoke_all_fills() {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    for (OpenFill& fill : shard.fills) {
      if (fill.state == FillState::open) {
        fill.state = FillState::revoked;
      }
    }
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
    count += shard.fills.size() - shard.free_fills.size();
  }
  return count;
}

}  // namespace trackside::cache
