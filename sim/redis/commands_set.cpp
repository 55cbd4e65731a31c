// Sets. Only a real change of the members counts as a change.
//
// SPOP takes the first members: which ones the real server takes is random.
#include <algorithm>

#include "sim/redis/commands.hpp"
#include "sim/redis/drawing.hpp"

namespace trackside::sim::redis::commands {
namespace {

enum class Algebra { intersection, sum, difference };

void reply_members(Context& context, const std::vector<std::string>& members) {
  context.reply.set(members.size());
  for (const std::string& member : members) context.reply.bulk(member);
}

/// The result of the operation over the keys; nothing once WRONGTYPE has been answered.
std::optional<Set> combine(Context& context, Arguments keys, Algebra algebra) {
  Set result;
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const Typed<Set> operand = context.typed<Set>(keys[index]);
    if (operand.refused) return {};
    if (index == 0) {
      if (operand) result = *operand;
    } else if (algebra == Algebra::sum) {
      for (std::size_t member = 0; operand && member < operand->members.size(); ++member)
        result.add(operand->members[member]);
    } else {
      const bool keep = algebra == Algebra::intersection;
      std::erase_if(result.members,
                    [&](const std::string& member) { return keep != (operand && operand->contains(member)); });
    }
  }
  return result;
}

void reply_combined(Context& context, Algebra algebra) {
  if (const std::optional<Set> result = combine(context, context.arguments.subspan(1), algebra))
    reply_members(context, result->members);
}

bool any_absent(Context& context, Arguments keys) {
  return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) { return !context.lookup(key); });
}

/// An intersection that is empty because a key is absent is told behind its pushes, another one in front of them.
void store_combined(Context& context, Algebra algebra) {
  const std::optional<Set> result = combine(context, context.arguments.subspan(2), algebra);
  if (!result) return;
  Set stored;
  for (const std::string& member : result->members) stored.add(member);
  const std::size_t count = result->members.size();
  if (algebra != Algebra::intersection || !any_absent(context, context.arguments.subspan(2)))
    return context.store_and_count(context.argument(1), std::move(stored), count);
  context.put_or_erase(context.argument(1), std::move(stored));
  context.reply.integer(0);
}

/// SPOP with a count: all members are told as a set, fewer as a set too.
void pop_many(Context& context) {
  if (context.argument_count() > 3) return context.reply.syntax_error();
  const std::optional<std::int64_t> count = context.integer(2, 0, "ERR value is out of range, must be positive");
  if (!count) return;
  const std::string_view key = context.argument(1);
  Typed<Set> found = context.typed<Set>(key);
  if (found.refused) return;
  const std::uint64_t drawn = found ? drawn_of(*count, found->members.size()) : 0;
  context.reply.set(drawn);
  if (drawn == 0) return;
  std::vector<std::string>& members = context.writable(found, key).members;
  for (std::uint64_t index = 0; index < drawn; ++index) context.reply.bulk(members[index]);
  members.erase(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(drawn));
  context.shrunk(found, key);
}

}  // namespace

void sadd(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<Set> found = context.typed<Set>(key);
  if (found.refused) return;
  std::int64_t added = 0;
  for (const std::string_view member : context.arguments.subspan(2)) {
    if (found && found->contains(member)) continue;
    context.writable(found, key).add(member);
    ++added;
  }
  if (added != 0) context.changed(key);
  context.reply.integer(added);
}

void srem(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<Set> found = context.typed<Set>(key);
  if (found.refused) return;
  std::int64_t removed = 0;
  for (const std::string_view member : context.arguments.subspan(2)) {
    if (!found || !found->contains(member)) continue;
    context.writable(found, key).remove(member);
    ++removed;
  }
  if (removed != 0) context.shrunk(found, key);
  context.reply.integer(removed);
}

void smembers(Context& context) {
  const Typed<Set> found = context.typed<Set>(context.argument(1));
  if (!found.refused) reply_members(context, found ? found->members : std::vector<std::string>{});
}

