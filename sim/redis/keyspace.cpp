// Storage of keys, and the heap of expiry times with lazy removal of the stale ones.
#include "sim/redis/keyspace.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace trackside::sim::redis {
namespace {

/// Heap order: the earliest on top; ties by database and key, so the order of deletion is determined.
bool later(const Keyspace::Deadline& left, const Keyspace::Deadline& right) {
  return std::tie(left.expires_at, left.database, left.key) > std::tie(right.expires_at, right.database, right.key);
}

}  // namespace

Keyspace::Item Keyspace::put(std::uint32_t database, std::string_view key, std::shared_ptr<Value> value) {
  if (const Item present = find(database, key)) {
    present->value = std::move(value);
    present->expires_at = no_expiry;
    return present;
  }
  if (by_slot_) slots_.add(key);
  return databases_[database].insert(key, Entry{std::move(value)});
}

Value& Keyspace::writable(Entry& entry) {
  if (entry.value.use_count() > 1) entry.value = std::make_shared<Value>(*entry.value);
  return *entry.value;
}

void Keyspace::set_expiry(std::uint32_t database, Item item, std::int64_t unix_milliseconds) {
  if (item->expires_at == unix_milliseconds) return;
  item->expires_at = unix_milliseconds;
  if (unix_milliseconds == no_expiry) return;
  if (deadlines_.size() >= rebuild_at_) rebuild_deadlines();
  else push(database, item);
}

void Keyspace::erase(std::uint32_t database, Item item) {
  if (by_slot_) slots_.remove(item.key());
  databases_[database].erase(item);
}

OrderedTable<Entry> Keyspace::take(std::uint32_t database) {
  OrderedTable<Entry> taken;
  taken.swap(databases_[database]);
  slots_.clear();
  return taken;
}

void Keyspace::swap(std::uint32_t first, std::uint32_t second) {
  databases_[first].swap(databases_[second]);
  rebuild_deadlines();
}

const Keyspace::Deadline* Keyspace::first_deadline() {
  while (!deadlines_.empty() && stale(deadlines_.front())) {
    std::pop_heap(deadlines_.begin(), deadlines_.end(), later);
    deadlines_.pop_back();
  }
  return deadlines_.empty() ? nullptr : &deadlines_.front();
}

bool Keyspace::stale(const Deadline& deadline) {
  const Item item = find(deadline.database, deadline.key);
  return !item || item->expires_at != deadline.expires_at;
}

void Keyspace::push(std::uint32_t database, Item item) {
  deadlines_.push_back({item->expires_at, database, item.key()});
  std::push_heap(deadlines_.begin(), deadlines_.end(), later);
}

void Keyspace::rebuild_deadlines() {
  deadlines_.clear();
  for (std::uint32_t database = 0; database < database_count(); ++database)
    for (std::size_t position = 0; position < databases_[database].size(); ++position)
      if (databases_[database].at(position)->expires_at != no_expiry) push(database, databases_[database].at(position));
  rebuild_at_ = 2 * deadlines_.size() + 64;
}

}  // namespace trackside::sim::redis
