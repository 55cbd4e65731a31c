// Streams without groups: XADD, XLEN, XRANGE, XREVRANGE, XDEL, XTRIM, XSETID.
//
// A trim that may stop early ("~") takes away whole blocks of 100 entries, as the real server's nodes are.
#include <algorithm>
#include <limits>

#include "sim/redis/commands.hpp"
#include "sim/redis/stream_arguments.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct StreamTrim {
  enum class Kind : std::uint8_t { none, length, id } kind = Kind::none;
  bool approximate = false;
  std::uint64_t length_max = 0;
  StreamId id_min{};
  std::int64_t limit = 0;  // 0: none
};

struct AddRequest {
  StreamTrim trim{};
  bool only_if_present = false;
  std::optional<StreamId> id{};
  bool sequence_given = true;
  std::size_t id_index = 0;  // 0: XTRIM, which has none
};

bool refuse(Context& context, std::string_view error) {
  context.reply.error(error);
  return false;
}

/// MAXLEN or MINID at `index`, which moves to its last argument; false once an error has been answered.
bool parse_strategy(Context& context, std::size_t& index, StreamTrim& trim) {
  using Kind = StreamTrim::Kind;
  const Kind kind = context.argument_is(index, "maxlen") ? Kind::length : Kind::id;
  if (trim.kind != Kind::none)
    return refuse(context, "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
  const std::size_t more = context.argument_count() - index - 1;
  const std::string_view next = context.argument(index + 1);
  if (more >= 2 && (next == "~" || next == "=")) {
    trim.approximate = next == "~";
    ++index;
  }
  ++index;
  trim.kind = kind;
  if (kind == Kind::id) {
    const std::optional<StreamId> id = stream_id(context, index);
    if (id) trim.id_min = *id;
    return id.has_value();
  }
  const std::optional<std::int64_t> length = context.integer(index);
  if (!length) return false;
  if (*length < 0) return refuse(context, "ERR The MAXLEN argument must be >= 0.");
  trim.length_max = static_cast<std::uint64_t>(*length);
  return true;
}

/// "ms", "ms-seq" or "ms-*"; false once an error has been answered.
bool parse_id(Context& context, std::size_t index, AddRequest& request) {
  std::string_view text = context.argument(index);
  request.sequence_given = !text.ends_with("-*");
  if (!request.sequence_given) text.remove_suffix(2);
  request.id = parse_strict_stream_id(text, 0);
  if (request.id && (request.sequence_given || text.find('-') == std::string_view::npos)) return true;
  invalid_stream_id(context);
  return false;
}

/// The options of XADD, up to its id, or of XTRIM; false once an error has been answered.
bool parse_options(Context& context, bool adds, AddRequest& request) {
  StreamTrim& trim = request.trim;
  bool limited = false;
  std::size_t index = 2;
  for (; index < context.argument_count(); ++index) {
    const bool more = index + 1 < context.argument_count();
    if (adds && context.argument(index) == "*") break;
    if (more && (context.argument_is(index, "maxlen") || context.argument_is(index, "minid"))) {
      if (!parse_strategy(context, index, trim)) return false;
    } else if (more && context.argument_is(index, "limit")) {
      const std::optional<std::int64_t> limit = context.integer(++index);
      if (!limit) return false;
      if (*limit < 0) return refuse(context, "ERR The LIMIT argument must be >= 0.");
      trim.limit = *limit;
      limited = true;
    } else if (adds && context.argument_is(index, "nomkstream")) {
      request.only_if_present = true;
    } else if (adds) {
      if (!parse_id(context, index, request)) return false;
      break;
    } else {
      return context.reply.syntax_error(), false;
    }
  }
  request.id_index = index;
  if (trim.limit != 0 && trim.kind == StreamTrim::Kind::none)
    return refuse(context, "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
  if (!adds && trim.kind == StreamTrim::Kind::none)
    return refuse(context, "ERR syntax error, XTRIM must be called with a trimming strategy");
  if (limited && !trim.approximate)
    return refuse(context, "ERR syntax error, LIMIT cannot be used without the special ~ option");
  return true;
}

std::size_t trimmed(Stream& stream, const StreamTrim& trim) {
  constexpr std::size_t block = 100;
  std::size_t count = 0;
  if (trim.kind == StreamTrim::Kind::length && stream.entries.size() > trim.length_max)
    count = stream.entries.size() - static_cast<std::size_t>(trim.length_max);
  if (trim.kind == StreamTrim::Kind::id)
    count = static_cast<std::size_t>(stream.from(trim.id_min) - stream.entries.cbegin());
  if (trim.approximate) {
    const std::size_t limit = trim.limit != 0 ? static_cast<std::size_t>(trim.limit) : block * block;
    count = std::min(count, limit) / block * block;
  }
  stream.entries.erase(stream.entries.begin(), stream.entries.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

/// Nothing if no id is left, or none that is greater than the last.
std::optional<StreamId> id_of(const Context& context, const Stream& stream, const AddRequest& request) {
  const StreamId last = stream.generated;
  if (request.id && request.sequence_given) return *request.id > last ? request.id : std::nullopt;
  const auto now = static_cast<std::uint64_t>(context.node.unix_milliseconds());
  const std::uint64_t milliseconds = request.id ? request.id->milliseconds : std::max(now, last.milliseconds);
  if (milliseconds > last.milliseconds) return StreamId{milliseconds, 0};
  if (milliseconds < last.milliseconds) return {};
  if (request.id && last.sequence == StreamId::last_part) return {};
  return last.next();
}

void range(Context& context, bool reversed) {
  const std::size_t start = reversed ? 3 : 2;
  const std::optional<StreamRange> wanted = stream_range(context, start, 5 - start);
  if (!wanted) return;
  std::optional<std::int64_t> count;
  for (std::size_t index = 4; index < context.argument_count(); index += 2) {
    if (!context.argument_is(index, "count") || index + 1 >= context.argument_count())
      return context.reply.syntax_error();
    count = context.integer(index + 1);
    if (!count) return;
  }
  const Typed<Stream> found = context.typed<Stream>(context.argument(1));
  if (found.refused) return;
  if (!found) return context.reply.array(0);
  if (count && *count <= 0) return context.reply.null_array();
  const auto limit = static_cast<std::uint64_t>(count.value_or(0));
  reply_entries(context, found->range(wanted->first, wanted->last, limit, reversed));
}

}  // namespace

void xadd(Context& context) {
  AddRequest request;
  if (!parse_options(context, true, request)) return;
  const std::size_t words = context.argument_count() - std::min(context.argument_count(), request.id_index + 1);
  if (words < 2 || words % 2 == 1) return context.reply.error(arity_error(context.command));
  if (request.id && request.sequence_given && *request.id == StreamId{})
    return context.reply.error("ERR The ID specified in XADD must be greater than 0-0");
  const std::string_view key = context.argument(1);
  Typed<Stream> found = context.typed<Stream>(key);
  if (found.refused) return;
  if (!found && request.only_if_present) return context.reply.null();
  if (found && found->generated == StreamId::last())
    return context.reply.error("ERR The stream has exhausted the last possible ID, unable to add more items");
  const std::optional<StreamId> id = id_of(context, found ? *found : Stream{}, request);
  if (!id)
    return context.reply.error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  Stream& stream = context.writable(found, key);
  const Arguments entry = context.arguments.subspan(request.id_index + 1);
  stream.entries.push_back({*id, {entry.begin(), entry.end()}});
  stream.generated = *id;
  ++stream.added;
  context.reply.bulk(to_text(*id));
  trimmed(stream, request.trim);
  context.changed(key);
}

void xlen(Context& context) {
  const Typed<Stream> found = context.typed<Stream>(context.argument(1));
  if (!found.refused) context.reply.integer(found ? static_cast<std::int64_t>(found->entries.size()) : 0);
}

void xrange(Context& context) { range(context, false); }
void xrevrange(Context& context) { range(context, true); }

void xdel(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<Stream> found = context.typed<Stream>(key);
  if (found.refused) return;
  if (!found) return context.reply.integer(0);
  std::vector<StreamId> ids;
  for (std::size_t index = 2; index < context.argument_count(); ++index) {
    const std::optional<StreamId> id = stream_id(context, index);
    if (!id) return;
    ids.push_back(*id);
  }
  std::int64_t deleted = 0;
  for (const StreamId& id : ids) {
    if (found->find(id) == nullptr) continue;
    Stream& stream = context.writable(found, key);
    stream.entries.erase(stream.from(id));
    stream.deleted_max = std::max(stream.deleted_max, id);
    ++deleted;
  }
  if (deleted != 0) context.changed(key);
  context.reply.integer(deleted);
}

void xtrim(Context& context) {
  AddRequest request;
  if (!parse_options(context, false, request)) return;
  const std::string_view key = context.argument(1);
  Typed<Stream> found = context.typed<Stream>(key);
  if (found.refused) return;
  if (!found) return context.reply.integer(0);
  const std::size_t deleted = trimmed(context.writable(found, key), request.trim);
  if (deleted != 0) context.changed(key);
  context.reply.integer(static_cast<std::int64_t>(deleted));
}

void xsetid(Context& context) {
  const std::optional<StreamId> id = stream_id(context, 2);
  if (!id) return;
  std::optional<std::int64_t> added;
  StreamId deleted{};
  for (std::size_t index = 3; index < context.argument_count(); index += 2) {
    const bool more = index + 1 < context.argument_count();
    if (more && context.argument_is(index, "entriesadded")) {
      added = context.integer(index + 1);
      if (!added) return;
      if (*added < 0) return context.reply.error("ERR entries_added must be positive");
    } else if (more && context.argument_is(index, "maxdeletedid")) {
      const std::optional<StreamId> given = stream_id(context, index + 1);
      if (!given) return;
      deleted = *given;
      if (*id < deleted)
        return context.reply.error(
            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
    } else {
      return context.reply.syntax_error();
    }
  }
  const std::string_view key = context.argument(1);
  Typed<Stream> found = context.typed<Stream>(key);
  if (found.refused) return;
  if (!found) return context.reply.error("ERR no such key");
  if (!found->entries.empty() && *id < found->entries.back().id)
    return context.reply.error("ERR The ID specified in XSETID is smaller than the target stream top item");
  if (!found->entries.empty() && added && found->entries.size() > static_cast<std::uint64_t>(*added))
    return context.reply.error("ERR The entries_added specified in XSETID is smaller than the target stream length");
  Stream& stream = context.writable(found, key);
  stream.generated = *id;
  if (added) stream.added = static_cast<std::uint64_t>(*added);
  if (deleted != StreamId{}) stream.deleted_max = deleted;
  context.changed_silently(key);
  context.reply.ok();
}

}  // namespace trackside::sim::redis::commands
