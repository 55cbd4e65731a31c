// Ranges of sorted sets, by rank, by score and by name: reading, counting, storing and removing them.
#include "sim/redis/commands.hpp"
#include "sim/redis/zset_ranges.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// A request for a range: where its key stands, what its name says already, and what options say.
struct RangeRequest {
  std::size_t key_index = 1;
  bool by_option = false;  // BYSCORE, BYLEX and REV are allowed
  bool stores = false;
  bool with_scores = false;
  ZsetRange range{};
};

/// One option; how many arguments it took, 0 once an error has been answered.
std::size_t parse_option(Context& context, std::size_t index, RangeRequest& request) {
  ZsetRange& range = request.range;
  const bool by_open = request.by_option && range.by == RangeBy::rank;
  if (!request.stores && context.argument_is(index, "withscores")) {
    request.with_scores = true;
  } else if (context.argument_is(index, "limit") && index + 2 < context.argument_count()) {
    const std::optional<std::int64_t> offset = context.integer(index + 1);
    const std::optional<std::int64_t> limit = offset ? context.integer(index + 2) : std::nullopt;
    if (!limit) return 0;
    range.offset = *offset;
    range.limit = *limit;
    return 3;
  } else if (request.by_option && !range.reversed && context.argument_is(index, "rev")) {
    range.reversed = true;
  } else if (by_open && context.argument_is(index, "bylex")) {
    range.by = RangeBy::name;
  } else if (by_open && context.argument_is(index, "byscore")) {
    range.by = RangeBy::score;
  } else {
    context.reply.syntax_error();
    return 0;
  }
  return 1;
}

/// False once an error has been answered.
bool parse(Context& context, RangeRequest& request) {
  for (std::size_t index = request.key_index + 3; index < context.argument_count();) {
    const std::size_t taken = parse_option(context, index, request);
    if (taken == 0) return false;
    index += taken;
  }
  const bool by_rank = request.range.by == RangeBy::rank;
  if (by_rank && request.range.limit != -1) {
    context.reply.error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (request.with_scores && request.range.by == RangeBy::name) {
    context.reply.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  return parse_bounds(context, request.key_index + 1, request.range);
}

/// What the request means; nothing once an error has been answered.
std::optional<Members> wanted(Context& context, RangeRequest& request) {
  if (!parse(context, request)) return {};
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(request.key_index));
  if (found.refused) return {};
  return found ? select(*found, request.range) : Members{};
}

void reply_range(Context& context, RangeRequest request) {
  if (const std::optional<Members> members = wanted(context, request))
    reply_members(context, *members, request.with_scores);
}

void remove_range(Context& context, RangeBy by) {
  ZsetRange range{.by = by};
  if (!parse_bounds(context, 2, range)) return;
  const std::string_view key = context.argument(1);
  Typed<SortedSet> found = context.typed<SortedSet>(key);
  if (found.refused) return;
  const Members members = found ? select(*found, range) : Members{};
  if (!members.empty()) {
    SortedSet& set = context.writable(found, key);
    for (const SortedSet::Member& member : members) set.erase(set.rank_of(member.name));
    context.shrunk(found, key);
  }
  context.reply.integer(static_cast<std::int64_t>(members.size()));
}

}  // namespace

void reply_members(Context& context, const std::vector<SortedSet::Member>& members, bool with_scores) {
  const bool nested = with_scores && context.reply.is_resp3();
  context.reply.array(with_scores && !nested ? 2 * members.size() : members.size());
  for (const SortedSet::Member& member : members) {
    if (nested) context.reply.array(2);
    context.reply.bulk(member.name);
    if (with_scores) context.reply.number(member.score);
  }
}

void zrange(Context& context) { reply_range(context, {.by_option = true}); }
void zrevrange(Context& context) { reply_range(context, {.range = {.reversed = true}}); }
void zrangebyscore(Context& context) { reply_range(context, {.range = {.by = RangeBy::score}}); }
void zrevrangebyscore(Context& context) { reply_range(context, {.range = {.by = RangeBy::score, .reversed = true}}); }
void zrangebylex(Context& context) { reply_range(context, {.range = {.by = RangeBy::name}}); }
void zrevrangebylex(Context& context) { reply_range(context, {.range = {.by = RangeBy::name, .reversed = true}}); }

void zrangestore(Context& context) {
  RangeRequest request{.key_index = 2, .by_option = true, .stores = true};
  std::optional<Members> members = wanted(context, request);
  if (!members) return;
  SortedSet result;
  for (SortedSet::Member& member : *members) result.insert(member.score, std::move(member.name));
  const std::size_t count = result.members.size();
  context.store_and_count(context.argument(1), std::move(result), count);
}

void zcount(Context& context) {
  const std::optional<ScoreRange> scores = score_range(context, 2, 3);
  if (!scores) return;
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  const ZsetRange range{.by = RangeBy::score, .scores = *scores};
  context.reply.integer(found ? static_cast<std::int64_t>(select(*found, range).size()) : 0);
}

void zlexcount(Context& context) {
  const std::optional<NameRange> names = name_range(context, 2, 3);
  if (!names) return;
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  const ZsetRange range{.by = RangeBy::name, .names = *names};
  context.reply.integer(found ? static_cast<std::int64_t>(select(*found, range).size()) : 0);
}

void zremrangebyrank(Context& context) { remove_range(context, RangeBy::rank); }
void zremrangebyscore(Context& context) { remove_range(context, RangeBy::score); }
void zremrangebylex(Context& context) { remove_range(context, RangeBy::name); }

}  // namespace trackside::sim::redis::commands
