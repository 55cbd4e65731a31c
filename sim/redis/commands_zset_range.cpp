// Ranges of sorted sets, by index and by score. Ranges by name (BYLEX) are not simulated and are refused.
#include <algorithm>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct ScoreRange {
  double low = 0;
  double high = 0;
  bool above_low = false;   // low itself excluded
  bool below_high = false;  // high itself excluded

  bool contains(double score) const {
    return (above_low ? score > low : score >= low) && (below_high ? score < high : score <= high);
  }
};

struct RangeOptions {
  bool by_score = false;
  bool reversed = false;
  bool with_scores = false;
  bool limited = false;
  std::int64_t offset = 0;
  std::int64_t limit = -1;
};

bool parse_bound(std::string_view text, double& bound, bool& exclusive) {
  exclusive = text.starts_with('(');
  if (exclusive) text.remove_prefix(1);
  const std::optional<double> number = parse_double(text);
  if (number) bound = *number;
  return number.has_value();
}

/// Answers the error and gives nothing if a bound is no number.
std::optional<ScoreRange> parse_score_range(Context& context, std::size_t low, std::size_t high) {
  ScoreRange range;
  if (parse_bound(context.argument(low), range.low, range.above_low) &&
      parse_bound(context.argument(high), range.high, range.below_high))
    return range;
  context.reply.error("ERR min or max is not a float");
  return {};
}

/// False once an error has been answered.
bool parse_options(Context& context, bool zrange, RangeOptions& options) {
  for (std::size_t index = 4; index < context.argument_count(); ++index) {
    const std::size_t more = context.argument_count() - index - 1;
    if (context.argument_is(index, "withscores")) {
      options.with_scores = true;
    } else if (context.argument_is(index, "limit") && more >= 2) {
      const std::optional<std::int64_t> offset = context.integer(index + 1);
      if (!offset) return false;
      const std::optional<std::int64_t> limit = context.integer(index + 2);
      if (!limit) return false;
      options.limited = true;
      options.offset = *offset;
      options.limit = *limit;
      index += 2;
    } else if (zrange && context.argument_is(index, "rev")) {
      options.reversed = true;
    } else if (zrange && context.argument_is(index, "byscore")) {
      options.by_score = true;
    } else if (zrange && context.argument_is(index, "bylex")) {
      context.reply.error("ERR BYLEX is not simulated");
      return false;
    } else {
      context.reply.syntax_error();
      return false;
    }
  }
  if (!options.limited || options.by_score) return true;
  context.reply.error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  return false;
}

using Members = std::vector<SortedSet::Member>;

void reply_members(Context& context, const Members& members, bool with_scores) {
  const bool nested = with_scores && context.reply.is_resp3();
  context.reply.array(with_scores && !nested ? 2 * members.size() : members.size());
  for (const SortedSet::Member& member : members) {
    if (nested) context.reply.array(2);
    context.reply.bulk(member.name);
    if (with_scores) context.reply.number(member.score);
  }
}

Members select_by_score(const SortedSet& set, const ScoreRange& range, const RangeOptions& options) {
  Members selected;
  for (const SortedSet::Member& member : set.members)
    if (range.contains(member.score)) selected.push_back(member);
  if (options.reversed) std::reverse(selected.begin(), selected.end());
  if (options.offset < 0) return {};
  const auto skipped = std::min<std::uint64_t>(static_cast<std::uint64_t>(options.offset), selected.size());
  selected.erase(selected.begin(), selected.begin() + static_cast<std::ptrdiff_t>(skipped));
  if (options.limit >= 0 && selected.size() > static_cast<std::uint64_t>(options.limit))
    selected.resize(static_cast<std::size_t>(options.limit));
  return selected;
}

void by_score(Context& context, const RangeOptions& options) {
  const std::size_t low = options.reversed ? 3 : 2;
  const std::optional<ScoreRange> range = parse_score_range(context, low, 5 - low);
  if (!range) return;
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  reply_members(context, found ? select_by_score(*found, *range, options) : Members{}, options.with_scores);
}

void by_index(Context& context, const RangeOptions& options) {
  const std::optional<std::int64_t> first = context.integer(2);
  if (!first) return;
  const std::optional<std::int64_t> last = context.integer(3);
  if (!last) return;
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  Members members = found ? found->members : Members{};
  if (options.reversed) std::reverse(members.begin(), members.end());
  const auto count = static_cast<std::int64_t>(members.size());
  const std::int64_t start = std::max<std::int64_t>(*first < 0 ? *first + count : *first, 0);
  const std::int64_t stop = std::min(*last < 0 ? *last + count : *last, count - 1);
  if (start > stop) return reply_members(context, {}, options.with_scores);
  reply_members(context, {members.begin() + start, members.begin() + stop + 1}, options.with_scores);
}

}  // namespace

void zrange(Context& context) {
  RangeOptions options;
  if (!parse_options(context, true, options)) return;
  if (options.by_score) by_score(context, options);
  else by_index(context, options);
}

void zrangebyscore(Context& context) {
  RangeOptions options;
  options.by_score = true;
  if (parse_options(context, false, options)) by_score(context, options);
}

void zcount(Context& context) {
  const std::optional<ScoreRange> range = parse_score_range(context, 2, 3);
  if (!range) return;
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  const auto count = !found ? 0 : std::count_if(found->members.begin(), found->members.end(), [&](const auto& member) {
    return range->contains(member.score);
  });
  context.reply.integer(count);
}

}  // namespace trackside::sim::redis::commands
