// Groups of consumers: XGROUP, XACK, XPENDING, XCLAIM, XAUTOCLAIM.
//
// None of these tells a client of a change, but for a stream that XGROUP CREATE makes.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"
#include "sim/redis/stream_arguments.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct GroupOptions {
  bool make_stream = false;
  std::optional<std::int64_t> entries_read{};
};

/// Behind the id of XGROUP CREATE or SETID; false once an error has been answered.
bool parse(Context& context, bool creates, GroupOptions& options) {
  for (std::size_t index = 5; index < context.argument_count(); ++index) {
    if (creates && context.argument_is(index, "mkstream")) {
      options.make_stream = true;
    } else if (context.argument_is(index, "entriesread") && index + 1 < context.argument_count()) {
      const std::optional<std::int64_t> read = context.integer(++index);
      if (!read) return false;
      if (*read < -1) return context.reply.error("ERR value for ENTRIESREAD must be positive or -1"), false;
      if (*read >= 0) options.entries_read = read;
    } else {
      return context.reply.error(subcommand_error(context.arguments)), false;
    }
  }
  return true;
}

void no_such_group(Context& context) {
  context.reply.error(fmt::format("NOGROUP No such consumer group '{}' for key name '{}'", context.argument(3),
                                  context.argument(2)));
}

/// The stream of an XGROUP subcommand; not there once an error has been answered.
Typed<Stream> stream_of(Context& context) {
  Typed<Stream> found = context.typed<Stream>(context.argument(2));
  if (!found && !found.refused)
    context.reply.error(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM "
        "option to create an empty stream automatically.");
  return found;
}

/// "$" is the last id there was.
std::optional<StreamId> group_start(Context& context, const Typed<Stream>& found, bool strict) {
  if (context.argument(4) == "$") return found ? found->generated : StreamId{};
  const std::optional<StreamId> id =
      strict ? parse_strict_stream_id(context.argument(4), 0) : parse_stream_id(context.argument(4), 0);
  if (!id) invalid_stream_id(context);
  return id;
}

struct GroupOfStream {
  Typed<Stream> found{};
  const Stream::Group* group = nullptr;
};

/// Of the first two arguments; without a group once an error has been answered.
GroupOfStream group_of(Context& context) {
  GroupOfStream result{context.typed<Stream>(context.argument(1))};
  if (result.found.refused) return result;
  if (result.found) result.group = result.found->find_group(context.argument(2));
  if (result.group == nullptr) no_group(context, context.argument(1), context.argument(2));
  return result;
}

struct ClaimRequest {
  std::int64_t idle_min = 0;
  std::optional<std::int64_t> delivered_at{};
  std::optional<std::int64_t> deliveries{};
  StreamId delivered{};
  bool force = false;
  bool only_ids = false;
};

std::optional<std::int64_t> number(Context& context, std::size_t index, std::string_view what) {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  return context.integer(index, least, fmt::format("ERR Invalid {} for {}", what, context.command.name == "xclaim"
                                                                                      ? "XCLAIM"
                                                                                      : "XAUTOCLAIM"));
}

/// The options of XCLAIM from `index` on; false once an error has been answered.
bool parse(Context& context, std::size_t index, ClaimRequest& request) {
  const std::int64_t now = context.node.unix_milliseconds();
  for (; index < context.argument_count(); ++index) {
    const bool more = index + 1 < context.argument_count();
    if (context.argument_is(index, "force")) {
      request.force = true;
    } else if (context.argument_is(index, "justid")) {
      request.only_ids = true;
    } else if (more && context.argument_is(index, "idle")) {
      const std::optional<std::int64_t> idle = number(context, ++index, "IDLE option argument");
      if (!idle) return false;
      request.delivered_at = now - *idle;
    } else if (more && context.argument_is(index, "time")) {
      request.delivered_at = number(context, ++index, "TIME option argument");
      if (!request.delivered_at) return false;
    } else if (more && context.argument_is(index, "retrycount")) {
      request.deliveries = number(context, ++index, "RETRYCOUNT option argument");
      if (!request.deliveries) return false;
    } else if (more && context.argument_is(index, "lastid")) {
      const std::optional<StreamId> id = stream_id(context, ++index);
      if (!id) return false;
      request.delivered = *id;
    } else {
      context.reply.error(fmt::format("ERR Unrecognized XCLAIM option '{}'", context.argument(index)));
      return false;
    }
  }
  return true;
}

