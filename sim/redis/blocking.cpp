// Clients that wait for an element (BLPOP, BZPOPMIN, XREAD and their kin): kept in the order in which they came, served
// right after the command that made one. Those that wait for something else stand in the same list.
//
// What serving one looks like is the business of its command, which left a function for it.
#include <algorithm>
#include <utility>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

void Node::block(Session& session, Arguments arguments, Arguments keys, ServeBlocked server, Instant deadline) {
  Blocked& blocked = session.blocked;
  blocked = {};
  blocked.active = true;
  blocked.command = session.last_command;
  blocked.serve = server;
  blocked.deadline = deadline;
  blocked.stored.assign(arguments.begin(), arguments.end());
  blocked.arguments.assign(blocked.stored.begin(), blocked.stored.end());
  blocked.keys.assign(keys.begin(), keys.end());
  blocked_.push_back(&session);
}

void Node::unblock(Session& session) {
  std::erase(blocked_, &session);
  if (session.blocked.reason != BlockedFor::pause) forget_command(session, session.blocked.command);
  session.blocked = {};
  unblocked_.push_back(&session);
}

bool Node::was_unblocked(const Session& session) const {
  return std::find(unblocked_.begin(), unblocked_.end(), &session) != unblocked_.end();
}

void Node::note_ready(std::uint32_t database, std::string_view key) {
  ready_keys_.push_back({database, std::string{key}});
}

bool Node::somebody_awaits_a_stream() const {
  return std::any_of(blocked_.begin(), blocked_.end(), [](const Session* session) {
    const Blocked& blocked = session->blocked;
    return blocked.reason == BlockedFor::element && blocked.command->name.starts_with("xread");
  });
}

void Node::serve_blocked_clients() {
  for (std::size_t index = 0; index < ready_keys_.size(); ++index) {
    const ReadyKey ready = ready_keys_[index];
    const std::vector<Session*> waiting = blocked_;
    for (Session* session : waiting) {
      const std::vector<std::string>& keys = session->blocked.keys;
      if (session->database != ready.database || std::find(keys.begin(), keys.end(), ready.key) == keys.end()) continue;
      serve(*session, ready.key);
    }
  }
  ready_keys_.clear();
}

void Node::serve(Session& session, std::string_view key) {
  if (session.blocked.serve == nullptr) return;
  Context context{*this, session, *session.blocked.command, session.blocked.arguments};
  Session* const other = std::exchange(current, &session);
  ++nesting_;
  const bool served = session.blocked.serve(context, key);
  --nesting_;
  if (served) deliver_pending_pushes();
  current = other;
  if (!served) return;
  mark_dirty(session);
  unblock(session);
}

}  // namespace trackside::sim::redis
