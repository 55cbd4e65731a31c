// The tracking table and the broadcast prefixes of one node: pure bookkeeping, no sending.
//
// One entry per key *name*, whatever the database, with the ids of the clients that read it; an entry dies with the
// first change of its key. Ids are never removed when a client leaves: a dead id lingers until its key changes, as in
// the real server, and is skipped by whoever sends. Prefixes collect changed keys until the end of the loop iteration.
// Neighbours: `Node` decides who is told and when (pushes.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "sim/redis/ordered_table.hpp"

namespace trackside::sim::redis {

using ClientId = std::int64_t;
inline constexpr ClientId no_client = 0;

class TrackingTable {
 public:
  /// Ids in the order in which the real server tells them: by their little-endian bytes.
  using Ids = boost::container::small_vector<ClientId, 4>;

  void remember(std::string_view key, ClientId client);
  /// Removes the key's entry and gives its ids; empty if there was none.
  Ids take(std::string_view key);
  void clear();

  std::size_t key_count() const { return table_.size(); }
  std::size_t item_count() const { return items_; }  // key and client pairs
  /// Some key, for table overflow. The real server draws at random; here `ordinal` spreads the choice.
  const std::string& some_key(std::uint64_t ordinal) const;

 private:
  OrderedTable<Ids> table_;
  std::size_t items_ = 0;
};

class BroadcastPrefixes {
 public:
  struct ChangedKey {
    std::string key;
    ClientId writer;  // of the last change in this iteration; no_client: expiry or eviction
  };
  struct Prefix {
    std::string prefix;
    std::vector<ClientId> clients;  // ascending
    std::vector<ChangedKey> changed;  // sorted by key
  };

  void add(std::string_view prefix, ClientId client);
  void remove(std::string_view prefix, ClientId client);
  void key_changed(std::string_view key, ClientId writer);

  bool empty() const { return prefixes_.empty(); }
  /// Sorted by prefix; whoever sends clears `changed`.
  std::vector<Prefix>& all() { return prefixes_; }
  std::size_t size() const { return prefixes_.size(); }

 private:
  std::vector<Prefix> prefixes_;
};

/// Whether these prefixes can be registered beside `existing`. The real server refuses an overlap of the first one
/// provided, but answers the error for a later one *and* goes on to register all and to answer OK.
struct PrefixVerdict {
  std::string error{};  // empty: none
  bool refused = false;
};
PrefixVerdict judge_prefixes(const std::vector<std::string>& existing, const std::vector<std::string_view>& provided);

}  // namespace trackside::sim::redis
