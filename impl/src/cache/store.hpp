// The bounded LRU store: keys with their replies, the fills under way, and the leases that vouch.
//
// Everything that decides whether a reply may be kept or served lives here, so that caches which share a store share
// those decisions. Sixty-four shards, each with a short lock, a table of keys and the open fills of those keys; a hit
// locks one shard, writes one stamp and copies. Recency is a stamp, not a list: eviction picks the oldest stamps in
// batches and skips those that moved, which is exact LRU (every other key is provably younger).
//
// Invariants: an entry's lease exists as long as the entry; a key without replies does not exist; `bytes_` and `keys_`
// are the sums over all entries; a fill is kept only if nothing revoked it between `begin_fill` and `keep`; a key's
// entries and open fills all travel by one stream whose order is the server's, or there is one of them (`overtake`).
// Neighbours: NodeTrackingCache above; entry.hpp, lease.hpp, fill_slots.hpp, lease_pool.hpp below; eviction.cpp.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "cache/entry.hpp"
#include "cache/fill_slots.hpp"
#include "cache/hit_source.hpp"
#include "cache/lease.hpp"
#include "cache/lease_pool.hpp"
#include "cache/short_lock.hpp"
#include "resp/slot.hpp"
#include "trackside/abstract_cache.hpp"
#include "trackside/cache_stats.hpp"

namespace trackside::cache {

/// Replies kept for one key at most; the one kept longest ago goes first. A look-up walks them.
inline constexpr std::size_t replies_per_key_max = 256;

/// A scope by number: `server` decides what a push names, `space` (database, user, protocol) what a reader may see.
/// Nobody's until a cache joins, so that nothing is found or removed by one that has not.
struct ScopeId {
  static constexpr std::uint16_t nobody = UINT16_MAX;
  std::uint16_t server = nobody;
  std::uint32_t space = 0;
};

/// A scope whose server may change while other threads read: once everything is dropped, and before anything is filled.
struct ReaderScope {
  std::atomic<std::uint16_t> server{ScopeId::nobody};
  std::uint32_t space = 0;

  ReaderScope& operator=(ScopeId scope) {
    server.store(scope.server, std::memory_order_release);
    space = scope.space;
    return *this;
  }
  operator ScopeId() const { return {server.load(std::memory_order_acquire), space}; }  // NOLINT: it is one
};

/// Whether the replies and invalidations of a link come in the order in which the server made them.
enum class StreamOrder : std::uint8_t { kept, lost };

/// One cache's view of the store: whose data, how stale and how old at most, and the link that vouches for it.
struct Reader {
  const Clock* clock = nullptr;
  ReaderScope scope{};
  Duration max_idle{};
  Duration max_ttl{};  // zero: none
  const Lease* lease = nullptr;
  CacheStats* stats = nullptr;
  StreamOrder order = StreamOrder::kept;
  /// What other links vouch for is good for this reader only if they proved it after this: an own write whose keys
  /// were not known had its end then.
  std::atomic<std::int64_t> trust_others_after{INT64_MIN};
};

/// Slots that a node of a cluster lost.
struct Slots {
  std::uint16_t server = ScopeId::nobody;
  const Lease* link = nullptr;  // to the node
  std::bitset<resp::slot_count> numbers{};
  boost::unordered_flat_set<const Lease*> leases{};  // of the slots, under the link's; never iterated
};

class Store final : public HitSource {
 public:
  Store(std::int64_t max_keys, std::int64_t max_size_bytes);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// A cache joins or leaves. The first one's statistics get the hits that the keys' blocks count; others are slower.
  ScopeId join(const CacheScope& scope, const std::shared_ptr<CacheStats>& stats);
  /// The number of a server, for a cache whose link is to lead there from now on. Nobody's if there are too many.
  std::uint16_t move(ScopeId from, std::string_view server);
  void leave(ScopeId scope);
  /// Whether several caches are about this server.
  bool is_shared(std::uint16_t server) const;

