// The databases of one node: keys, their values and expiry times, and which key expires next.
//
// It stores; it does not judge. Whether an expired key is deleted, hidden or announced is `Node`'s decision. Expiry
// times are Unix milliseconds of the server's clock; a key is readable while now <= its expiry time.
// Invariant: every key with an expiry time has an element of deadlines_ with exactly that time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/ordered_table.hpp"
#include "sim/redis/slot_index.hpp"
#include "sim/redis/value.hpp"

namespace trackside::sim::redis {

inline constexpr std::int64_t no_expiry = -1;

struct Entry {
  std::shared_ptr<Value> value;
  std::int64_t expires_at = no_expiry;

  bool expired_at(std::int64_t unix_milliseconds) const {
    return expires_at != no_expiry && unix_milliseconds > expires_at;
  }
};

class Keyspace {
 public:
  using Item = OrderedTable<Entry>::Item;

  explicit Keyspace(std::uint32_t databases, bool by_slot = false) : databases_(databases), by_slot_(by_slot) {}

  std::uint32_t database_count() const { return static_cast<std::uint32_t>(databases_.size()); }
  OrderedTable<Entry>& database(std::uint32_t index) { return databases_[index]; }

  Item find(std::uint32_t database, std::string_view key) { return databases_[database].find(key); }
  /// Puts `value` without expiry under `key`, whatever was there.
  Item put(std::uint32_t database, std::string_view key, std::shared_ptr<Value> value);
  /// The value for changing in place; a clone if a snapshot of it is held elsewhere.
  static Value& writable(Entry& entry);
  void set_expiry(std::uint32_t database, Item item, std::int64_t unix_milliseconds);
  void erase(std::uint32_t database, Item item);
  /// Empties the database and gives what it held.
  OrderedTable<Entry> take(std::uint32_t database);
  void swap(std::uint32_t first, std::uint32_t second);

  struct Deadline {
    std::int64_t expires_at;
    std::uint32_t database;
    std::string key;
  };
  /// The key that expires first; null if none does. Valid until the next change.
  const Deadline* first_deadline();

  /// Of the first database, in cluster mode; otherwise empty.
  const SlotIndex& slots() const { return slots_; }

 private:
  bool stale(const Deadline& deadline);
  void push(std::uint32_t database, Item item);
  void rebuild_deadlines();

  std::vector<OrderedTable<Entry>> databases_;
  bool by_slot_;
  SlotIndex slots_;
  std::vector<Deadline> deadlines_;  // a heap; elements whose key has another expiry time by now are stale
  std::size_t rebuild_at_ = 64;
};

}  // namespace trackside::sim::redis
