// The tracking table and broadcast prefixes; orders are those of the real server's radix trees.
#include "sim/redis/tracking.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace trackside::sim::redis {
namespace {

/// The radix tree of the real server sorts ids by their bytes in memory, on little-endian machines.
std::uint64_t tree_order(ClientId id) { return __builtin_bswap64(static_cast<std::uint64_t>(id)); }

bool overlap(std::string_view left, std::string_view right) {
  return left.starts_with(right) || right.starts_with(left);
}

}  // namespace

void TrackingTable::remember(std::string_view key, ClientId client) {
  OrderedTable<Ids>::Item item = table_.find(key);
  if (!item) item = table_.insert(key, Ids{});
  Ids& ids = *item;
  const auto place = std::lower_bound(ids.begin(), ids.end(), client, [](ClientId left, ClientId right) {
    return tree_order(left) < tree_order(right);
  });
  if (place != ids.end() && *place == client) return;
  ids.insert(place, client);
  ++items_;
}

TrackingTable::Ids TrackingTable::take(std::string_view key) {
  if (table_.empty()) return {};
  const OrderedTable<Ids>::Item item = table_.find(key);
  if (!item) return {};
  Ids ids = std::move(*item);
  table_.erase(item);
  items_ -= ids.size();
  return ids;
}

void TrackingTable::clear() {
  table_.clear();
  items_ = 0;
}

const std::string& TrackingTable::some_key(std::uint64_t ordinal) const {
  require(!table_.empty(), "only a table that is too full gives up keys");
  return table_.at((ordinal * 0x9e3779b97f4a7c15U >> 16) % table_.size()).key();
}

void BroadcastPrefixes::add(std::string_view prefix, ClientId client) {
  auto place = std::lower_bound(prefixes_.begin(), prefixes_.end(), prefix,
                                [](const Prefix& left, std::string_view right) { return left.prefix < right; });
  if (place == prefixes_.end() || place->prefix != prefix)
    place = prefixes_.insert(place, {std::string{prefix}, {}, {}});
  const auto at = std::lower_bound(place->clients.begin(), place->clients.end(), client);
  if (at == place->clients.end() || *at != client) place->clients.insert(at, client);
}

void BroadcastPrefixes::remove(std::string_view prefix, ClientId client) {
  const auto place =
      std::find_if(prefixes_.begin(), prefixes_.end(), [&](const Prefix& other) { return other.prefix == prefix; });
  require(place != prefixes_.end(), "a client leaves only prefixes it joined");
  std::erase(place->clients, client);
  if (place->clients.empty()) prefixes_.erase(place);
}

void BroadcastPrefixes::key_changed(std::string_view key, ClientId writer) {
  for (Prefix& prefix : prefixes_) {
    if (!key.starts_with(prefix.prefix)) continue;
    const auto place =
        std::lower_bound(prefix.changed.begin(), prefix.changed.end(), key,
                         [](const ChangedKey& left, std::string_view right) { return left.key < right; });
    if (place != prefix.changed.end() && place->key == key) place->writer = writer;
    else prefix.changed.insert(place, {std::string{key}, writer});
  }
}

PrefixVerdict judge_prefixes(const std::vector<std::string>& existing, const std::vector<std::string_view>& provided) {
  constexpr std::string_view end = "Prefixes for a single client must not overlap.";
  for (std::size_t index = 0; index < provided.size(); ++index) {
    for (const std::string& other : existing)
      if (overlap(other, provided[index]))
        return {fmt::format("ERR Prefix '{}' overlaps with an existing prefix '{}'. {}", provided[index], other, end),
                true};
    for (std::size_t next = index + 1; next < provided.size(); ++next)
      if (overlap(provided[index], provided[next]))
        return {fmt::format("ERR Prefix '{}' overlaps with another provided prefix '{}'. {}", provided[index],
                            provided[next], end),
                index == 0};
  }
  return {};
}

}  // namespace trackside::sim::redis