  /// A lease that has not begun.
  Lease& take_lease() { return leases_.take(); }
  /// Takes it back; nothing names it any more (`drop`).
  void give_back(Lease& lease) { leases_.give_back(lease); }

  /// Copies the reply into `out` if it may be served at the time of the look-up; counts a hit or a miss.
  bool find(const Reader& reader, const Query& query, Reply& out);
  /// All of the queries, each vouched for by the reader's own link, at one moment between two changes; or false, and
  /// nothing is counted.
  bool find_all(const Reader& reader, std::span<const Query> queries, std::span<Reply> out);

  /// Whether each is there with just this reply, vouched for by the reader's own link. Counts nothing.
  bool confirm_all(const Reader& reader, std::span<const Query> queries, std::span<const ReplyView> replies) const;

  /// Whether the entry is there with just this reply, served or not. Counts nothing.
  bool holds(const Reader& reader, const Query& query, std::string_view frame) const;

  /// A fill whose reply will come by the connection of this lease. Revoked from the start if the reader's link has been
  /// lost since somebody looked whether it vouches: then nobody would revoke it for that any more.
  Fill begin_fill(const Reader& reader, const Query& query, const Lease& by);
  bool is_open(Fill fill) const;
  void abandon(Fill fill);
  /// `absent`: the key does not exist, and this lease vouches for that beside the fill's; proved by the fill itself.
  PutResult keep(const Reader& reader, Fill fill, const Query& query, std::string_view frame, ServerTime expires_at,
                 Lease* absent = nullptr);

  /// Removes the keys in every database of the server and revokes their fills. Whether there was such a fill.
  bool remove(std::uint16_t server, std::span<const std::string_view> keys);
  /// A reply about the keys came by the stream of `by` (null: by none whose order is known) and is not kept: removes
  /// and revokes what may be older than it.
  void seen(const Reader& reader, std::span<const std::string_view> keys, const Lease* by);
  /// Removes everything that depends on the lease and revokes its fills. The lease has ended before.
  void drop(const Lease& lease);
  /// Removes everything of the slots, whoever vouches for it. Of the fills those of the leases are revoked, and those
  /// of other links, whose slots are not known.
  void drop(const Slots& slots);
  /// Removes everything and revokes all fills.
  void clear();

  /// While any bypass is open nothing is served and every new fill is revoked from the start.
  void begin_bypass();
  void end_bypass();

  std::size_t keys() const { return static_cast<std::size_t>(keys_.load(std::memory_order_relaxed)); }
  std::size_t bytes() const { return static_cast<std::size_t>(bytes_.load(std::memory_order_relaxed)); }
  std::size_t open_fills() const;

  std::uint64_t hits_held() const override;
  void visit_hits(const Visitor& visitor) const override;
  void take_hits(const Visitor& visitor) override;

 private:
  struct Sought {
    std::uint64_t hash;
    std::uint16_t server;
    std::string_view key;
  };
  struct Stamped {
    std::uint64_t stamp;
    std::uint64_t hash;
  };
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(const CachedKey* key) const { return key->hash(); }
    std::size_t operator()(const Sought& sought) const { return sought.hash; }
    std::size_t operator()(const Stamped& stamped) const { return stamped.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const CachedKey* left, const CachedKey* right) const { return left == right; }
    bool operator()(const Sought& sought, const CachedKey* key) const {
      return sought.server == key->server && sought.key.size() == key->key_size &&
             same_bytes(sought.key.data(), key->key().data(), key->key_size);
    }
    bool operator()(const CachedKey* key, const Sought& sought) const { return (*this)(sought, key); }
    bool operator()(const Stamped& stamped, const CachedKey* key) const {
      return stamped.stamp == key->stamp && stamped.hash == key->hash();
    }
    bool operator()(const CachedKey* key, const Stamped& stamped) const { return (*this)(stamped, key); }
  };
  using Table = boost::unordered_flat_set<CachedKey*, Hash, Equal>;

