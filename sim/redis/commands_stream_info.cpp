// XINFO: what a stream, its groups and their consumers are.
//
// The tree that the real server keeps a stream in is not there: its sizes are those of a stream of one node.
#include <algorithm>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"
#include "sim/redis/stream_arguments.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// The stream that a subcommand is about; not there once an error has been answered.
Typed<Stream> described_stream(Context& context) {
  Typed<Stream> found = context.typed<Stream>(context.argument(2));
  if (!found && !found.refused) context.reply.error("ERR no such key");
  return found;
}

void reply_count(Context& context, std::string_view name, std::size_t count) {
  context.reply.bulk(name);
  context.reply.integer(static_cast<std::int64_t>(count));
}

void reply_id(Context& context, std::string_view name, const StreamId& id) {
  context.reply.bulk(name);
  context.reply.bulk(to_text(id));
}

void reply_if_known(Context& context, std::string_view name, std::optional<std::int64_t> number) {
  context.reply.bulk(name);
  if (number) context.reply.integer(*number);
  else context.reply.null();
}

void reply_pending(Context& context, const Stream::Group& group, std::optional<std::string_view> consumer,
                   std::size_t count) {
  std::vector<std::pair<StreamId, const Stream::Pending*>> told;
  for (const auto& [id, pending] : group.pending)
    if ((!consumer || pending.consumer == *consumer) && (count == 0 || told.size() < count))
      told.emplace_back(id, &pending);
  context.reply.bulk("pending");
  context.reply.array(told.size());
  for (const auto& [id, pending] : told) {
    context.reply.array(consumer ? 3 : 4);
    context.reply.bulk(to_text(id));
    if (!consumer) context.reply.bulk(pending->consumer);
    context.reply.integer(pending->delivered_at);
    context.reply.integer(pending->deliveries);
  }
}

void reply_whole_group(Context& context, const Stream& stream, const std::string& name, const Stream::Group& group,
                       std::size_t count) {
  Reply& reply = context.reply;
  reply.map(7);
  reply.bulk("name");
  reply.bulk(name);
  reply_id(context, "last-delivered-id", group.delivered);
  reply_if_known(context, "entries-read", group.entries_read);
  reply_if_known(context, "lag", stream.lag_of(group));
  reply_count(context, "pel-count", group.pending.size());
  reply_pending(context, group, {}, count);
  reply.bulk("consumers");
  reply.array(group.consumers.size());
  for (const auto& [consumer, state] : group.consumers) {
    reply.map(4);
    reply.bulk("name");
    reply.bulk(consumer);
    reply.bulk("seen-time");
    reply.integer(state.seen_at);
    reply_count(context, "pel-count", static_cast<std::size_t>(group.pending_of(consumer)));
    reply_pending(context, group, consumer, count);
  }
}

void reply_facts(Context& context, const Stream& stream) {
  const bool has_node = !stream.entries.empty();
  reply_count(context, "length", stream.entries.size());
  reply_count(context, "radix-tree-keys", has_node ? 1 : 0);
  reply_count(context, "radix-tree-nodes", has_node ? 2 : 1);
  reply_id(context, "last-generated-id", stream.generated);
  reply_id(context, "max-deleted-entry-id", stream.deleted_max);
  reply_count(context, "entries-added", stream.added);
  reply_id(context, "recorded-first-entry-id", stream.first_id());
}

void reply_end(Context& context, std::string_view name, const Stream& stream, bool last) {
  context.reply.bulk(name);
  if (stream.entries.empty()) context.reply.null();
  else reply_entry(context, last ? stream.entries.back() : stream.entries.front());
}

}  // namespace

void xinfo_stream(Context& context) {
  const Typed<Stream> found = described_stream(context);
  if (!found) return;
  const Stream& stream = *found;
  const std::size_t words = context.argument_count() - 3;
  if (words == 0) {
    context.reply.map(10);
    reply_facts(context, stream);
    reply_count(context, "groups", stream.groups.size());
    reply_end(context, "first-entry", stream, false);
    return reply_end(context, "last-entry", stream, true);
  }
  if ((words != 1 && words != 3) || !context.argument_is(3, "full") || (words == 3 && !context.argument_is(4, "count")))
    return context.reply.error(subcommand_error(context.arguments));
  std::optional<std::int64_t> count = 10;
  if (words == 3) count = context.integer(5);
  if (!count) return;
  const std::size_t limit = *count < 0 ? 10 : static_cast<std::size_t>(*count);
  context.reply.map(9);
  reply_facts(context, stream);
  context.reply.bulk("entries");
  reply_entries(context, stream.range({}, StreamId::last(), limit, false));
  context.reply.bulk("groups");
  context.reply.array(stream.groups.size());
  for (const auto& [name, group] : stream.groups) reply_whole_group(context, stream, name, group, limit);
}

void xinfo_groups(Context& context) {
  const Typed<Stream> found = described_stream(context);
  if (!found) return;
  context.reply.array(found->groups.size());
  for (const auto& [name, group] : found->groups) {
    context.reply.map(6);
    context.reply.bulk("name");
    context.reply.bulk(name);
    reply_count(context, "consumers", group.consumers.size());
    reply_count(context, "pending", group.pending.size());
    reply_id(context, "last-delivered-id", group.delivered);
    reply_if_known(context, "entries-read", group.entries_read);
    reply_if_known(context, "lag", found->lag_of(group));
  }
}

void xinfo_consumers(Context& context) {
  const Typed<Stream> found = described_stream(context);
  if (!found) return;
  const Stream::Group* group = found->find_group(context.argument(3));
  if (group == nullptr)
    return context.reply.error(fmt::format("NOGROUP No such consumer group '{}' for key name '{}'",
                                           context.argument(3), context.argument(2)));
  context.reply.array(group->consumers.size());
  for (const auto& [name, consumer] : group->consumers) {
    context.reply.map(3);
    context.reply.bulk("name");
    context.reply.bulk(name);
    reply_count(context, "pending", static_cast<std::size_t>(group->pending_of(name)));
    context.reply.bulk("idle");
    context.reply.integer(std::max<std::int64_t>(context.node.unix_milliseconds() - consumer.seen_at, 0));
  }
}

}  // namespace trackside::sim::redis::commands
