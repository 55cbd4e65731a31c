// Who serves which slots, as one node of the cluster tells it.
// Source: CLUSTER NODES, which unlike CLUSTER SLOTS and SHARDS tells the epoch of each claim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trackside/runtime.hpp"

namespace trackside::cluster {

/// Between two questions for it, if nothing calls for one before.
inline constexpr Duration usual_between_refreshes = std::chrono::seconds{10};

/// First and last slot, both included.
using SlotRange = std::pair<std::uint16_t, std::uint16_t>;

struct NodeClaim {
  Endpoint endpoint{};
  std::string id{};
  std::string primary_id{};  // of a replica
  bool is_primary = false;
  bool is_suspected = false;  // whoever told does not reach it (PFAIL, FAIL)
  std::uint64_t config_epoch = 0;
  std::vector<SlotRange> slots{};  // of a primary
};

/// Nothing unless every line makes sense. Nodes without an address, or still in handshake, are left out. At most
/// `nodes_max` nodes and `text_max` bytes, and no more slots than there are. `answered_by` is where the text came from:
/// a node may not know its own host.
std::optional<std::vector<NodeClaim>> read_nodes(std::string_view text, const Endpoint& answered_by);
inline constexpr std::size_t nodes_max = 1024;
inline constexpr std::size_t text_max = std::size_t{4} * 1024 * 1024;

}  // namespace trackside::cluster
