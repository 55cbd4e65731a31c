// What a cache counts: hits, misses, invalidations and dirty hits, by key and in total.
//
// Names and meaning are those of coredis's CacheStats (https://coredis.readthedocs.io, "Caching"): totals are kept for
// ever, figures of single keys only until somebody compacts. One object may be given to several caches, which then
// count into it together; keys that are equal as bytes are one key, whatever server or database they belong to.
//
// Memory is bounded: at most `keys_max` keys have figures of their own, with at most `key_bytes_max` bytes of names.
// When a further key comes, the figures of some others are given up, as if only these had been compacted. So a key's
// figure is what was counted for it lately, never more; a total is exact. Beside these keys, the caches hold the hits
// of what they have cached, within their own bounds, and `hits` shows them too.
//
// While nothing is being counted, every figure is exact. While other threads count:
//  * what was counted before a call began is in every total that the call returns, but for hits that a cache hands
//    over during the call, because their key leaves it: these may first show in the next;
//  * no figure ever shows more than was counted, and no total goes back, until `clear`;
//  * the four totals, and the figures of two keys, need not be of one instant: a key given up during a call may be
//    shown beside the one it made room for;
//  * `clear` removes what was counted before it began; the total of what is counted meanwhile has it, or has it not.
//
// Thread rule: everything from any thread. Counting locks 1/64 of the keys for a moment; the calls that return figures,
// `compact` and `clear` take turns, and look at every key or every cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace trackside {

namespace cache {
class HitSource;
}

struct CacheSummary {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t dirty_hits = 0;
  std::uint64_t invalidations = 0;

  friend bool operator==(const CacheSummary&, const CacheSummary&) = default;
};

/// Counts by the bytes of their keys; who was never counted is not there.
using KeyCounts = std::map<std::string, std::uint64_t>;

/// How much is kept about single keys. Zero keeps totals only.
struct CacheStatsLimits {
  /// Keys with figures of their own: as many as a cache keeps unless told otherwise.
  std::size_t keys_max = 4096;
  /// Bytes of their names together. A key with a longer name has no figures of its own.
  std::size_t key_bytes_max = std::size_t{1024} * 1024;
};

class CacheStats {
 public:
  explicit CacheStats(CacheStatsLimits limits = {});
  /// No cache counts here any more.
  ~CacheStats();
  CacheStats(const CacheStats&) = delete;
  CacheStats& operator=(const CacheStats&) = delete;

  // ---- figures, as documented by coredis ----

  KeyCounts hits() const;
  KeyCounts misses() const;
  /// Invalidations by the server and by the client alike: one each time that a key was named, cached or not.
  KeyCounts invalidations() const;
  /// Hits that a check found to differ from the server's reply.
  KeyCounts dirty() const;
  /// Totals since construction or the last `clear`.
  CacheSummary summary() const;
  /// Gives up the figures of all keys; totals stay.
  void compact();
  /// Everything is zero again.
  void clear();

  // ---- counting, for whoever implements a cache ----

  void count_hits(std::string_view key, std::uint64_t times);
  void count_miss(std::string_view key);
  void count_invalidation(std::string_view key);
  void count_dirty(std::string_view key);

  // ---- for the library's stores, which count hits in place and are asked when somebody wants figures ----

  /// The source lives until it is detached. Neither may be called while a lock is held that the source itself takes.
  void attach(cache::HitSource& source);
  /// Takes over what the source holds, which gets no hit meanwhile; afterwards it is not called any more.
  void detach(cache::HitSource& source);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// For people: "CacheStats<hits=3, misses=1, dirty_hits=0, invalidations=2>".
std::string to_text(const CacheStats& stats);

}  // namespace trackside
