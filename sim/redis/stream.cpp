// Looking things up in a stream, and what its counters tell about a group's progress.
#include "sim/redis/stream.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace trackside::sim::redis {

std::optional<StreamId> StreamId::next() const {
  if (sequence != last_part) return StreamId{milliseconds, sequence + 1};
  if (milliseconds != last_part) return StreamId{milliseconds + 1, 0};
  return {};
}

std::optional<StreamId> StreamId::previous() const {
  if (sequence != 0) return StreamId{milliseconds, sequence - 1};
  if (milliseconds != 0) return StreamId{milliseconds - 1, last_part};
  return {};
}

std::string to_text(const StreamId& id) { return fmt::format("{}-{}", id.milliseconds, id.sequence); }

std::int64_t Stream::Group::pending_of(std::string_view consumer) const {
  return std::count_if(pending.begin(), pending.end(),
                       [&](const auto& entry) { return entry.second.consumer == consumer; });
}

Stream::Entries::const_iterator Stream::from(const StreamId& id) const {
  return std::lower_bound(entries.begin(), entries.end(), id,
                          [](const Entry& entry, const StreamId& wanted) { return entry.id < wanted; });
}

const Stream::Entry* Stream::find(const StreamId& id) const {
  const auto place = from(id);
  return place != entries.end() && place->id == id ? &*place : nullptr;
}

std::vector<const Stream::Entry*> Stream::range(const StreamId& first, const StreamId& last, std::uint64_t count,
                                                bool reversed) const {
  std::vector<const Entry*> found;
  for (auto place = from(first); place != entries.end() && place->id <= last; ++place) found.push_back(&*place);
  if (reversed) std::reverse(found.begin(), found.end());
  if (count != 0 && found.size() > count) found.resize(count);
  return found;
}

Stream::Group* Stream::find_group(std::string_view name) {
  const auto found = groups.find(name);
  return found != groups.end() ? &found->second : nullptr;
}

const Stream::Group* Stream::find_group(std::string_view name) const {
  const auto found = groups.find(name);
  return found != groups.end() ? &found->second : nullptr;
}

std::optional<std::int64_t> Stream::entries_up_to(const StreamId& id) const {
  const auto all = static_cast<std::int64_t>(added);
  const auto present = static_cast<std::int64_t>(entries.size());
  if (all == 0) return 0;
  if ((present == 0 && id <= generated) || id == generated) return all;
  if (id > generated) return {};
  if (deleted_max != StreamId{} && deleted_max >= first_id()) return {};
  if (id < first_id()) return all - present;
  if (id == first_id()) return all - present + 1;
  return {};
}

bool Stream::has_gap_from(const StreamId& id) const {
  return !entries.empty() && deleted_max != StreamId{} && first_id() <= deleted_max && id <= deleted_max;
}

std::optional<std::int64_t> Stream::lag_of(const Group& group) const {
  const auto all = static_cast<std::int64_t>(added);
  if (all == 0) return 0;
  if (group.entries_read && !has_gap_from(group.delivered)) return all - *group.entries_read;
  const std::optional<std::int64_t> read = entries_up_to(group.delivered);
  return read ? std::optional{all - *read} : std::nullopt;
}

}  // namespace trackside::sim::redis
