// Whether a node in cluster mode serves a request, and if not, whom it names instead.
//
// A pure judgement of keys against a view; redirection.cpp applies the real server's rules in the real server's order.
// Neighbours: execution.cpp asks before each command, before EXEC, and for what scripts do; timers.cpp for the blocked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sim/redis/cluster_view.hpp"

namespace trackside::sim::redis {

enum class Refusal : std::uint8_t {
  none,
  cross_slot,
  try_again,       // several keys of a slot on the move, not all of them here
  ask,             // not here any more, or not yet: ask there, once
  moved,           // another node's slot
  unbound,         // nobody's slot
  down,            // the cluster as a whole
  down_for_writes  // the same where reads are allowed all the same
};

struct Route {
  Refusal refusal = Refusal::none;
  std::uint16_t slot = 0;
  NodeIndex to = itself;
};

/// What matters of a request and of who sent it.
struct Query {
  std::span<const std::string_view> keys;
  bool channels = false;      // they are shard channels: never missing, served while the cluster is down
  bool write = false;         // the command is flagged so
  bool writes_later = false;  // EXEC of something that writes
  bool moves_keys = false;    // MIGRATE: serves open slots whatever is there
  bool asking = false;
  bool read_only = false;  // READONLY was said
};

/// The error reply without its '-'. Requires a refusal.
std::string text_of(const Route& route, const ClusterView& view);

}  // namespace trackside::sim::redis