/// Gives one pending entry to the consumer; `present`: whether it was pending before.
void take(Context& context, Stream::Group& group, const StreamId& id, const ClaimRequest& request, bool present) {
  const std::int64_t now = context.node.unix_milliseconds();
  std::int64_t at = request.delivered_at.value_or(now);
  if (at < 0 || at > now) at = now;
  const std::string consumer{context.argument(3)};
  group.consumers[consumer].seen_at = now;
  Stream::Pending& pending = group.pending[id];
  if (!present) pending.deliveries = 1;
  pending.consumer = consumer;
  pending.delivered_at = at;
  if (request.deliveries && *request.deliveries >= 0) pending.deliveries = *request.deliveries;
  else if (!request.only_ids) ++pending.deliveries;
}

bool idle_enough(Context& context, const Stream::Pending& pending, const ClaimRequest& request) {
  return request.idle_min <= 0 || context.node.unix_milliseconds() - pending.delivered_at >= request.idle_min;
}

void reply_claimed(Context& context, const Stream& stream, const std::vector<StreamId>& ids, bool only_ids) {
  context.reply.array(ids.size());
  for (const StreamId& id : ids) {
    if (only_ids) context.reply.bulk(to_text(id));
    else reply_entry(context, *stream.find(id));
  }
}

void reply_summary(Context& context, const Stream::Group& group) {
  Reply& reply = context.reply;
  reply.array(4);
  reply.integer(static_cast<std::int64_t>(group.pending.size()));
  if (group.pending.empty()) {
    reply.null();
    reply.null();
    return reply.null_array();
  }
  reply.bulk(to_text(group.pending.begin()->first));
  reply.bulk(to_text(group.pending.rbegin()->first));
  std::vector<std::pair<std::string_view, std::int64_t>> busy;
  for (const auto& [name, consumer] : group.consumers)
    if (const std::int64_t count = group.pending_of(name); count != 0) busy.emplace_back(name, count);
  reply.array(busy.size());
  for (const auto& [name, count] : busy) {
    reply.array(2);
    reply.bulk(name);
    reply.bulk(std::to_string(count));
  }
}

}  // namespace

void xgroup_create(Context& context) {
  if (context.argument_count() > 8) return context.reply.error(subcommand_error(context.arguments));
  GroupOptions options;
  if (!parse(context, true, options)) return;
  const std::string_view key = context.argument(2);
  Typed<Stream> found = options.make_stream ? context.typed<Stream>(key) : stream_of(context);
  if (found.refused || (!found && !options.make_stream)) return;
  const std::optional<StreamId> start = group_start(context, found, true);
  if (!start) return;
  const bool made = !found;
  Stream& stream = context.writable(found, key);
  const bool created =
      stream.groups.try_emplace(std::string{context.argument(3)}, Stream::Group{*start, options.entries_read}).second;
  if (made) context.changed(key);
  else if (created) context.changed_silently(key);
  if (created) context.reply.ok();
  else context.reply.error("BUSYGROUP Consumer Group name already exists");
}

void xgroup_setid(Context& context) {
  GroupOptions options;
  if (!parse(context, false, options)) return;
  Typed<Stream> found = stream_of(context);
  if (!found) return;
  if (found->find_group(context.argument(3)) == nullptr) return no_such_group(context);
  if (context.argument_count() == 6 || context.argument_count() > 7)
    return context.reply.error(subcommand_error(context.arguments));
  const std::optional<StreamId> id = group_start(context, found, false);
  if (!id) return;
  Stream::Group& group = *context.writable(found, context.argument(2)).find_group(context.argument(3));
  group.delivered = *id;
  group.entries_read = options.entries_read;
  context.changed_silently(context.argument(2));
  context.reply.ok();
}

