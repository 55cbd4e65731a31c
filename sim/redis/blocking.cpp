// Clients that wait for an element (BLPOP, BRPOP): kept in the order in which they came, served right after the
// command that made a list. Those that wait for something else stand in the same list.
//
// As in the real server, serving pops without a push of its own: the push of the element has told the trackers already.
#include <algorithm>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

void Node::block(Session& session, Arguments arguments, Arguments keys, bool from_left, Instant deadline) {
  Blocked& blocked = session.blocked;
  blocked = {};
  blocked.active = true;
  blocked.from_left = from_left;
  blocked.deadline = deadline;
  blocked.stored.assign(arguments.begin(), arguments.end());
  blocked.arguments.assign(blocked.stored.begin(), blocked.stored.end());
  blocked.keys.assign(keys.begin(), keys.end());
  blocked_.push_back(&session);
}

void Node::unblock(Session& session) {
  std::erase(blocked_, &session);
  session.blocked = {};
  unblocked_.push_back(&session);
}

void Node::note_ready(std::uint32_t database, std::string_view key) {
  const Item item = keyspace.find(database, key);
  if (!item || !std::holds_alternative<List>(item->value->content)) return;
  ready_keys_.push_back({database, std::string{key}});
}

void Node::serve_blocked_clients() {
  for (std::size_t index = 0; index < ready_keys_.size(); ++index) {
    const ReadyKey ready = ready_keys_[index];
    const std::vector<Session*> waiting = blocked_;
    for (Session* session : waiting) {
      const std::vector<std::string>& keys = session->blocked.keys;
      if (session->database != ready.database || std::find(keys.begin(), keys.end(), ready.key) == keys.end()) continue;
      if (!serve(*session, ready.key)) break;
    }
  }
  ready_keys_.clear();
}

bool Node::serve(Session& session, std::string_view key) {
  const Item item = keyspace.find(session.database, key);
  if (!item || !std::holds_alternative<List>(item->value->content)) return false;
  std::deque<std::string>& items = std::get<List>(Keyspace::writable(*item).content).items;
  std::string element = session.blocked.from_left ? std::move(items.front()) : std::move(items.back());
  if (session.blocked.from_left) items.pop_front();
  else items.pop_back();
  if (items.empty()) keyspace.erase(session.database, item);

  Reply reply{reply_sink(session), session.protocol};
  reply.array(2);
  reply.bulk(key);
  reply.bulk(element);
  mark_dirty(session);
  note_change(session.database, key, &session);
  unblock(session);
  return true;
}

}  // namespace trackside::sim::redis