  struct alignas(64) Shard {
    // What a hit touches comes first, so that it is one cache line that travels between processors.
    mutable ShortLock lock;
    std::uint64_t hits_held = 0;  // the sum over its keys
    std::uint64_t changes = 0;    // removals so far: what was found at one count is all there at that count
    Table table;
    FillSlots fills;
  };
  static constexpr std::size_t shard_count = 64;

  static std::uint64_t hash_of(std::uint16_t server, std::string_view key);
  /// The table places a key by the upper bits of its hash and tells keys apart by the lowest eight, so that a shard
  /// must be chosen by bits between, or all its keys would begin their search at one place.
  static std::size_t shard_index(std::uint64_t hash) { return (hash >> 8) % shard_count; }
  const Shard& shard_of(std::uint64_t hash) const { return shards_[shard_index(hash)]; }
  Shard& shard_of(std::uint64_t hash) { return shards_[shard_index(hash)]; }
  static CachedReply** find_reply(CachedKey& key, std::uint32_t space, const Query& query);
  bool find_in(Shard& shard, std::uint64_t hash, const Reader& reader, const Query& query, Reply& out);
  static bool may_serve(const Reader& reader, const CachedReply& reply, Time now);
  static bool has_expired(const CachedReply& reply, Time now) {
    return reply.expires_at != no_expiry && reply.lease->latest_server_time(now) >= reply.expires_at;
  }
  const CachedReply* find_own(const Shard& shard, std::uint64_t hash, const Reader& reader, const Query& query) const;
  void count_hit(Shard& shard, CachedKey& key, const Reader& reader);
  void count_hits(const Reader& reader, std::span<const Query> queries);
  bool fits(Shard& shard, std::uint64_t hash, const Reader& reader, const Query& query, std::string_view frame) const;
  void insert(Shard& shard, std::uint64_t hash, const Reader& reader, const Query& query, CachedReply* reply, Time now);
  void overtake(Shard& shard, const Sought& sought, const Lease* stream);
  /// The stream by which replies that are put come to the reader; null if none keeps the server's order.
  static const Lease* stream_of(const Reader& reader) {
    return reader.order == StreamOrder::kept ? reader.lease : nullptr;
  }
  /// Whether anything of a key might have come by another stream than this one of the reader.
  bool may_be_overtaken(const Lease* stream) const {
    return stream == nullptr || readers_.load(std::memory_order_relaxed) > 1;
  }

  /// Unlinks and frees one reply, or the key with all of them; the shard is locked.
  void unlink(Shard& shard, CachedReply** link);
  void erase_reply(Shard& shard, Table::iterator at, CachedReply** link);
  template <class Condition>
  void erase_replies_if(Shard& shard, Table::iterator at, const Condition& condition);
  void erase_key(Shard& shard, Table::iterator at);
  void revoke_all_fills();
  std::uint64_t next_stamp(Time now);
  bool over_bounds() const;
  void evict();
  void choose_oldest();

  const std::int64_t max_keys_;
  const std::int64_t max_size_bytes_;
  std::array<Shard, shard_count> shards_;
  std::atomic<std::int64_t> keys_{0};
  std::atomic<std::int64_t> bytes_{0};
  std::atomic<std::int64_t> bypasses_{0};
  std::atomic<std::int64_t> readers_{0};
  std::shared_ptr<CacheStats> home_;  // whose hits the keys' blocks count; set before the first look-up

  LeasePool leases_;
  mutable std::mutex growth_;    // guards what follows
  std::vector<Stamped> oldest_;  // candidates for eviction, the oldest last
  std::vector<std::string> servers_;
  std::vector<std::uint32_t> readers_of_;  // each of the servers
  std::vector<std::string> spaces_;
};

}  // namespace trackside::cache
