// Reading ids and writing entries.
#include "sim/redis/stream_arguments.hpp"

#include <charconv>

#include <fmt/format.h>

namespace trackside::sim::redis {
namespace {

std::optional<std::uint64_t> parse_part(std::string_view text) {
  std::uint64_t part = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return part;
}

/// The bound behind "(", moved past itself; nothing once an error has been answered.
std::optional<StreamId> range_bound(Context& context, std::size_t index, bool is_start) {
  std::string_view text = context.argument(index);
  const bool exclusive = text.size() > 1 && text.front() == '(';
  if (exclusive) text.remove_prefix(1);
  const std::uint64_t sequence = is_start ? 0 : StreamId::last_part;
  const std::optional<StreamId> id =
      exclusive ? parse_strict_stream_id(text, sequence) : parse_stream_id(text, sequence);
  if (!id) return invalid_stream_id(context), std::nullopt;
  if (!exclusive) return id;
  const std::optional<StreamId> moved = is_start ? id->next() : id->previous();
  if (!moved) context.reply.error(fmt::format("ERR invalid {} ID for the interval", is_start ? "start" : "end"));
  return moved;
}

}  // namespace

std::optional<StreamId> parse_strict_stream_id(std::string_view text, std::uint64_t sequence) {
  constexpr std::size_t length_max = 127;
  if (text.size() > length_max) return {};
  const std::size_t dash = text.find('-');
  const std::optional<std::uint64_t> milliseconds = parse_part(text.substr(0, dash));
  const std::optional<std::uint64_t> given =
      dash == std::string_view::npos ? std::optional{sequence} : parse_part(text.substr(dash + 1));
  return milliseconds && given ? std::optional{StreamId{*milliseconds, *given}} : std::nullopt;
}

std::optional<StreamId> parse_stream_id(std::string_view text, std::uint64_t sequence) {
  if (text == "-") return StreamId{};
  if (text == "+") return StreamId::last();
  return parse_strict_stream_id(text, sequence);
}

std::optional<StreamId> stream_id(Context& context, std::size_t index) {
  const std::optional<StreamId> id = parse_strict_stream_id(context.argument(index), 0);
  if (!id) invalid_stream_id(context);
  return id;
}

void invalid_stream_id(Context& context) {
  context.reply.error("ERR Invalid stream ID specified as stream command argument");
}

std::optional<StreamRange> stream_range(Context& context, std::size_t first, std::size_t last) {
  const std::optional<StreamId> start = range_bound(context, first, true);
  const std::optional<StreamId> end = start ? range_bound(context, last, false) : std::nullopt;
  return end ? std::optional{StreamRange{*start, *end}} : std::nullopt;
}

std::optional<StreamId> range_start(Context& context, std::size_t index) { return range_bound(context, index, true); }

void reply_entry(Context& context, const Stream::Entry& entry) {
  context.reply.array(2);
  context.reply.bulk(to_text(entry.id));
  context.reply.array(entry.words.size());
  for (const std::string& word : entry.words) context.reply.bulk(word);
}

void reply_entries(Context& context, const std::vector<const Stream::Entry*>& entries) {
  context.reply.array(entries.size());
  for (const Stream::Entry* entry : entries) reply_entry(context, *entry);
}

void no_group(Context& context, std::string_view key, std::string_view group, std::string_view ending) {
  context.reply.error(fmt::format("NOGROUP No such key '{}' or consumer group '{}'{}", key, group, ending));
}

}  // namespace trackside::sim::redis
