// Where the servers of a world are found, and what they are at its beginning.
//
// Functions of the scenario alone. A node is counted from 0, as in a scenario's text: the primaries, the first replica
// of each, the second of each, ..., the spares. Neighbours: scenario.hpp, world.hpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/network/network.hpp"
#include "sim/scenario.hpp"

namespace trackside::sim {

constexpr ServerIndex server_index(std::uint32_t node) noexcept {
  return ServerIndex{static_cast<std::uint16_t>(node)};
}

/// A world without a cluster has one node, which is found everywhere.
Address address_of(std::uint32_t node);

/// The name under which a world's sentinels know their primary.
inline constexpr std::string_view sentinel_service = "the-service";

/// The primary whose slots the node serves or copies at the beginning. Requires a member.
constexpr std::uint32_t primary_of(const ClusterSetup& cluster, std::uint32_t node) noexcept {
  return node % cluster.primaries;
}

/// The primary's slots at the beginning are [first_slot(primary), first_slot(primary + 1)).
std::uint32_t first_slot(const ClusterSetup& cluster, std::uint32_t primary) noexcept;

}  // namespace trackside::sim
