// Keys on their way to another node: the source's half of MIGRATE, and RESTORE-ASKING at the target.
//
// The real MIGRATE holds up the whole server until the target has answered. So does this one: while it is under way
// input waits, timers stand still, and all of it goes on when `finish_migration` has said how it went.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

std::optional<MovingKey> Node::export_key(std::string_view key) {
  const Item item = lookup(0, key);
  if (!item) return {};
  const std::int64_t left = item->expires_at - unix_milliseconds();
  return MovingKey{std::string{key}, item->value, item->expires_at == no_expiry ? -1 : std::max<std::int64_t>(left, 1)};
}

void Node::delete_exported(std::string_view key) {
  const Item item = keyspace.find(0, key);
  if (!item) return;
  keyspace.erase(0, item);
  key_changed(0, key, nullptr);
}

std::string Node::import_key(const MovingKey& key, Server::IfPresent if_present) {
  if (cluster != nullptr) {
    const std::string_view name = key.key;
    const Route to = route({.keys = {&name, 1}, .write = true, .asking = true});
    if (to.refusal != Refusal::none) return text_of(to, *cluster);
  }
  if (replica) return "READONLY You can't write against a read only replica.";
  const Item present = lookup(0, key.key);
  if (present && if_present == Server::IfPresent::refuse) return "BUSYKEY Target key name already exists.";
  if (present) keyspace.erase(0, present);
  const Item item = keyspace.put(0, key.key, std::const_pointer_cast<Value>(key.value));
  if (key.ttl_milliseconds >= 0) keyspace.set_expiry(0, item, unix_milliseconds() + key.ttl_milliseconds);
  key_changed(0, key.key, nullptr);
  return {};
}

void Node::start_migration(Session& session, Arguments arguments, Migration request) {
  block(session, arguments, {}, nullptr, end_of_time);
  session.blocked.reason = BlockedFor::migration;
  migration = std::move(request);
  requests->migrate(*migration);
}

void Node::finish_migration(std::span<const std::string> errors, std::string_view failure) {
  require(migration.has_value(), "only a migration that is under way ends");
  const Migration done = *std::exchange(migration, std::nullopt);
  Session* session = find(done.by);
  if (session != nullptr && session->state != SessionState::normal) session = nullptr;
  current = session;
  ++nesting_;
  std::string_view first_error;
  for (std::size_t index = 0; index < errors.size(); ++index) {
    const std::string& key = done.keys[index].key;
    if (first_error.empty()) first_error = errors[index];
    if (!errors[index].empty() || done.copy) continue;
    const Item item = keyspace.find(0, key);
    if (!item) continue;  // it was named twice
    keyspace.erase(0, item);
    key_changed(0, key, session);
  }
  --nesting_;
  if (session != nullptr) {
    Reply reply{reply_sink(*session), session->protocol};
    if (!first_error.empty()) reply.error(fmt::format("ERR Target instance replied with error: {}", first_error));
    else if (!failure.empty()) reply.error(failure);
    else reply.ok();
    deliver_pending_pushes();
    unblock(*session);
    std::erase(unblocked_, session);  // it goes on at once, before anybody else
    finish_command(*session, session->last_command);
  } else {
    pending_pushes_.clear();
  }
  current = nullptr;
  propagate();
  if (session != nullptr) process(*session);
  execute_waiting_input();
}

void Node::note_waiting_input(SessionId session) {
  if (std::find(waiting_input_.begin(), waiting_input_.end(), session) == waiting_input_.end())
    waiting_input_.push_back(session);
}

void Node::execute_waiting_input() {
  while (!waiting_input_.empty() && !migration) {
    Session* session = find(waiting_input_.front());
    waiting_input_.erase(waiting_input_.begin());
    if (session != nullptr) process(*session);
  }
}

}  // namespace trackside::sim::redis
