// Reading the bounds of ranges, and picking what lies between them.
#include "sim/redis/zset_ranges.hpp"

#include <algorithm>
#include <utility>

namespace trackside::sim::redis {
namespace {

bool parse_bound(std::string_view text, double& bound, bool& exclusive) {
  exclusive = text.starts_with('(');
  if (exclusive) text.remove_prefix(1);
  const std::optional<double> number = parse_double_loosely(text);
  if (number) bound = *number;
  return number.has_value();
}

bool parse_bound(std::string_view text, NameRange::Bound& bound) {
  using enum NameRange::Bound::Kind;
  if (text == "-") bound = {before_all};
  else if (text == "+") bound = {behind_all};
  else if (text.starts_with('[')) bound = {including, text.substr(1)};
  else if (text.starts_with('(')) bound = {excluding, text.substr(1)};
  else return false;
  return true;
}

Members by_rank(const SortedSet& set, const ZsetRange& range) {
  const auto count = static_cast<std::int64_t>(set.members.size());
  const RankRange ranks = range.ranks;
  const std::int64_t first = std::max<std::int64_t>(ranks.first < 0 ? ranks.first + count : ranks.first, 0);
  const std::int64_t last = std::min(ranks.last < 0 ? ranks.last + count : ranks.last, count - 1);
  if (first > last) return {};
  if (!range.reversed) return {set.members.begin() + first, set.members.begin() + last + 1};
  return {set.members.rbegin() + first, set.members.rbegin() + last + 1};
}

Members limited(Members selected, const ZsetRange& range) {
  if (range.offset < 0) return {};
  const auto skipped = std::min<std::uint64_t>(static_cast<std::uint64_t>(range.offset), selected.size());
  selected.erase(selected.begin(), selected.begin() + static_cast<std::ptrdiff_t>(skipped));
  if (range.limit >= 0 && selected.size() > static_cast<std::uint64_t>(range.limit))
    selected.resize(static_cast<std::size_t>(range.limit));
  return selected;
}

Members by_score(const SortedSet& set, const ZsetRange& range) {
  Members selected;
  for (const SortedSet::Member& member : set.members)
    if (range.scores.contains(member.score)) selected.push_back(member);
  if (range.reversed) std::reverse(selected.begin(), selected.end());
  return limited(std::move(selected), range);
}

/// Names are in order only where scores are equal. Where they are not, what the real server finds in a small set is
/// what lies between the first name that is inside, and the first behind it that is beyond the other bound.
Members by_name(const SortedSet& set, const ZsetRange& range) {
  const NameRange& names = range.names;
  if (set.empty() || names.is_empty() || !names.is_below(set.members.back().name) ||
      !names.is_above(set.members.front().name))
    return {};
  Members walk = set.members;
  if (range.reversed) std::reverse(walk.begin(), walk.end());
  const auto enters = [&](const SortedSet::Member& member) {
    return range.reversed ? names.is_above(member.name) : names.is_below(member.name);
  };
  const auto stays = [&](const SortedSet::Member& member) {
    return range.reversed ? names.is_below(member.name) : names.is_above(member.name);
  };
  walk.erase(walk.begin(), std::find_if(walk.begin(), walk.end(), enters));
  if (walk.empty() || !stays(walk.front())) return {};
  Members selected = limited(std::move(walk), range);
  selected.erase(std::find_if_not(selected.begin(), selected.end(), stays), selected.end());
  return selected;
}

}  // namespace

bool NameRange::is_below(std::string_view name) const {
  using enum Bound::Kind;
  return low.kind == before_all || (low.kind == including && name >= low.name) ||
         (low.kind == excluding && name > low.name);
}

bool NameRange::is_above(std::string_view name) const {
  using enum Bound::Kind;
  return high.kind == behind_all || (high.kind == including && name <= high.name) ||
         (high.kind == excluding && name < high.name);
}

bool NameRange::is_empty() const {
  using enum Bound::Kind;
  if (low.kind == behind_all || high.kind == before_all) return true;
  if (low.kind == before_all || high.kind == behind_all) return false;
  return low.name > high.name || (low.name == high.name && (low.kind == excluding || high.kind == excluding));
}

std::optional<ScoreRange> score_range(Context& context, std::size_t low, std::size_t high) {
  ScoreRange range;
  if (parse_bound(context.argument(low), range.low, range.above_low) &&
      parse_bound(context.argument(high), range.high, range.below_high))
    return range;
  context.reply.error("ERR min or max is not a float");
  return {};
}

std::optional<NameRange> name_range(Context& context, std::size_t low, std::size_t high) {
  NameRange range;
  if (parse_bound(context.argument(low), range.low) && parse_bound(context.argument(high), range.high)) return range;
  context.reply.error("ERR min or max not valid string range item");
  return {};
}

bool parse_bounds(Context& context, std::size_t first, ZsetRange& range) {
  const std::size_t low = range.reversed ? first + 1 : first;
  const std::size_t high = range.reversed ? first : first + 1;
  if (range.by == RangeBy::rank) {
    const std::optional<std::int64_t> from = context.integer(first);
    const std::optional<std::int64_t> to = from ? context.integer(first + 1) : std::nullopt;
    if (to) range.ranks = {*from, *to};
    return to.has_value();
  }
  if (range.by == RangeBy::score) {
    const std::optional<ScoreRange> scores = score_range(context, low, high);
    if (scores) range.scores = *scores;
    return scores.has_value();
  }
  const std::optional<NameRange> names = name_range(context, low, high);
  if (names) range.names = *names;
  return names.has_value();
}

Members select(const SortedSet& set, const ZsetRange& range) {
  if (range.by == RangeBy::rank) return by_rank(set, range);
  return range.by == RangeBy::name ? by_name(set, range) : by_score(set, range);
}

}  // namespace trackside::sim::redis
