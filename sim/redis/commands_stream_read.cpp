// XREAD and XREADGROUP: entries behind an id, of several streams, at once or when there are some.
//
// A client that waits has its "$" written out as the id it stood for when it came. Delivering to a group changes its
// stream, of which no client is told.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"
#include "sim/redis/stream_arguments.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct ReadRequest {
  bool by_group = false;
  std::string_view group{};
  std::string_view consumer{};
  bool no_acknowledgement = false;
  std::optional<Instant> until{};
  std::int64_t count = 0;  // 0: all
  std::size_t first_key = 0;
  std::size_t stream_count = 0;
};

/// An option of XREADGROUP that XREAD refuses.
bool is_group_option(Context& context, std::string_view name, bool by_group) {
  if (!by_group)
    context.reply.error(
        fmt::format("ERR The {} option is only supported by XREADGROUP. You called XREAD instead.", name));
  return by_group;
}

/// False once an error has been answered.
bool parse(Context& context, ReadRequest& request) {
  request.by_group = context.command.name == "xreadgroup";
  for (std::size_t index = 1; index < context.argument_count(); ++index) {
    const std::size_t more = context.argument_count() - index - 1;
    if (context.argument_is(index, "block") && more >= 1) {
      const std::optional<std::int64_t> timeout = context.integer(
          ++index, std::numeric_limits<std::int64_t>::min(), "ERR timeout is not an integer or out of range");
      if (!timeout) return false;
      if (context.node.inside_script()) {
        context.reply.error(
            fmt::format("ERR {} command is not allowed with BLOCK option from scripts", context.argument(0)));
        return false;
      }
      if (*timeout < 0) return context.reply.error("ERR timeout is negative"), false;
      request.until = *timeout == 0 ? end_of_time : deadline_after(context, *timeout);
    } else if (context.argument_is(index, "count") && more >= 1) {
      const std::optional<std::int64_t> count = context.integer(++index);
      if (!count) return false;
      request.count = std::max<std::int64_t>(*count, 0);
    } else if (context.argument_is(index, "streams") && more >= 1) {
      request.first_key = index + 1;
      request.stream_count = more / 2;
      if (more % 2 == 0) break;
      context.reply.error(
          "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
      return false;
    } else if (context.argument_is(index, "group") && more >= 2) {
      if (!is_group_option(context, "GROUP", request.by_group)) return false;
      request.group = context.argument(index + 1);
      request.consumer = context.argument(index + 2);
      index += 2;
    } else if (context.argument_is(index, "noack")) {
      if (!is_group_option(context, "NOACK", request.by_group)) return false;
      request.no_acknowledgement = true;
    } else {
      return context.reply.syntax_error(), false;
    }
  }
  if (request.first_key == 0) return context.reply.syntax_error(), false;
  if (!request.by_group || request.group.data() != nullptr) return true;
  return context.reply.error("ERR Missing GROUP option for XREADGROUP"), false;
}

/// Behind which id to read one stream; `StreamId::last()` for ">". Nothing once an error has been answered.
std::optional<StreamId> start_of(Context& context, const ReadRequest& request, std::size_t number) {
  const std::string_view key = context.argument(request.first_key + number);
  const std::string_view text = context.argument(request.first_key + request.stream_count + number);
  const Typed<Stream> found = context.typed<Stream>(key);
  if (found.refused) return {};
  if (request.by_group && (!found || found->find_group(request.group) == nullptr))
    return no_group(context, key, request.group, " in XREADGROUP with GROUP option"), std::nullopt;
  if (text == "$") {
    if (!request.by_group) return found ? found->generated : StreamId{};
    context.reply.error(
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "
        "specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.");
    return {};
  }
  if (text == ">") {
    if (request.by_group) return StreamId::last();
    context.reply.error(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
    return {};
  }
  return stream_id(context, request.first_key + request.stream_count + number);
}

/// Entries that were delivered to the consumer already and not acknowledged.
void reply_history(Context& context, Stream& stream, const ReadRequest& request, const StreamId& start) {
  std::vector<std::pair<StreamId, Stream::Pending*>> history;
  for (auto& [id, pending] : stream.find_group(request.group)->pending)
    if (id > start && pending.consumer == request.consumer &&
        (request.count == 0 || history.size() < static_cast<std::uint64_t>(request.count)))
      history.emplace_back(id, &pending);
  context.reply.array(history.size());
  for (const auto& [id, pending] : history) {
    const Stream::Entry* entry = stream.find(id);
    if (entry == nullptr) {
      context.reply.array(2);
      context.reply.bulk(to_text(id));
      context.reply.null_array();
      continue;
    }
    pending->delivered_at = context.node.unix_milliseconds();
    ++pending->deliveries;
    reply_entry(context, *entry);
  }
}

void note_delivery(const Stream& stream, Stream::Group& group, const StreamId& id) {
  if (id <= group.delivered) return;
  if (group.entries_read && !stream.has_gap_from(id)) ++*group.entries_read;
  else if (stream.added != 0) group.entries_read = stream.entries_up_to(id);
  group.delivered = id;
}

void deliver_new(Context& context, Stream& stream, const ReadRequest& request) {
  Stream::Group& group = *stream.find_group(request.group);
  const std::optional<StreamId> first = group.delivered.next();
  if (!first) return context.reply.array(0);
  const auto entries = stream.range(*first, StreamId::last(), static_cast<std::uint64_t>(request.count), false);
  for (const Stream::Entry* entry : entries) {
    note_delivery(stream, group, entry->id);
    if (!request.no_acknowledgement)
      group.pending.insert_or_assign(
          entry->id, Stream::Pending{std::string{request.consumer}, context.node.unix_milliseconds(), 1});
  }
  reply_entries(context, entries);
}

void read_for_group(Context& context, std::string_view key, const ReadRequest& request, const StreamId& start) {
  Typed<Stream> found = context.typed<Stream>(key);
  Stream& stream = context.writable(found, key);
  Stream::Group& group = *stream.find_group(request.group);
  group.consumers[std::string{request.consumer}].seen_at = context.node.unix_milliseconds();
  if (start == StreamId::last()) deliver_new(context, stream, request);
  else reply_history(context, stream, request, start);
  context.changed_silently(key);
}

bool has_news(const Stream& stream, const ReadRequest& request, const StreamId& start) {
  if (request.by_group && start != StreamId::last()) return true;
  const StreamId behind = request.by_group ? stream.find_group(request.group)->delivered : start;
  return !stream.entries.empty() && stream.entries.back().id > behind;
}

void reply_stream(Context& context, std::string_view key, const ReadRequest& request, const StreamId& start) {
  if (!context.reply.is_resp3()) context.reply.array(2);
  context.reply.bulk(key);
  if (request.by_group) return read_for_group(context, key, request, start);
  const Typed<Stream> found = context.typed<Stream>(key);
  const std::optional<StreamId> first = start.next();
  const auto limit = static_cast<std::uint64_t>(request.count);
  reply_entries(context, first ? found->range(*first, StreamId::last(), limit, false)
                               : std::vector<const Stream::Entry*>{});
}

/// In RESP3 a map by stream.
void reply_header(Context& context, std::size_t count) {
  if (context.reply.is_resp3()) context.reply.map(count);
  else context.reply.array(count);
}

bool serve_read(Context& context, std::string_view key) {
  constexpr std::int64_t count_when_waiting = 1000;
  ReadRequest request;
  parse(context, request);
  if (request.count == 0) request.count = count_when_waiting;
  const Keyspace::Item item = context.node.keyspace.find(context.session.database, key);
  const auto* stream = item ? std::get_if<Stream>(&item->value->content) : nullptr;
  if (stream == nullptr) {
    if (request.by_group) context.reply.error("UNBLOCKED the stream key no longer exists");
    return request.by_group;
  }
  const Stream::Group* group = request.by_group ? stream->find_group(request.group) : nullptr;
  if (request.by_group && group == nullptr) {
    context.reply.error("NOGROUP the consumer group this client was blocked on no longer exists");
    return true;
  }
  std::size_t number = 0;
  while (context.argument(request.first_key + number) != key) ++number;
  StreamId start = StreamId::last();
  if (group == nullptr) start = *start_of(context, request, number);
  if (stream->generated <= (group != nullptr ? group->delivered : start)) return false;
  reply_header(context, 1);
  reply_stream(context, key, request, start);
  return true;
}

void wait_for_entries(Context& context, const ReadRequest& request, const std::vector<StreamId>& starts) {
  std::vector<std::string> written;
  std::vector<std::string_view> arguments{context.arguments.begin(), context.arguments.end()};
  written.reserve(starts.size());
  for (std::size_t number = 0; number < starts.size() && !request.by_group; ++number) {
    written.push_back(to_text(starts[number]));
    arguments[request.first_key + request.stream_count + number] = written.back();
  }
  context.node.block(context.session, arguments, context.arguments.subspan(request.first_key, request.stream_count),
                     serve_read, *request.until);
}

}  // namespace

void xread(Context& context) {
  ReadRequest request;
  if (!parse(context, request)) return;
  std::vector<StreamId> starts;
  for (std::size_t number = 0; number < request.stream_count; ++number) {
    const std::optional<StreamId> start = start_of(context, request, number);
    if (!start) return;
    starts.push_back(*start);
  }
  std::vector<std::size_t> with_news;
  for (std::size_t number = 0; number < request.stream_count; ++number) {
    const Typed<Stream> found = context.typed<Stream>(context.argument(request.first_key + number));
    if (found && has_news(*found, request, starts[number])) with_news.push_back(number);
  }
  if (with_news.empty()) {
    if (!request.until || context.node.inside_transaction()) return context.reply.null_array();
    return wait_for_entries(context, request, starts);
  }
  reply_header(context, with_news.size());
  for (const std::size_t number : with_news)
    reply_stream(context, context.argument(request.first_key + number), request, starts[number]);
}

}  // namespace trackside::sim::redis::commands
