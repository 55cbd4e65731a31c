// Publish and subscribe: a session's subscriptions, and messages to those who listen.
//
// A RESP2 session that listens to anything is in subscribe mode: it may say little (execution.cpp), is told of
// invalidations as messages (pushes.cpp), is never idle (timers.cpp), and has the output limit of its class
// (sessions.cpp). Messages pass CLIENT REPLY OFF and come at once: before the publisher's reply where he listens
// himself, also inside an EXEC's.
#include <algorithm>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

bool Node::subscribe(Session& session, SubscriptionKind kind, std::string_view name) {
  std::vector<std::string>& own = session.topics(kind);
  if (std::find(own.begin(), own.end(), name) != own.end()) return false;
  own.emplace_back(name);
  subscriptions(kind).add(name, session.client_id);
  return true;
}

bool Node::unsubscribe(Session& session, SubscriptionKind kind, std::string_view name) {
  std::vector<std::string>& own = session.topics(kind);
  const auto found = std::find(own.begin(), own.end(), name);
  if (found == own.end()) return false;
  subscriptions(kind).remove(name, session.client_id);
  own.erase(found);
  if (!session.subscribed()) schedule_idle_check();  // it can be idle again
  return true;
}

void Node::unsubscribe_all(Session& session) {
  for (const SubscriptionKind kind : {SubscriptionKind::channel, SubscriptionKind::pattern})
    while (!session.topics(kind).empty()) unsubscribe(session, kind, std::string{session.topics(kind).back()});
}

std::int64_t Node::publish(std::string_view channel, std::string_view message) {
  if (current != nullptr) mark_dirty(*current);  // what it has been answered already counts as queued before
  std::int64_t receivers = 0;
  const auto tell = [&](const Subscriptions::Topic& topic, std::string_view kind, bool by_pattern) {
    for (const ClientId id : topic.listeners) {
      Session* listener = find_client(id);
      require(listener != nullptr, "whoever left listens no more");
      ++receivers;
      std::string* out = begin_push(*listener);
      if (out == nullptr) continue;
      resp::push_header(*out, by_pattern ? 4 : 3, listener->protocol);
      resp::bulk(*out, kind);
      if (by_pattern) resp::bulk(*out, topic.name);
      resp::bulk(*out, channel);
      resp::bulk(*out, message);
      end_push(*listener);
    }
  };
  for (const Subscriptions::Topic& topic : channels.topics())
    if (topic.name == channel) tell(topic, "message", false);
  for (const Subscriptions::Topic& topic : patterns.topics())
    if (glob_match(topic.name, channel)) tell(topic, "pmessage", true);
  return receivers;
}

}  // namespace trackside::sim::redis
