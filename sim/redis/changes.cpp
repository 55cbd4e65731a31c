// Every change of a key passes here: watchers, pushes, blocked clients, the observer hear of it, in this order.
//
// Expired keys are deleted by whoever looks at them (master) or only hidden (replica), as in the real server.
#include <algorithm>
#include <string>
#include <vector>

#include "sim/redis/node.hpp"

namespace trackside::sim::redis {

std::uint64_t hash_of(std::span<const std::string_view> arguments) {
  constexpr std::uint64_t prime = 0x100000001b3U;
  std::uint64_t state = 0xcbf29ce484222325U;
  for (const std::string_view argument : arguments) {
    for (std::uint64_t length = argument.size(), index = 0; index < 8; ++index, length >>= 8)
      state = (state ^ (length & 0xff)) * prime;
    for (const char byte : argument) state = (state ^ static_cast<unsigned char>(byte)) * prime;
  }
  return state == 0 ? 1 : state;
}

Node::Item Node::lookup(std::uint32_t database, std::string_view key) {
  const Item item = keyspace.find(database, key);
  if (!item || !item->expired_at(unix_milliseconds())) return item;
  if (!replica && !writes_paused()) delete_key(database, item);
  return {};
}

void Node::delete_key(std::uint32_t database, Item item) {
  const std::string key = item.key();
  keyspace.erase(database, item);
  key_changed(database, key, nullptr);
}

/// Which keys it hits is decided by their order; only who writes evicts.
std::size_t Node::evict(std::uint64_t keys) {
  if (replica || writes_paused()) return 0;
  std::vector<std::string> present;
  for (std::size_t position = 0; position < keyspace.database(0).size(); ++position)
    present.push_back(keyspace.database(0).at(position).key());
  std::sort(present.begin(), present.end());
  if (present.size() > keys) present.resize(keys);
  for (const std::string& key : present) {
    delete_key(0, keyspace.find(0, key));
    propagate();
  }
  return present.size();
}

void Node::key_changed(std::uint32_t database, std::string_view key, Session* writer) {
  if (!blocked_.empty()) note_ready(database, key);
  key_replaced(database, key, writer);
}

void Node::key_replaced(std::uint32_t database, std::string_view key, Session* writer) {
  touch_watchers(database, key);
  invalidate(key, writer);
  note_change(database, key, writer);
}

void Node::note_change(std::uint32_t database, std::string_view key, Session* writer) {
  if (observer != nullptr) report(database, key, writer);
  if (feed == nullptr || replica) return;
  const Item item = keyspace.find(database, key);
  replicate({.database = database,
             .key = std::string{key},
             .value = item ? ValuePointer{item->value} : ValuePointer{},
             .expires_at = item ? item->expires_at : no_expiry,
             .cause = cause_of(writer)},
            writer);
}

void Node::report(std::uint32_t database, std::string_view key, const Session* writer) {
  report(database, key, writer != nullptr ? writer->id : SessionId::none, cause_of(writer));
}

void Node::report(std::uint32_t database, std::string_view key, SessionId by, std::uint64_t cause) {
  const Item item = keyspace.find(database, key);
  observer->on_change({.at = now,
                       .database = database,
                       .key = key,
                       .value = item ? ValuePointer{item->value} : ValuePointer{},
                       .expires_at = item ? item->expires_at : no_expiry,
                       .by = by,
                       .cause = cause});
}

std::uint64_t Node::cause_of(const Session* writer) {
  if (writer == nullptr) return 0;
  return writer->blocked.active ? hash_of(writer->blocked.arguments) : hash_of(executing_);
}

void Node::flush(std::uint32_t first_database, std::uint32_t last_database, Session* writer) {
  for (std::uint32_t database = first_database; database <= last_database; ++database)
    touch_all_watchers(database, nullptr);
  if (feed != nullptr && !replica) {
    using enum ReplicatedChange::Kind;
    const bool all = last_database - first_database + 1 == keyspace.database_count();
    replicate({.kind = all ? flush_all : flush, .database = first_database, .cause = cause_of(writer)}, writer);
  }
  invalidate_all();
  for (std::uint32_t database = first_database; database <= last_database; ++database) {
    OrderedTable<Entry> flushed = keyspace.take(database);
    for (std::size_t position = 0; position < flushed.size(); ++position) {
      if (!blocked_.empty()) note_ready(database, flushed.at(position).key());
      if (observer != nullptr) report(database, flushed.at(position).key(), writer);
    }
  }
}

void Node::swap_databases(std::uint32_t first, std::uint32_t second, Session* writer) {
  if (first == second) return;
  if (feed != nullptr && !replica)
    replicate(
        {.kind = ReplicatedChange::Kind::swap, .database = first, .other_database = second, .cause = cause_of(writer)},
        writer);
  keyspace.swap(first, second);
  touch_all_watchers(first, &keyspace.database(second));
  touch_all_watchers(second, &keyspace.database(first));
  report_swapped(first, second, writer);
  report_swapped(second, first, writer);
}

void Node::report_all_absent() {
  for (std::uint32_t database = 0; observer != nullptr && database < keyspace.database_count(); ++database) {
    OrderedTable<Entry> lost = keyspace.take(database);
    for (std::size_t position = 0; position < lost.size(); ++position)
      report(database, lost.at(position).key(), nullptr);
  }
}

/// Every key of `database` whose content differs from what `before` holds now, which is what was here before.
void Node::report_swapped(std::uint32_t database, std::uint32_t before, Session* writer) {
  OrderedTable<Entry>& now_here = keyspace.database(database);
  OrderedTable<Entry>& was_here = keyspace.database(before);
  for (std::size_t position = 0; position < now_here.size(); ++position) {
    const Item item = now_here.at(position);
    if (!blocked_.empty()) note_ready(database, item.key());
    const Item former = was_here.find(item.key());
    const bool same = former && former->expires_at == item->expires_at && *former->value == *item->value;
    if (observer != nullptr && !same) report(database, item.key(), writer);
  }
  for (std::size_t position = 0; position < was_here.size(); ++position) {
    const std::string& key = was_here.at(position).key();
    if (now_here.find(key)) continue;
    if (!blocked_.empty()) note_ready(database, key);
    if (observer != nullptr) report(database, key, writer);
  }
}

}  // namespace trackside::sim::redis
