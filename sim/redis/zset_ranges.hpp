// Which members of a sorted set a request means: by rank, by score or by name, from either end, with an offset.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

enum class RangeBy : std::uint8_t { rank, score, name };

struct ScoreRange {
  double low = 0;
  double high = 0;
  bool above_low = false;   // low itself excluded
  bool below_high = false;  // high itself excluded

  bool contains(double score) const {
    return (above_low ? score > low : score >= low) && (below_high ? score < high : score <= high);
  }
};

/// "-" is before and "+" behind every name.
struct NameRange {
  struct Bound {
    enum class Kind : std::uint8_t { before_all, including, excluding, behind_all } kind = Kind::before_all;
    std::string_view name{};
  };
  Bound low{};
  Bound high{};

  bool is_below(std::string_view name) const;  // whether the low bound is
  bool is_above(std::string_view name) const;  // whether the high bound is
  bool is_empty() const;
};

struct RankRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// One of the three; the one that `by` says counts.
struct ZsetRange {
  RangeBy by = RangeBy::rank;
  RankRange ranks{};
  ScoreRange scores{};
  NameRange names{};
  bool reversed = false;
  std::int64_t offset = 0;
  std::int64_t limit = -1;  // negative: all
};

using Members = std::vector<SortedSet::Member>;

/// The bounds that stand at two places; nothing once an error has been answered.
std::optional<ScoreRange> score_range(Context& context, std::size_t low, std::size_t high);
std::optional<NameRange> name_range(Context& context, std::size_t low, std::size_t high);
/// Bounds of the kind `range.by` from `first` on, the higher first if the range is reversed and not one of ranks.
bool parse_bounds(Context& context, std::size_t first, ZsetRange& range);
Members select(const SortedSet& set, const ZsetRange& range);

}  // namespace trackside::sim::redis
