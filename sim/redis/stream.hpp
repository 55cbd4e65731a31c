// A stream: entries by id, and the groups of consumers that read it.
//
// Everything is kept in order of ids or names, as the real server's radix trees do. A stream stays when its last entry
// goes.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trackside::sim::redis {

struct StreamId {
  std::uint64_t milliseconds = 0;
  std::uint64_t sequence = 0;

  static constexpr std::uint64_t last_part = ~std::uint64_t{0};
  static constexpr StreamId last() { return {last_part, last_part}; }

  auto operator<=>(const StreamId&) const = default;
  /// The id behind or before this one; nothing if there is none.
  std::optional<StreamId> next() const;
  std::optional<StreamId> previous() const;
};

std::string to_text(const StreamId& id);

struct Stream {
  struct Entry {
    StreamId id;
    std::vector<std::string> words;  // fields and their values in turns
    bool operator==(const Entry&) const = default;
  };
  struct Pending {
    std::string consumer;
    std::int64_t delivered_at = 0;  // Unix milliseconds
    std::int64_t deliveries = 1;
    bool operator==(const Pending&) const = default;
  };
  struct Consumer {
    std::int64_t seen_at = 0;
    bool operator==(const Consumer&) const = default;
  };
  struct Group {
    StreamId delivered{};
    std::optional<std::int64_t> entries_read{};  // none: not known
    std::map<StreamId, Pending> pending{};
    std::map<std::string, Consumer, std::less<>> consumers{};
    bool operator==(const Group&) const = default;

    std::int64_t pending_of(std::string_view consumer) const;
  };
  using Entries = std::vector<Entry>;

  Entries entries{};
  StreamId generated{};    // the last id there ever was
  StreamId deleted_max{};  // the greatest id that XDEL took away
  std::uint64_t added = 0;
  std::map<std::string, Group, std::less<>> groups{};
  bool operator==(const Stream&) const = default;

  StreamId first_id() const { return entries.empty() ? StreamId{} : entries.front().id; }
  Entries::const_iterator from(const StreamId& id) const;  // the first entry that is not before `id`
  const Entry* find(const StreamId& id) const;
  /// Both ends inclusive; `count` 0: all. In reverse the last ones first.
  std::vector<const Entry*> range(const StreamId& first, const StreamId& last, std::uint64_t count,
                                  bool reversed) const;
  Group* find_group(std::string_view name);
  const Group* find_group(std::string_view name) const;
  /// How many entries there were up to this id, if that can be told.
  std::optional<std::int64_t> entries_up_to(const StreamId& id) const;
  /// Whether an entry from `id` on was deleted out of the middle.
  bool has_gap_from(const StreamId& id) const;
  std::optional<std::int64_t> lag_of(const Group& group) const;
};

}  // namespace trackside::sim::redis
