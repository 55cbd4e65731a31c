// The bounded LRU store: keys with their replies, the fills under way, and the leases that vouch.
//
// Everything that decides whether a reply may be kept or served lives here, so that caches which share a store share
// those decisions. Sixty-four shards, each with a short lock, a table of keys and the open fills of those keys; a hit
// locks one shard, writes one stamp and copies. Recency is a stamp, not a list: eviction picks the oldest stamps in
// batches and skips those that moved, which is exact LRU (every other key is provably younger).
//
// Invariants: an entry's lease exists as long as the entry; a key without replies does not exist; `bytes_` and `keys_`
// are the sums over all entries; a fill is kept only if nothing revoked it between `begin_fill` and `keep`.
// Neighbours: NodeTrackingCache above; entry.hpp, lease.hpp, short_lock.hpp below.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "cache/entry.hpp"
#include "cache/fill_slots.hpp"
#include "cache/lease.hpp"
#include "cache/short_lock.hpp"
#include "trackside/abstract_cache.hpp"
#include "trackside/options.hpp"

namespace trackside::cache {

/// What the bounds count for a key, and for each of its replies, beside the bytes of key, question and frame.
inline constexpr std::size_t key_overhead = 64;
inline constexpr std::size_t reply_overhead = 48;

/// Replies kept for one key at most; the one kept longest ago goes first. A look-up walks them.
inline constexpr std::size_t replies_per_key_max = 256;

/// A scope by number: `server` decides what a push names, `space` (database and user) what a reader may see.
struct ScopeId {
  std::uint32_t server = 0;
  std::uint32_t space = 0;
};

/// One cache's view of the store: whose data, how stale at most, and the link that vouches for what it fills.
struct Reader {
  const Clock* clock = nullptr;
  ScopeId scope{};
  Duration max_idle{};
  const Lease* lease = nullptr;
};

class Store {
 public:
  Store(std::int64_t max_keys, std::int64_t max_size_bytes);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  ScopeId intern(const CacheScope& scope);
  /// A lease that has not begun. Lives as long as the store.
  Lease& add_lease();

  /// Copies the reply into `out` if it may be served at the time of the look-up; counts a hit or a miss.
  bool find(const Reader& reader, const Query& query, Reply& out);

  /// Whether the entry is there with just this reply, served or not. Counts nothing.
  bool holds(const Reader& reader, const Query& query, std::string_view frame) const;

  Fill begin_fill(const Reader& reader, const Query& query);
  bool is_open(Fill fill) const;
  void abandon(Fill fill);
  PutResult keep(const Reader& reader, Fill fill, const Query& query, std::string_view frame, ServerTime expires_at);

  /// Removes the keys in every database of the server and revokes their fills.
  void remove(std::uint32_t server, std::span<const std::string_view> keys);
  /// Removes everything that the lease vouches for and revokes its fills. The lease has ended before.
  void drop(const Lease& lease);
  /// Removes everything and revokes all fills.
  void clear();
  void revoke_all_fills();

  /// While any bypass is open nothing is served and every new fill is revoked from the start.
  void begin_bypass();
  void end_bypass();

  void count_invalidations(std::uint64_t count) { invalidations_.fetch_add(count, std::memory_order_relaxed); }
  void count_dirty() { dirty_.fetch_add(1, std::memory_order_relaxed); }
  CacheSummary summary() const;

  std::size_t keys() const { return static_cast<std::size_t>(keys_.load(std::memory_order_relaxed)); }
  std::size_t bytes() const { return static_cast<std::size_t>(bytes_.load(std::memory_order_relaxed)); }
  std::size_t open_fills() const;

 private:
  struct Sought {
    std::uint64_t hash;
    std::uint32_t server;
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
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    Table table;
    FillSlots fills;
  };
  static constexpr std::size_t shard_count = 64;

  static std::uint64_t hash_of(std::uint32_t server, std::string_view key);
  /// The table places a key by the upper bits of its hash and tells keys apart by the lowest eight, so that a shard
  /// must be chosen by bits between, or all its keys would begin their search at one place.
  static std::size_t shard_index(std::uint64_t hash) { return (hash >> 8) % shard_count; }
  const Shard& shard_of(std::uint64_t hash) const { return shards_[shard_index(hash)]; }
  Shard& shard_of(std::uint64_t hash) { return shards_[shard_index(hash)]; }
  static CachedReply** find_reply(CachedKey& key, std::uint32_t space, const Query& query);
  bool fits(Shard& shard, std::uint64_t hash, const Reader& reader, const Query& query, std::string_view frame) const;
  void insert(Shard& shard, std::uint64_t hash, const Reader& reader, const Query& query, CachedReply* reply, Time now);

  /// Unlinks and frees one reply, or the key with all of them; the shard is locked.
  void unlink(CachedReply** link);
  void erase_reply(Shard& shard, CachedKey* key, CachedReply** link);
  void erase_key(Shard& shard, Table::iterator at);
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
  std::atomic<std::uint64_t> invalidations_{0};
  std::atomic<std::uint64_t> dirty_{0};

  std::mutex growth_;  // guards what follows
  std::vector<Stamped> oldest_;  // candidates for eviction, the oldest last
  std::deque<Lease> leases_;
  std::vector<std::string> servers_;
  std::vector<std::string> spaces_;
};

}  // namespace trackside::cache
