// The memory of one or more caches, as an object that can be handed from one to another (`CacheOptions::store`).
//
// Caches that hold one store see each other's replies, and share the bounds. Each keeps links of its own: a reply is
// served to anybody only while the link by which it came vouches for it, and while the reader's own does. Replies of
// different servers, databases, users or protocols never meet.
//
// Bounds: a key counts 64 bytes plus its name; each reply 48 bytes, plus 4 and its length for the command and every
// further argument, plus the length of its RESP frame. For some shapes this differs by more than 10 % from what the
// allocator gives. Eviction is exact least recently *served or kept*, by key. One key holds at most 256 replies; beyond
// that the one kept longest ago goes.
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
