// Ids and ranges of ids in the arguments of stream commands, and entries in their replies.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

/// "ms", "ms-seq"; without a sequence it is `sequence`. "-" and "+" are the ends, unless `strict`.
std::optional<StreamId> parse_stream_id(std::string_view text, std::uint64_t sequence);
std::optional<StreamId> parse_strict_stream_id(std::string_view text, std::uint64_t sequence);
/// As `parse_strict_stream_id`, of an argument; answers the error and gives nothing if it is none.
std::optional<StreamId> stream_id(Context& context, std::size_t index);
void invalid_stream_id(Context& context);

struct StreamRange {
  StreamId first{};
  StreamId last{};
};

/// Of two arguments, each of which "(" makes exclusive; nothing once an error has been answered.
std::optional<StreamRange> stream_range(Context& context, std::size_t first, std::size_t last);
std::optional<StreamId> range_start(Context& context, std::size_t index);

void reply_entry(Context& context, const Stream::Entry& entry);
void reply_entries(Context& context, const std::vector<const Stream::Entry*>& entries);
void no_group(Context& context, std::string_view key, std::string_view group, std::string_view ending = {});

}  // namespace trackside::sim::redis
