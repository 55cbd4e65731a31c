// How entries leave the store, and fills are revoked, for every reason but the bounds (eviction.cpp). See store.hpp.
#include "cache/sizes.hpp"
#include "cache/store.hpp"
#include "seam/mark.hpp"

namespace trackside::cache {

void Store::unlink(Shard& shard, CachedReply** link) {
  CachedReply* const reply = *link;
  bytes_.fetch_sub(size_in_bounds(*reply), std::memory_order_relaxed);
  *link = reply->next;
  ++shard.changes;
  free_block(reply);
}

void Store::erase_key(Shard& shard, Table::iterator at) {
  CachedKey* const key = *at;
  shard.table.erase(at);
  ++shard.changes;
  if (key->hits != 0) {
    home_->count_hits(key->key(), key->hits);
    shard.hits_held -= key->hits;
  }
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

void Store::erase_reply(Shard& shard, Table::iterator at, CachedReply** link) {
  unlink(shard, link);
  if ((*at)->replies == nullptr) {
    erase_key(shard, at);
  }
}

template <class Condition>
void Store::erase_replies_if(Shard& shard, Table::iterator at, const Condition& condition) {
  for (CachedReply** link = &(*at)->replies; *link != nullptr;) {
    if (condition(**link)) {
      unlink(shard, link);
    } else {
      link = &(*link)->next;
    }
  }
  if ((*at)->replies == nullptr) {
    erase_key(shard, at);
  }
}

bool Store::remove(std::uint16_t server, std::span<const std::string_view> keys) {
  bool revoked = false;
  for (const std::string_view name : keys) {
    const std::uint64_t hash = hash_of(server, name);
    Shard& shard = shard_of(hash);
    const ShortLockGuard guard{shard.lock};
    revoked = shard.fills.revoke_key(hash) || revoked;
    const auto at = shard.table.find(Sought{hash, server, name});
    if (at != shard.table.end()) {
      erase_key(shard, at);
    }
  }
  return revoked;
}

/// A reply about the key came by `stream` (null: by one without order): what came, or will come, by another one may be
/// older, and the invalidation that would say so may still be under way there.
void Store::overtake(Shard& shard, const Sought& sought, const Lease* stream) {
  const bool revoked = shard.fills.revoke_key_but(sought.hash, stream);
  TRACKSIDE_MARK_IF(fill_overtaken_by_other_stream, revoked);
  const auto at = shard.table.find(sought);
  if (at != shard.table.end()) {
    erase_replies_if(shard, at,
                     [=](const CachedReply& reply) {
                       const bool is_overtaken = stream == nullptr || !reply.lease->depends_on(*stream);
                       TRACKSIDE_MARK_IF(entry_overtaken_by_other_stream, is_overtaken);
                       return is_overtaken;
                     });
  }
}

void Store::seen(const Reader& reader, std::span<const std::string_view> keys, const Lease* by) {
  if (!may_be_overtaken(by)) {
    return;
  }
  for (const std::string_view name : keys) {
    const std::uint64_t hash = hash_of(reader.scope.server, name);
    Shard& shard = shard_of(hash);
    const ShortLockGuard guard{shard.lock};
    overtake(shard, {hash, reader.scope.server, name}, by);
  }
}

void Store::drop(const Lease& lease) {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    const bool revoked = shard.fills.revoke_lease(lease);
    TRACKSIDE_MARK_IF(fill_lost_with_its_link, revoked);
    // The order of removal shows nowhere: every entry of the lease goes.
    for (auto at = shard.table.begin(); at != shard.table.end();) {
      erase_replies_if(shard, at++, [&](const CachedReply& reply) { return reply.lease->depends_on(lease); });
    }
  }
}

void Store::drop(const Slots& slots) {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    const bool revoked = shard.fills.revoke_if([&](const FillSlots::OpenFill& fill) {
      return slots.leases.contains(fill.lease) || !fill.lease->depends_on(*slots.link);
    });
    TRACKSIDE_MARK_IF(fill_lost_with_its_slot, revoked);
    for (auto at = shard.table.begin(); at != shard.table.end();) {
      const auto here = at++;
      const CachedKey& key = **here;
      if (key.server == slots.server && slots.numbers.test(resp::slot_of(key.key()))) {
        TRACKSIDE_MARK(entry_lost_with_its_slot);
        erase_key(shard, here);
      }
    }
  }
}

void Store::clear() {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    const bool revoked = shard.fills.revoke_all();
    TRACKSIDE_MARK_IF(fill_revoked_by_flush, revoked);
    for (auto at = shard.table.begin(); at != shard.table.end();) {
      erase_key(shard, at++);
    }
  }
}

void Store::revoke_all_fills() {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    const bool revoked = shard.fills.revoke_all();
    TRACKSIDE_MARK_IF(fill_revoked_by_bypass, revoked);
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

std::uint64_t Store::hits_held() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    sum += shard.hits_held;
  }
  return sum;
}

void Store::visit_hits(const Visitor& visitor) const {
  for (const Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    for (const CachedKey* key : shard.table) {
      if (key->hits != 0) {
        visitor(key->key(), key->hits);
      }
    }
  }
}

void Store::take_hits(const Visitor& visitor) {
  for (Shard& shard : shards_) {
    const ShortLockGuard guard{shard.lock};
    for (CachedKey* key : shard.table) {
      if (key->hits != 0) {
        visitor(key->key(), key->hits);
        key->hits = 0;
      }
    }
    shard.hits_held = 0;
  }
}

}  // namespace trackside::cache