void xgroup_destroy(Context& context) {
  Typed<Stream> found = stream_of(context);
  if (!found) return;
  if (found->find_group(context.argument(3)) == nullptr) return context.reply.integer(0);
  Stream& stream = context.writable(found, context.argument(2));
  stream.groups.erase(stream.groups.find(context.argument(3)));
  context.node.wake_blocked(context.session.database, context.argument(2));
  context.changed_silently(context.argument(2));
  context.reply.integer(1);
}

void xgroup_createconsumer(Context& context) {
  Typed<Stream> found = stream_of(context);
  if (!found) return;
  if (found->find_group(context.argument(3)) == nullptr) return no_such_group(context);
  Stream::Group& group = *context.writable(found, context.argument(2)).find_group(context.argument(3));
  const Stream::Consumer consumer{context.node.unix_milliseconds()};
  const bool created = group.consumers.try_emplace(std::string{context.argument(4)}, consumer).second;
  if (created) context.changed_silently(context.argument(2));
  context.reply.integer(created ? 1 : 0);
}

void xgroup_delconsumer(Context& context) {
  Typed<Stream> found = stream_of(context);
  if (!found) return;
  if (found->find_group(context.argument(3)) == nullptr) return no_such_group(context);
  Stream::Group& group = *context.writable(found, context.argument(2)).find_group(context.argument(3));
  const std::string_view name = context.argument(4);
  const std::size_t pending =
      std::erase_if(group.pending, [&](const auto& entry) { return entry.second.consumer == name; });
  if (const auto consumer = group.consumers.find(name); consumer != group.consumers.end()) {
    group.consumers.erase(consumer);
    context.changed_silently(context.argument(2));
  }
  context.reply.integer(static_cast<std::int64_t>(pending));
}

void xack(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<Stream> found = context.typed<Stream>(key);
  if (found.refused) return;
  if (!found || found->find_group(context.argument(2)) == nullptr) return context.reply.integer(0);
  std::vector<StreamId> ids;
  for (std::size_t index = 3; index < context.argument_count(); ++index) {
    const std::optional<StreamId> id = stream_id(context, index);
    if (!id) return;
    ids.push_back(*id);
  }
  Stream::Group& group = *context.writable(found, key).find_group(context.argument(2));
  std::int64_t acknowledged = 0;
  for (const StreamId& id : ids) acknowledged += static_cast<std::int64_t>(group.pending.erase(id));
  if (acknowledged != 0) context.changed_silently(key);
  context.reply.integer(acknowledged);
}

void xpending(Context& context) {
  const std::size_t count = context.argument_count();
  if (count != 3 && (count < 6 || count > 9)) return context.reply.syntax_error();
  std::size_t first = 3;
  std::int64_t idle_min = 0;
  std::optional<std::int64_t> limit;
  std::optional<StreamRange> range;
  if (count >= 6) {
    if (context.argument_is(3, "idle")) {
      const std::optional<std::int64_t> idle = context.integer(4);
      if (!idle) return;
      if (count < 8) return context.reply.syntax_error();
      idle_min = *idle;
      first = 5;
    }
    limit = context.integer(first + 2);
    if (!limit) return;
    range = stream_range(context, first, first + 1);
    if (!range) return;
  }
  const GroupOfStream of = group_of(context);
  if (of.group == nullptr) return;
  if (!range) return reply_summary(context, *of.group);
  const bool of_consumer = first + 3 < count;
  std::vector<std::pair<StreamId, const Stream::Pending*>> told;
  const std::int64_t now = context.node.unix_milliseconds();
  for (const auto& [id, pending] : of.group->pending) {
    if (static_cast<std::int64_t>(told.size()) >= *limit || id > range->last) break;
    if (id < range->first || (of_consumer && pending.consumer != context.argument(first + 3))) continue;
    if (idle_min == 0 || now - pending.delivered_at >= idle_min) told.emplace_back(id, &pending);
  }
  context.reply.array(told.size());
  for (const auto& [id, pending] : told) {
    context.reply.array(4);
    context.reply.bulk(to_text(id));
    context.reply.bulk(pending->consumer);
    context.reply.integer(std::max<std::int64_t>(now - pending->delivered_at, 0));
    context.reply.integer(pending->deliveries);
  }
}

