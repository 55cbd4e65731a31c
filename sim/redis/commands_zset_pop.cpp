// Popping from either end of sorted sets, at once or waiting; and ZRANDMEMBER.
//
// What the real server draws at random is here the first members; see the known differences.
#include <algorithm>

#include "sim/redis/commands.hpp"
#include "sim/redis/drawing.hpp"
#include "sim/redis/list_ends.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// How a pop is told: ZPOPMIN's flat list or, with a count in RESP3, pairs; BZPOPMIN's key and one member; ZMPOP's key
/// and pairs.
enum class Form : std::uint8_t { flat, pairs, key_and_one, key_and_pairs };

struct Pop {
  bool highest;
  std::int64_t count;
  Form form;
};

void pop_from(Context& context, Typed<SortedSet>& found, std::string_view key, const Pop& pop) {
  const std::uint64_t count =
      std::min<std::uint64_t>(static_cast<std::uint64_t>(pop.count), found->members.size());
  Reply& reply = context.reply;
  switch (pop.form) {
    case Form::flat: reply.array(2 * count); break;
    case Form::pairs: reply.array(count); break;
    case Form::key_and_one:
      reply.array(3);
      reply.bulk(key);
      break;
    case Form::key_and_pairs:
      reply.array(2);
      reply.bulk(key);
      reply.array(count);
      break;
  }
  SortedSet& set = context.writable(found, key);
  std::vector<SortedSet::Member> popped;
  for (std::uint64_t index = 0; index < count; ++index) {
    const std::size_t rank = pop.highest ? set.members.size() - 1 : 0;
    popped.push_back(set.members[rank]);
    set.erase(rank);
  }
  context.shrunk(found, key);  // a push to this very client stands between the header and the members
  for (const SortedSet::Member& member : popped) {
    if (pop.form == Form::pairs || pop.form == Form::key_and_pairs) reply.array(2);
    reply.bulk(member.name);
    reply.number(member.score);
  }
}

/// Whether that answered: something was there, or an error.
bool pop_first(Context& context, Arguments keys, const Pop& pop) {
  for (const std::string_view key : keys) {
    Typed<SortedSet> found = context.typed<SortedSet>(key);
    if (found.refused) return true;
    if (!found) continue;
    pop_from(context, found, key, pop);
    return true;
  }
  return false;
}

void pop_one_key(Context& context, bool highest) {
  if (context.argument_count() > 3) return context.reply.syntax_error();
  const bool counted = context.argument_count() == 3;
  const std::optional<std::int64_t> count =
      counted ? context.integer(2, 0, "ERR value is out of range, must be positive") : 1;
  if (!count) return;
  Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  if (!found || *count == 0) return context.reply.array(0);
  const Form form = counted && context.reply.is_resp3() ? Form::pairs : Form::flat;
  pop_from(context, found, context.argument(1), {highest, *count, form});
}

template <bool highest>
bool serve_pop(Context& context, std::string_view key) {
  Typed<SortedSet> found;
  found.item = context.node.keyspace.find(context.session.database, key);
  if (found.item) found.value = std::get_if<SortedSet>(&found.item->value->content);
  if (!found) return false;
  pop_from(context, found, key, {highest, 1, Form::key_and_one});
  return true;
}

template <bool highest>
void pop_or_block(Context& context) {
  const std::size_t last = context.argument_count() - 1;
  const std::optional<Instant> until = blocking_deadline(context, last);
  const Arguments keys = context.arguments.subspan(1, last - 1);
  if (!until || pop_first(context, keys, {highest, 1, Form::key_and_one})) return;
  if (context.node.inside_transaction()) return context.reply.null_array();
  context.node.block(context.session, context.arguments, keys, serve_pop<highest>, *until);
}

Pop pop_of(const Context& context, const PopRequest& request) {
  return {context.argument_is(request.end_index, "max"), request.count, Form::key_and_pairs};
}

bool serve_pop_many(Context& context, std::string_view key) {
  Typed<SortedSet> found;
  found.item = context.node.keyspace.find(context.session.database, key);
  if (found.item) found.value = std::get_if<SortedSet>(&found.item->value->content);
  if (!found) return false;
  pop_from(context, found, key, pop_of(context, *parse_pop(context, 2, "min", "max")));
  return true;
}

}  // namespace

void zpopmin(Context& context) { pop_one_key(context, false); }
void zpopmax(Context& context) { pop_one_key(context, true); }
void bzpopmin(Context& context) { pop_or_block<false>(context); }
void bzpopmax(Context& context) { pop_or_block<true>(context); }

void zmpop(Context& context) {
  const std::optional<PopRequest> request = parse_pop(context, 1, "min", "max");
  if (request && !pop_first(context, request->keys, pop_of(context, *request))) context.reply.null_array();
}

void bzmpop(Context& context) {
  const std::optional<PopRequest> request = parse_pop(context, 2, "min", "max");
  if (!request) return;
  const std::optional<Instant> until = blocking_deadline(context, 1);
  if (!until || pop_first(context, request->keys, pop_of(context, *request))) return;
  if (context.node.inside_transaction()) return context.reply.null_array();
  context.node.block(context.session, context.arguments, request->keys, serve_pop_many, *until);
}

void zrandmember(Context& context) {
  const std::optional<DrawRequest> request = draw_request(context, "withscores");
  if (!request) return;
  const Typed<SortedSet> found = context.typed<SortedSet>(context.argument(1));
  if (found.refused) return;
  if (!request->count) return found ? context.reply.bulk(found->members.front().name) : context.reply.null();
  std::vector<SortedSet::Member> drawn;
  const std::uint64_t count = found ? drawn_of(*request->count, found->members.size()) : 0;
  for (std::uint64_t index = 0; index < count; ++index)
    drawn.push_back(found->members[static_cast<std::size_t>(index % found->members.size())]);
  // All of them: the real server goes through the set from its end.
  if (found && *request->count >= 0 && count == found->members.size()) std::reverse(drawn.begin(), drawn.end());
  reply_members(context, drawn, request->with_values);
}

}  // namespace trackside::sim::redis::commands