void sismember(Context& context) {
  const Typed<Set> found = context.typed<Set>(context.argument(1));
  if (!found.refused) context.reply.integer(found && found->contains(context.argument(2)) ? 1 : 0);
}

void smismember(Context& context) {
  const Typed<Set> found = context.typed<Set>(context.argument(1));
  if (found.refused) return;
  context.reply.array(context.argument_count() - 2);
  for (const std::string_view member : context.arguments.subspan(2))
    context.reply.integer(found && found->contains(member) ? 1 : 0);
}

void scard(Context& context) {
  const Typed<Set> found = context.typed<Set>(context.argument(1));
  if (!found.refused) context.reply.integer(found ? static_cast<std::int64_t>(found->members.size()) : 0);
}

void smove(Context& context) {
  const std::string_view from = context.argument(1);
  const std::string_view to = context.argument(2);
  const std::string_view member = context.argument(3);
  if (!context.lookup(from)) return context.reply.integer(0);
  Typed<Set> source = context.typed<Set>(from);
  if (source.refused) return;
  Typed<Set> destination = context.typed<Set>(to);
  if (destination.refused) return;
  const bool present = source->contains(member);
  if (from == to || !present) return context.reply.integer(present ? 1 : 0);
  context.writable(source, from).remove(member);
  if (source->empty()) context.erase(source.item);
  const bool added = !destination || !destination->contains(member);
  if (added) context.writable(destination, to).add(member);
  context.changed(from);
  if (added) context.changed(to);
  context.reply.integer(1);
}

void spop(Context& context) {
  if (context.argument_count() > 2) return pop_many(context);
  const std::string_view key = context.argument(1);
  Typed<Set> found = context.typed<Set>(key);
  if (found.refused) return;
  if (!found) return context.reply.null();
  const std::string member = found->members.front();
  context.writable(found, key).remove(member);
  context.reply.bulk(member);
  context.shrunk(found, key);
}

void srandmember(Context& context) {
  const std::optional<DrawRequest> request = draw_request(context, {});
  if (!request) return;
  const Typed<Set> found = context.typed<Set>(context.argument(1));
  if (found.refused) return;
  if (!request->count) return found ? context.reply.bulk(found->members.front()) : context.reply.null();
  const std::uint64_t count = found ? drawn_of(*request->count, found->members.size()) : 0;
  context.reply.array(count);
  for (std::uint64_t index = 0; index < count; ++index)
    context.reply.bulk(found->members[static_cast<std::size_t>(index % found->members.size())]);
}

void sintercard(Context& context) {
  const std::optional<std::int64_t> count = context.integer(1, 1, "ERR numkeys should be greater than 0");
  if (!count) return;
  if (*count > static_cast<std::int64_t>(context.argument_count() - 2))
    return context.reply.error("ERR Number of keys can't be greater than number of args");
  const Arguments keys = context.arguments.subspan(2, static_cast<std::size_t>(*count));
  std::int64_t limit = 0;
  for (std::size_t index = 2 + keys.size(); index < context.argument_count(); index += 2) {
    if (!context.argument_is(index, "limit") || index + 1 >= context.argument_count())
      return context.reply.syntax_error();
    const std::optional<std::int64_t> given = context.integer(index + 1, 0, "ERR LIMIT can't be negative");
    if (!given) return;
    limit = *given;
  }
  const std::optional<Set> result = combine(context, keys, Algebra::intersection);
  if (!result) return;
  const auto size = static_cast<std::int64_t>(result->members.size());
  context.reply.integer(limit > 0 ? std::min(limit, size) : size);
}

void sinterstore(Context& context) { store_combined(context, Algebra::intersection); }
void sunionstore(Context& context) { store_combined(context, Algebra::sum); }
void sdiffstore(Context& context) { store_combined(context, Algebra::difference); }
void sinter(Context& context) { reply_combined(context, Algebra::intersection); }
void sunion(Context& context) { reply_combined(context, Algebra::sum); }
void sdiff(Context& context) { reply_combined(context, Algebra::difference); }

}  // namespace trackside::sim::redis::commands
