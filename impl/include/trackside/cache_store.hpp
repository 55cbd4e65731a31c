// The memory of one or more caches, as an object that can be handed from one to another (`CacheOptions::store`).
//
// Caches that hold one store see each other's replies, and share the bounds. Each keeps links of its own: a reply is
// served to anybody only while the link by which it came vouches for it, and while the reader's own does. Replies of
// different servers, databases, users or protocols never meet.
//
// Bounds: a key counts 16 bytes, and a block for 24 bytes and its name; each reply a block for 40 bytes, 4 and the
// length for the command and every further argument, and the length of its RESP frame. A block counts 8 bytes more than
// is in it, rounded up to a multiple of 16, and 32 at least. This is within 10 % of what the GNU C library's allocator
// gives for them, table included (a test compares); an empty store takes 24 KB beside that. Eviction is exact least
// recently *served or kept*, by key. One key holds at most 256 replies; beyond that the one kept longest ago goes.
//
// Thread rule: any thread. Clients that share must judge time by the same clock, as all on one machine do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace trackside {

namespace cache {
class Store;
}

class CacheStore {
 public:
  /// Negative bounds mean unbounded; with a bound of 0 nothing is kept.
  CacheStore(std::int64_t max_keys, std::int64_t max_size_bytes);
  ~CacheStore();
  CacheStore(const CacheStore&) = delete;
  CacheStore& operator=(const CacheStore&) = delete;

  /// Keys and bytes held now, by the formula above; fills that were begun and not ended.
  std::size_t keys() const;
  std::size_t bytes() const;
  std::size_t open_fills() const;

 private:
  friend class NodeTrackingCache;
  std::unique_ptr<cache::Store> store_;
};

}  // namespace trackside
