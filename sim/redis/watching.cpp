// WATCH: which sessions hear that a key they rely on has changed before their EXEC.
//
// A key that was expired but not yet deleted when WATCH came counts as absent already: its deletion is no change.
#include <algorithm>

#include "sim/redis/node.hpp"

namespace trackside::sim::redis {

void Node::watch(Session& session, std::string_view key) {
  std::vector<WatchedKey>& watched = session.transaction.watched;
  for (const WatchedKey& other : watched)
    if (other.database == session.database && other.key == key) return;
  const Item item = keyspace.find(session.database, key);
  if (watched.empty()) watching_.push_back(&session);
  watched.push_back({session.database, std::string{key}, item && item->expired_at(unix_milliseconds())});
}

void Node::unwatch(Session& session) {
  if (session.transaction.watched.empty()) return;
  session.transaction.watched.clear();
  std::erase(watching_, &session);
}

void Node::discard_transaction(Session& session) {
  unwatch(session);
  session.transaction.open = session.transaction.refused = session.transaction.outdated = false;
  session.transaction.queue.clear();
}

bool Node::watched_key_expired(const Session& session) {
  const std::int64_t wall_clock = unix_milliseconds();
  return std::any_of(session.transaction.watched.begin(), session.transaction.watched.end(),
                     [&](const WatchedKey& watched) {
                       const Item item = keyspace.find(watched.database, watched.key);
                       return !watched.expired && item && item->expired_at(wall_clock);
                     });
}

void Node::touch_watchers(std::uint32_t database, std::string_view key) {
  for (Session* session : watching_) {
    for (WatchedKey& watched : session->transaction.watched) {
      if (watched.database != database || watched.key != key) continue;
      if (watched.expired && !keyspace.find(database, key)) watched.expired = false;
      else session->transaction.outdated = true;
    }
  }
}

/// All of `database` went away; with SWAPDB `replacement` holds what it had, and the new content is in place.
void Node::touch_all_watchers(std::uint32_t database, OrderedTable<Entry>* replacement) {
  for (Session* session : watching_) {
    for (WatchedKey& watched : session->transaction.watched) {
      if (watched.database != database) continue;
      const bool present = static_cast<bool>(keyspace.find(database, watched.key));
      const bool elsewhere = replacement != nullptr && replacement->find(watched.key);
      if (!present && !elsewhere) continue;
      if (watched.expired && !elsewhere) watched.expired = false;
      else session->transaction.outdated = true;
    }
  }
}

}  // namespace trackside::sim::redis