void xclaim(Context& context) {
  const std::string_view key = context.argument(1);
  GroupOfStream of = group_of(context);
  if (of.group == nullptr) return;
  ClaimRequest request;
  const std::optional<std::int64_t> idle = number(context, 4, "min-idle-time argument");
  if (!idle) return;
  request.idle_min = *idle;
  std::vector<StreamId> ids;
  std::size_t index = 5;
  for (; index < context.argument_count(); ++index) {
    const std::optional<StreamId> id = parse_strict_stream_id(context.argument(index), 0);
    if (!id) break;
    ids.push_back(*id);
  }
  if (!parse(context, index, request)) return;
  Stream& stream = context.writable(of.found, key);
  Stream::Group& group = *stream.find_group(context.argument(2));
  group.delivered = std::max(group.delivered, request.delivered);
  std::vector<StreamId> taken;
  for (const StreamId& id : ids) {
    const auto pending = group.pending.find(id);
    const bool present = pending != group.pending.end();
    if (stream.find(id) == nullptr) {
      if (present) group.pending.erase(pending);
      continue;
    }
    if (present ? !idle_enough(context, pending->second, request) : !request.force) continue;
    take(context, group, id, request, present);
    taken.push_back(id);
  }
  reply_claimed(context, stream, taken, request.only_ids);
  context.changed_silently(key);
}

void xautoclaim(Context& context) {
  ClaimRequest request;
  const std::optional<std::int64_t> idle = number(context, 4, "min-idle-time argument");
  if (!idle) return;
  request.idle_min = *idle;
  const std::optional<StreamId> start = range_start(context, 5);
  if (!start) return;
  std::int64_t count = 100;
  for (std::size_t index = 6; index < context.argument_count(); ++index) {
    if (context.argument_is(index, "count") && index + 1 < context.argument_count()) {
      const std::optional<std::int64_t> given = context.integer(++index, 1, "ERR COUNT must be > 0");
      if (!given) return;
      count = *given;
    } else if (context.argument_is(index, "justid")) {
      request.only_ids = true;
    } else {
      return context.reply.syntax_error();
    }
  }
  GroupOfStream of = group_of(context);
  if (of.group == nullptr) return;
  const std::string_view key = context.argument(1);
  Stream& stream = context.writable(of.found, key);
  Stream::Group& group = *stream.find_group(context.argument(2));
  std::vector<StreamId> taken;
  std::vector<StreamId> gone;
  auto place = group.pending.lower_bound(*start);
  for (std::int64_t attempts = 10 * count; attempts > 0 && count > 0 && place != group.pending.end(); --attempts) {
    const StreamId id = place->first;
    if (stream.find(id) == nullptr) {
      place = group.pending.erase(place);
      gone.push_back(id);
      --count;
      continue;
    }
    const bool takes = idle_enough(context, place->second, request);
    ++place;
    if (!takes) continue;
    take(context, group, id, request, true);
    taken.push_back(id);
    --count;
  }
  context.reply.array(3);
  context.reply.bulk(to_text(place != group.pending.end() ? place->first : StreamId{}));
  reply_claimed(context, stream, taken, request.only_ids);
  context.reply.array(gone.size());
  for (const StreamId& id : gone) context.reply.bulk(to_text(id));
  context.changed_silently(key);
}

}  // namespace trackside::sim::redis::commands
