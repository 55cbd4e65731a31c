// Looking up several keys so that the replies are parts of one state of the server. See store.hpp.
//
// Only what the reader's own link vouches for counts, and only where its stream keeps the server's order: such entries,
// all there at one moment, are what the server held when it sent what came last on that stream.
#include <algorithm>

#include <boost/container/small_vector.hpp>

#include "cache/store.hpp"
#include "seam/mark.hpp"

namespace trackside::cache {

/// What may be served now and is vouched for by the reader's own link; null if there is nothing. The shard is locked.
const CachedReply* Store::find_own(const Shard& shard, std::uint64_t hash, const Reader& reader,
                                   const Query& query) const {
  const Time now = reader.clock->now();
  const auto at = shard.table.find(Sought{hash, reader.scope.server, query.key});
  CachedReply** const link = at == shard.table.end() ? nullptr : find_reply(**at, reader.scope.space, query);
  const bool may = link != nullptr && (*link)->lease->depends_on(*reader.lease) && may_serve(reader, **link, now);
  return may && !has_expired(**link, now) ? *link : nullptr;
}

bool Store::find_all(const Reader& reader, std::span<const Query> queries, std::span<Reply> out) {
  if (reader.order != StreamOrder::kept || bypasses_.load(std::memory_order_acquire) != 0) {
    return false;
  }
  // What is found at one count of its shard's removals is all there at the end of the search, if no count has moved.
  boost::container::small_vector<std::uint64_t, 16> changes;
  for (const Query& query : queries) {
    const Shard& shard = shard_of(hash_of(reader.scope.server, query.key));
    const ShortLockGuard guard{shard.lock};
    changes.push_back(shard.changes);
  }
  ServerTime first_expiry = no_expiry;
  for (std::size_t index = 0; index < queries.size(); ++index) {
    const std::uint64_t hash = hash_of(reader.scope.server, queries[index].key);
    const Shard& shard = shard_of(hash);
    const ShortLockGuard guard{shard.lock};
    const CachedReply* const reply = find_own(shard, hash, reader, queries[index]);
    if (reply == nullptr) {
      return false;
    }
    first_expiry = std::min(first_expiry, reply->expires_at);
    out[index].assign(reply->frame());
  }
  for (std::size_t index = 0; index < queries.size(); ++index) {
    const Shard& shard = shard_of(hash_of(reader.scope.server, queries[index].key));
    const ShortLockGuard guard{shard.lock};
    if (shard.changes != changes[index]) {
      return false;
    }
  }
  // What was found first may have expired before what was found last came: an expiry removes nothing by itself.
  const bool expired =
      first_expiry != no_expiry && reader.lease->latest_server_time(reader.clock->now()) >= first_expiry;
  if (expired || bypasses_.load(std::memory_order_acquire) != 0) {
    return false;
  }
  count_hits(reader, queries);
  return true;
}

void Store::count_hits(const Reader& reader, std::span<const Query> queries) {
  for (const Query& query : queries) {
    const std::uint64_t hash = hash_of(reader.scope.server, query.key);
    Shard& shard = shard_of(hash);
    const ShortLockGuard guard{shard.lock};
    const auto at = shard.table.find(Sought{hash, reader.scope.server, query.key});
    if (at == shard.table.end()) {
      reader.stats->count_hits(query.key, 1);  // gone since
    } else {
      (*at)->stamp = next_stamp(reader.clock->now());
      count_hit(shard, **at, reader);
    }
  }
}

bool Store::confirm_all(const Reader& reader, std::span<const Query> queries,
                        std::span<const ReplyView> replies) const {
  if (reader.order != StreamOrder::kept || bypasses_.load(std::memory_order_acquire) != 0) {
    return false;
  }
  for (std::size_t index = 0; index < queries.size(); ++index) {
    const std::uint64_t hash = hash_of(reader.scope.server, queries[index].key);
    const Shard& shard = shard_of(hash);
    const ShortLockGuard guard{shard.lock};
    const CachedReply* const reply = find_own(shard, hash, reader, queries[index]);
    if (reply == nullptr || reply->frame() != replies[index].frame()) {
      TRACKSIDE_MARK(part_gone_before_the_rest_came);
      return false;
    }
  }
  return true;
}

}  // namespace trackside::cache
