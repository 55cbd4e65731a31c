// Unions, intersections and differences of sorted sets and sets, answered, stored or counted.
//
// A member of a set counts as one with score 1. Sums are taken from the smallest operand to the largest.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"
#include "sim/redis/zset_ranges.hpp"

namespace trackside::sim::redis::commands {
namespace {

enum class Algebra : std::uint8_t { intersection, sum, difference };
enum class Outcome : std::uint8_t { answered, stored, counted };

enum class Aggregate : std::uint8_t { sum, min, max };

struct Operand {
  Members members;
  double weight = 1;
};

struct Combination {
  Algebra algebra;
  Outcome outcome;
  std::vector<Operand> operands{};
  Aggregate aggregate = Aggregate::sum;
  bool with_scores = false;
  std::int64_t limit = 0;  // 0: none
};

/// What the key holds, as members; nothing once WRONGTYPE has been answered.
std::optional<Members> members_of(Context& context, std::string_view key) {
  const Keyspace::Item item = context.lookup(key);
  if (!item) return Members{};
  if (const auto* sorted = std::get_if<SortedSet>(&item->value->content)) return sorted->members;
  if (const auto* set = std::get_if<Set>(&item->value->content)) {
    Members members;
    for (const std::string& name : set->members) members.push_back({1, name});
    return members;
  }
  context.reply.wrong_type();
  return {};
}

/// False once an error has been answered.
bool parse_keys(Context& context, std::size_t count_index, Combination& combination) {
  const std::optional<std::int64_t> count = context.integer(count_index);
  if (!count) return false;
  if (*count < 1) {
    context.reply.error(fmt::format("ERR at least 1 input key is needed for '{}' command", context.command.name));
    return false;
  }
  if (*count > static_cast<std::int64_t>(context.argument_count() - count_index - 1)) {
    context.reply.syntax_error();
    return false;
  }
  for (std::int64_t number = 0; number < *count; ++number) {
    std::optional<Members> members =
        members_of(context, context.argument(count_index + 1 + static_cast<std::size_t>(number)));
    if (!members) return false;
    combination.operands.push_back({std::move(*members)});
  }
  return true;
}

bool parse_weights(Context& context, std::size_t first, Combination& combination) {
  for (std::size_t number = 0; number < combination.operands.size(); ++number) {
    const std::optional<double> weight = parse_double(context.argument(first + number));
    if (!weight) {
      context.reply.error("ERR weight value is not a float");
      return false;
    }
    combination.operands[number].weight = *weight;
  }
  return true;
}

bool parse_aggregate(Context& context, std::size_t index, Combination& combination) {
  if (context.argument_is(index, "sum")) combination.aggregate = Aggregate::sum;
  else if (context.argument_is(index, "min")) combination.aggregate = Aggregate::min;
  else if (context.argument_is(index, "max")) combination.aggregate = Aggregate::max;
  else {
    context.reply.syntax_error();
    return false;
  }
  return true;
}

bool parse_options(Context& context, std::size_t index, Combination& combination) {
  const bool weighs = combination.algebra != Algebra::difference && combination.outcome != Outcome::counted;
  while (index < context.argument_count()) {
    const std::size_t remaining = context.argument_count() - index;
    if (weighs && remaining > combination.operands.size() && context.argument_is(index, "weights")) {
      if (!parse_weights(context, index + 1, combination)) return false;
      index += 1 + combination.operands.size();
    } else if (weighs && remaining >= 2 && context.argument_is(index, "aggregate")) {
      if (!parse_aggregate(context, index + 1, combination)) return false;
      index += 2;
    } else if (combination.outcome == Outcome::answered && context.argument_is(index, "withscores")) {
      combination.with_scores = true;
      index += 1;
    } else if (combination.outcome == Outcome::counted && remaining >= 2 && context.argument_is(index, "limit")) {
      const std::optional<std::int64_t> limit = context.integer(index + 1, 0, "ERR LIMIT can't be negative");
      if (!limit) return false;
      combination.limit = *limit;
      index += 2;
    } else {
      context.reply.syntax_error();
      return false;
    }
  }
  return true;
}

double weighted(const Operand& operand, const SortedSet::Member& member) {
  const double score = operand.weight * member.score;
  return std::isnan(score) ? 0 : score;
}

double aggregated(Aggregate how, double left, double right) {
  if (how == Aggregate::min) return std::min(left, right);
  if (how == Aggregate::max) return std::max(left, right);
  const double sum = left + right;
  return std::isnan(sum) ? 0 : sum;
}

std::size_t place_of(const Members& members, std::string_view name) {
  return static_cast<std::size_t>(
      std::find_if(members.begin(), members.end(), [&](const auto& member) { return member.name == name; }) -
      members.begin());
}

Members sum_of(const Combination& combination) {
  Members result;
  for (const Operand& operand : combination.operands) {
    for (const SortedSet::Member& member : operand.members) {
      const double score = weighted(operand, member);
      const std::size_t place = place_of(result, member.name);
      if (place == result.size()) result.push_back({score, member.name});
      else result[place].score = aggregated(combination.aggregate, result[place].score, score);
    }
  }
  return result;
}

Members intersection_of(const Combination& combination) {
  Members result;
  const Operand& first = combination.operands.front();
  for (const SortedSet::Member& member : first.members) {
    double score = weighted(first, member);
    bool everywhere = true;
    for (std::size_t other = 1; other < combination.operands.size() && everywhere; ++other) {
      const Operand& operand = combination.operands[other];
      const std::size_t place = place_of(operand.members, member.name);
      everywhere = place != operand.members.size();
      // Not `weighted`: here the real server lets what is no number spoil the sum, which then is 0.
      if (everywhere)
        score = aggregated(combination.aggregate, score, operand.weight * operand.members[place].score);
    }
    if (everywhere) result.push_back({score, member.name});
  }
  return result;
}

Members difference_of(const Combination& combination) {
  Members result = combination.operands.front().members;
  for (std::size_t other = 1; other < combination.operands.size(); ++other) {
    const Members& members = combination.operands[other].members;
    std::erase_if(result, [&](const auto& member) { return place_of(members, member.name) != members.size(); });
  }
  return result;
}

SortedSet combined(Combination& combination) {
  if (combination.algebra != Algebra::difference)
    std::stable_sort(
        combination.operands.begin(), combination.operands.end(),
        [](const Operand& left, const Operand& right) { return left.members.size() < right.members.size(); });
  Members members = combination.algebra == Algebra::sum            ? sum_of(combination)
                    : combination.algebra == Algebra::intersection ? intersection_of(combination)
                                                                   : difference_of(combination);
  SortedSet result;
  for (SortedSet::Member& member : members) result.insert(member.score, std::move(member.name));
  return result;
}

void combine(Context& context, Combination combination) {
  const std::size_t count_index = combination.outcome == Outcome::stored ? 2 : 1;
  if (!parse_keys(context, count_index, combination)) return;
  if (!parse_options(context, count_index + 1 + combination.operands.size(), combination)) return;
  SortedSet result = combined(combination);
  const auto count = static_cast<std::int64_t>(result.members.size());
  switch (combination.outcome) {
    case Outcome::answered: return reply_members(context, result.members, combination.with_scores);
    case Outcome::counted:
      return context.reply.integer(combination.limit > 0 ? std::min(count, combination.limit) : count);
    case Outcome::stored:
      return context.store_and_count(context.argument(1), std::move(result), static_cast<std::size_t>(count));
  }
}

}  // namespace

void zunion(Context& context) { combine(context, {Algebra::sum, Outcome::answered}); }
void zinter(Context& context) { combine(context, {Algebra::intersection, Outcome::answered}); }
void zdiff(Context& context) { combine(context, {Algebra::difference, Outcome::answered}); }
void zunionstore(Context& context) { combine(context, {Algebra::sum, Outcome::stored}); }
void zinterstore(Context& context) { combine(context, {Algebra::intersection, Outcome::stored}); }
void zdiffstore(Context& context) { combine(context, {Algebra::difference, Outcome::stored}); }
void zintercard(Context& context) { combine(context, {Algebra::intersection, Outcome::counted}); }

}  // namespace trackside::sim::redis::commands
