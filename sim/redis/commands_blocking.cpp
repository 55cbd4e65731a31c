// Commands on lists that wait for an element: BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP. Inside EXEC they never wait.
//
// As in the real server, serving a client that waited pops without a push of its own: the push of the element has told
// the trackers already. BLMPOP is the exception.
#include <algorithm>
#include <cmath>

#include "sim/redis/commands.hpp"
#include "sim/redis/list_ends.hpp"

namespace trackside::sim::redis::commands {
namespace {

void pop_and_reply(Context& context, Typed<List>& found, std::string_view key, End end) {
  const std::string element = take(context.writable(found, key), end);
  context.reply.array(2);
  context.reply.bulk(key);
  context.reply.bulk(element);
}

template <End end>
bool serve_pop(Context& context, std::string_view key) {
  const Keyspace::Item item = context.node.keyspace.find(context.session.database, key);
  if (!item || !std::holds_alternative<List>(item->value->content)) return false;
  Typed<List> found{item, &std::get<List>(item->value->content)};
  pop_and_reply(context, found, key, end);
  if (found->empty()) context.erase(item);
  context.node.note_change(context.session.database, key, &context.session);
  return true;
}

template <End end>
void pop_or_block(Context& context) {
  const std::optional<Instant> until = blocking_deadline(context, context.argument_count() - 1);
  if (!until) return;
  const Arguments keys = context.arguments.subspan(1, context.argument_count() - 2);
  for (const std::string_view key : keys) {
    Typed<List> found = context.typed<List>(key);
    if (found.refused) return;
    if (!found) continue;
    pop_and_reply(context, found, key, end);
    return context.shrunk(found, key);
  }
  if (context.node.inside_transaction()) return context.reply.null_array();
  context.node.block(context.session, context.arguments, keys, serve_pop<end>, *until);
}

struct Ends {
  End from = End::right;
  End to = End::left;
};

/// Of BLMOVE or BRPOPLPUSH; nothing if a word is neither left nor right.
std::optional<Ends> ends_of(const Context& context) {
  Ends ends;
  if (context.command.name == "brpoplpush") return ends;
  if (!parse_end(context.argument(3), ends.from) || !parse_end(context.argument(4), ends.to)) return {};
  return ends;
}

/// The source is changed without a push, the destination with one.
bool serve_move(Context& context, std::string_view key) {
  const Keyspace::Item item = context.node.keyspace.find(context.session.database, key);
  if (!item || !std::holds_alternative<List>(item->value->content)) return false;
  const std::string_view to = context.argument(2);
  Typed<List> target = context.typed<List>(to);
  if (target.refused) return true;
  const Ends ends = *ends_of(context);
  Typed<List> source{item, &std::get<List>(item->value->content)};
  const std::string element = take(context.writable(source, key), ends.from);
  List& list = context.writable(to == key ? source : target, to);
  if (ends.to == End::left) list.items.push_front(element);
  else list.items.push_back(element);
  if (source->empty()) context.erase(item);
  context.changed(to);
  context.reply.bulk(element);
  context.node.note_change(context.session.database, key, &context.session);
  return true;
}

/// The elements of a reply that names its key; then as `changed`.
void pop_many(Context& context, Typed<List>& found, std::string_view key, const PopRequest& request) {
  End end{};
  parse_end(context.argument(request.end_index), end);
  const std::uint64_t count = std::min<std::uint64_t>(static_cast<std::uint64_t>(request.count), found->items.size());
  context.reply.array(2);
  context.reply.bulk(key);
  context.reply.array(count);
  List& list = context.writable(found, key);
  for (std::uint64_t index = 0; index < count; ++index) context.reply.bulk(take(list, end));
  context.shrunk(found, key);
}

bool serve_pop_many(Context& context, std::string_view key) {
  Typed<List> found;
  found.item = context.node.keyspace.find(context.session.database, key);
  if (found.item) found.value = std::get_if<List>(&found.item->value->content);
  if (!found) return false;
  pop_many(context, found, key, *parse_pop(context, 2, "left", "right"));
  return true;
}

/// Whether that answered: something was there, or an error.
bool pop_many_if_any(Context& context, const PopRequest& request) {
  for (const std::string_view key : request.keys) {
    Typed<List> found = context.typed<List>(key);
    if (found.refused) return true;
    if (!found) continue;
    pop_many(context, found, key, request);
    return true;
  }
  return false;
}

}  // namespace

std::optional<Instant> blocking_deadline(Context& context, std::size_t index) {
  const std::optional<long double> seconds = parse_long_double(context.argument(index));
  constexpr long double seconds_max = 9'000'000'000.0L;
  if (!seconds || *seconds > seconds_max) {
    context.reply.error("ERR timeout is not a float or out of range");
    return {};
  }
  if (*seconds < 0) {
    context.reply.error("ERR timeout is negative");
    return {};
  }
  if (*seconds == 0) return end_of_time;
  return deadline_after(context, static_cast<std::int64_t>(std::ceil(*seconds * 1000.0L)));
}

Instant deadline_after(const Context& context, std::int64_t milliseconds) {
  return milliseconds < (end_of_time - context.node.now) / millisecond ? context.node.now + milliseconds * millisecond
                                                                       : end_of_time;
}

void blpop(Context& context) { pop_or_block<End::left>(context); }
void brpop(Context& context) { pop_or_block<End::right>(context); }

void blmove(Context& context) {
  const std::optional<Ends> ends = ends_of(context);
  if (!ends) return context.reply.syntax_error();
  const std::optional<Instant> until = blocking_deadline(context, context.argument_count() - 1);
  if (!until) return;
  Typed<List> source = context.typed<List>(context.argument(1));
  if (source.refused) return;
  if (source) return move_element(context, source, ends->from, ends->to);
  if (context.node.inside_transaction()) return context.reply.null();
  context.node.block(context.session, context.arguments, context.arguments.subspan(1, 1), serve_move, *until);
}

void lmpop(Context& context) {
  const std::optional<PopRequest> request = parse_pop(context, 1, "left", "right");
  if (request && !pop_many_if_any(context, *request)) context.reply.null_array();
}

void blmpop(Context& context) {
  const std::optional<PopRequest> request = parse_pop(context, 2, "left", "right");
  if (!request) return;
  const std::optional<Instant> until = blocking_deadline(context, 1);
  if (!until || pop_many_if_any(context, *request)) return;
  if (context.node.inside_transaction()) return context.reply.null_array();
  context.node.block(context.session, context.arguments, request->keys, serve_pop_many, *until);
}

}  // namespace trackside::sim::redis::commands
