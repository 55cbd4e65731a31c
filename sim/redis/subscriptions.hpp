// Who listens to which channels, or to which patterns of them: pure bookkeeping, no sending.
//
// Listeners of a topic are told in the order in which they came, as in the real server. Invariant: every topic has a
// listener. A session's own list of topics says the same from its side. Neighbour: pubsub.cpp keeps the two together.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/tracking.hpp"

namespace trackside::sim::redis {

class Subscriptions {
 public:
  struct Topic {
    std::string name;  // of a channel, or the pattern
    std::vector<ClientId> listeners;
  };

  void add(std::string_view name, ClientId client) {
    auto topic = find(name);
    if (topic == topics_.end()) topic = topics_.insert(topic, {std::string{name}, {}});
    topic->listeners.push_back(client);
  }

  /// Requires that the client listens to it.
  void remove(std::string_view name, ClientId client) {
    const auto topic = find(name);
    require(topic != topics_.end(), "who listens is known");
    std::erase(topic->listeners, client);
    if (topic->listeners.empty()) topics_.erase(topic);
  }

  /// In the order of their first listeners.
  const std::vector<Topic>& topics() const { return topics_; }

 private:
  std::vector<Topic>::iterator find(std::string_view name) {
    return std::find_if(topics_.begin(), topics_.end(), [&](const Topic& topic) { return topic.name == name; });
  }

  std::vector<Topic> topics_;
};

}  // namespace trackside::sim::redis
