// Sets. Only a real change of the members counts as a change.
//
// SPOP takes the first member: which one the real server takes is random.
#include <algorithm>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

enum class Algebra { intersection, sum, difference };

void reply_members(Context& context, const std::vector<std::string>& members) {
  context.reply.set(members.size());
  for (const std::string& member : members) context.reply.bulk(member);
}

/// The result of the operation over the keys from the first argument on; nothing once WRONGTYPE has been answered.
std::optional<Set> combine(Context& context, Algebra algebra) {
  Set result;
  for (std::size_t index = 1; index < context.argument_count(); ++index) {
    const Typed<Set> operand = context.typed<Set>(context.argument(index));
    if (operand.refused) return {};
    if (index == 1) {
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
  if (const std::optional<Set> result = combine(context, algebra)) reply_members(context, result->members);
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
  if (context.argument_count() > 2) return context.reply.error("ERR SPOP with a count is not simulated");
  const std::string_view key = context.argument(1);
  Typed<Set> found = context.typed<Set>(key);
  if (found.refused) return;
  if (!found) return context.reply.null();
  const std::string member = found->members.front();
  context.writable(found, key).remove(member);
  context.reply.bulk(member);
  context.shrunk(found, key);
}

void sinter(Context& context) { reply_combined(context, Algebra::intersection); }
void sunion(Context& context) { reply_combined(context, Algebra::sum); }
void sdiff(Context& context) { reply_combined(context, Algebra::difference); }

}  // namespace trackside::sim::redis::commands
