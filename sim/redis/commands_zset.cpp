// Sorted sets: adding, removing and asking for single members. Ranges are in commands_zset_range.cpp.
//
// Only a changed score or membership counts as a change.
#include <cmath>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct AddOptions {
  bool if_absent = false;   // NX
  bool if_present = false;  // XX
  bool if_greater = false;  // GT
  bool if_less = false;     // LT
  bool count_changed = false;  // CH
  bool increment = false;   // INCR
};

/// The index of the first score.
std::size_t parse_options(Context& context, AddOptions& options) {
  std::size_t index = 2;
  for (; index < context.argument_count(); ++index) {
    if (context.argument_is(index, "nx")) options.if_absent = true;
    else if (context.argument_is(index, "xx")) options.if_present = true;
    else if (context.argument_is(index, "gt")) options.if_greater = true;
    else if (context.argument_is(index, "lt")) options.if_less = true;
    else if (context.argument_is(index, "ch")) options.count_changed = true;
    else if (context.argument_is(index, "incr")) options.increment = true;
    else break;
  }
  return index;
}

/// Why these options and arguments do not go together; empty: they do.
std::string_view conflict(const AddOptions& options, std::size_t rest) {
  if (rest == 0 || rest % 2 != 0) return "ERR syntax error";
  if (options.if_absent && options.if_present) return "ERR XX and NX options at the same time are not compatible";
  if ((options.if_greater && options.if_absent) || (options.if_less && options.if_absent) ||
      (options.if_greater && options.if_less))
    return "ERR GT, LT, and/or NX options at the same time are not compatible";
  if (options.increment && rest > 2) return "ERR INCR option supports a single increment-element pair";
  return {};
}

struct AddResult {
  enum class Kind { added, updated, unchanged, refused, not_a_number } kind;
  double score = 0;
};

AddResult add(Context& context, Typed<SortedSet>& found, const AddOptions& options, double score,
              std::string_view member) {
  using Kind = AddResult::Kind;
  const std::string_view key = context.argument(1);
  const std::size_t rank = found ? found->rank_of(member) : SortedSet::none;
  if (rank == SortedSet::none) {
    if (options.if_present) return {Kind::refused};
    context.writable(found, key).insert(score, std::string{member});
    return {Kind::added, score};
  }
  if (options.if_absent) return {Kind::refused};
  const double before = found->members[rank].score;
  if (options.increment) score += before;
  if (std::isnan(score)) return {Kind::not_a_number};
  if ((options.if_less && score >= before) || (options.if_greater && score <= before)) return {Kind::refused};
  if (score == before) return {Kind::unchanged, score};
  SortedSet& set = context.writable(found, key);
  set.erase(rank);
  set.insert(score, std::string{member});
  return {Kind::updated, score};
}

void reply_incremented(Context& context, const AddResult& result) {
  if (result.kind == AddResult::Kind::refused) context.reply.null();
  else context.reply.number(result.score);
}

void add_all(Context& context, const AddOptions& options, std::size_t first) {
  using Kind = AddResult::Kind;
  const std::string_view key = context.argument(1);
  std::vector<double> scores;
  for (std::size_t index = first; index < context.argument_count(); index += 2) {
    const std::optional<double> score = parse_double(context.argument(index));
    if (!score) return context.reply.not_a_float();
    scores.push_back(*score);
  }
  Typed<SortedSet> found = context.typed<SortedSet>(key);
  if (found.refused) return;
  std::int64_t added = 0;
  std::int64_t updated = 0;
  AddResult last{Kind::refused};
  for (std::size_t index = 0; index < scores.size(); ++index) {
    last = add(context, found, options, scores[index], context.argument(first + 2 * index + 1));
    if (last.kind == Kind::not_a_number) {
      context.reply.error("ERR resulting score is not a number (NaN)");
      break;
    }
    added += last.kind == Kind::added ? 1 : 0;
    updated += last.kind == Kind::updated ? 1 : 0;
  }
  if (last.kind != Kind::not_a_number) {
    if (options.increment) reply_incremented(context, last);
    else context.reply.integer(options.count_changed ? added + updated : added);
  }
  if (added + updated != 0) context.changed(key);
}

const SortedSet::Member* find_member(const Typed<SortedSet>& found, std::string_view name) {
  const std::size_t rank = found ? found->rank_of(name) : SortedSet::none;
  return rank == SortedSet::none ? nullptr : &found->members[rank];
}

void reply_score(Context& context, const SortedSet::Member* member) {
  if (member != nullptr) context.reply.number(member->score);
  else context.reply.null();
}

void reply_rank(Context& context, bool reversed) {
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  const std::size_t rank = found ? found->rank_of(context.argument(2)) : SortedSet::none;
  if (rank == SortedSet::none) return context.reply.null();
  context.reply.integer(static_cast<std::int64_t>(reversed ? found->members.size() - 1 - rank : rank));
}

}  // namespace

void zadd(Context& context) {
  AddOptions options;
  const std::size_t first = parse_options(context, options);
  const std::string_view error = conflict(options, context.argument_count() - first);
  if (!error.empty()) return context.reply.error(error);
  add_all(context, options, first);
}

void zincrby(Context& context) {
  AddOptions options;
  options.increment = true;
  add_all(context, options, 2);
}

void zrem(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<SortedSet> found = context.typed<SortedSet>(key);
  if (found.refused) return;
  std::int64_t removed = 0;
  for (const std::string_view member : context.arguments.subspan(2)) {
    if (find_member(found, member) == nullptr) continue;
    context.writable(found, key).erase(found->rank_of(member));
    ++removed;
  }
  if (removed != 0) context.shrunk(found, key);
  context.reply.integer(removed);
}

void zscore(Context& context) {
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (!found.refused) reply_score(context, find_member(found, context.argument(2)));
}

void zmscore(Context& context) {
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  context.reply.array(context.argument_count() - 2);
  for (const std::string_view member : context.arguments.subspan(2)) reply_score(context, find_member(found, member));
}

void zrank(Context& context) { reply_rank(context, false); }
void zrevrank(Context& context) { reply_rank(context, true); }

void zcard(Context& context) {
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (!found.refused) context.reply.integer(found ? static_cast<std::int64_t>(found->members.size()) : 0);
}

}  // namespace trackside::sim::redis::commands
