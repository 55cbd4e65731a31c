// The reference statistics: what CacheStats promises, as four maps and four totals.
//
// Totals are exact until `clear`. A key's figure is at most what was counted for it since the last `compact` or
// `clear`, and exactly that as long as the names of all keys counted since then are within the limits (`shows_all`).
// Who counted, and where the counts lie meanwhile, plays no part.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace trackside::model {

enum class Counted : std::uint8_t { hits, misses, invalidations, dirty };
inline constexpr std::array every_counted = {Counted::hits, Counted::misses, Counted::invalidations, Counted::dirty};

struct ReferenceStatsLimits {
  std::size_t keys_max = 4096;
  std::size_t key_bytes_max = std::size_t{1024} * 1024;
};

class ReferenceStats {
 public:
  using Figures = std::map<std::string, std::uint64_t>;

  explicit ReferenceStats(ReferenceStatsLimits limits) : limits_(limits) {}

  void count(Counted what, const std::string& key) {
    ++figures_[index(what)][key];
    ++totals_[index(what)];
    keys_.insert(key);
  }

  void compact() {
    figures_ = {};
    keys_.clear();
  }

  void clear() {
    compact();
    totals_ = {};
  }

  std::uint64_t total(Counted what) const { return totals_[index(what)]; }
  const Figures& figures(Counted what) const { return figures_[index(what)]; }

  /// Whether every figure has to be shown as it is here.
  bool shows_all() const {
    std::size_t bytes = 0;
    for (const std::string& key : keys_) {
      bytes += key.size();
    }
    return keys_.size() <= limits_.keys_max && bytes <= limits_.key_bytes_max;
  }

  /// Whether this key's figure is shown, if only what was counted last.
  bool may_show(const std::string& key) const { return limits_.keys_max > 0 && key.size() <= limits_.key_bytes_max; }

 private:
  static std::size_t index(Counted what) { return static_cast<std::size_t>(what); }

  ReferenceStatsLimits limits_;
  std::array<Figures, every_counted.size()> figures_;
  std::array<std::uint64_t, every_counted.size()> totals_{};
  std::set<std::string> keys_;  // counted since the last compact
};

}  // namespace trackside::model
