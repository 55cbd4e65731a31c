// Who listens to which shard channels, by slot: pure bookkeeping, no sending.
//
// Kept in order of slot and name, as the real server's radix tree keeps them: when slots leave, subscriptions end in
// that order, and within a channel in the order in which its listeners came. Each channel remembers who owned its slot
// when that was last judged, so that whoever changes owners need not say which.
// Invariant: every channel has a listener.
// Neighbour: shard_pubsub.cpp keeps a session's own list in step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resp/slot.hpp"
#include "sim/kernel/assertion.hpp"
#include "sim/redis/cluster_view.hpp"
#include "sim/redis/tracking.hpp"

namespace trackside::sim::redis {

class ShardChannels {
 public:
  struct Listeners {
    NodeIndex owner;
    std::vector<ClientId> clients;
  };
  using Key = std::pair<std::uint16_t, std::string>;

  static Key key_of(std::string_view channel) { return {resp::slot_of(channel), std::string{channel}}; }

  void add(std::string_view channel, ClientId client, NodeIndex owner) {
    channels_.try_emplace(key_of(channel), Listeners{owner, {}}).first->second.clients.push_back(client);
  }

  /// Requires that the client listens to it.
  void remove(std::string_view channel, ClientId client) {
    const auto found = channels_.find(key_of(channel));
    require(found != channels_.end(), "who listens is known");
    std::erase(found->second.clients, client);
    if (found->second.clients.empty()) channels_.erase(found);
  }

  /// Null if nobody listens.
  const Listeners* find(std::string_view channel) const {
    const auto found = channels_.find(key_of(channel));
    return found == channels_.end() ? nullptr : &found->second;
  }

  std::map<Key, Listeners>& all() { return channels_; }
  const std::map<Key, Listeners>& all() const { return channels_; }

 private:
  std::map<Key, Listeners> channels_;
};

}  // namespace trackside::sim::redis
