// Who counts hits in place: a store keeps the number of a key's hits in the key's own block, since a hit is too short
// to look into a second table. CacheStats asks its sources when somebody wants figures.
//
// Every hit is at every moment held by its source or counted in the stats, never by both: a source hands hits over
// under the lock that guards them. It does so by itself, with CacheStats::count_hits, when a key leaves or its counter
// is full; and when it is asked, with `take_hits`.
//
// Order of locks: the stats' list of sources, then a source's own lock, then the stats' rows. So a source may call
// CacheStats::count_* while it holds its own lock, and nothing else of CacheStats; and CacheStats calls a source
// while it holds its list, and never while it holds a row.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace trackside::cache {

class HitSource {
 public:
  /// Called under the source's lock, with counts above zero. One key may come several times.
  using Visitor = std::function<void(std::string_view key, std::uint64_t count)>;

  /// The sum of what `visit_hits` shows. Called often: a source had better keep it as a sum.
  virtual std::uint64_t hits_held() const = 0;
  virtual void visit_hits(const Visitor& visitor) const = 0;
  /// As `visit_hits`, and each count is zero once it was shown: the visitor has taken it over.
  virtual void take_hits(const Visitor& visitor) = 0;

 protected:
  ~HitSource() = default;
};

}  // namespace trackside::cache
