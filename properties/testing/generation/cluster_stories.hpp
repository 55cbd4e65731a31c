// Faults and operations that belong together, of worlds with a cluster (stories.hpp).
#pragma once

#include <cstdint>

#include "properties/testing/generation/choices.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// Of any key that is named, however often. Requires operations.
std::uint16_t any_slot(Choices& choices, const sim::Scenario& scenario);
/// What a primary drops when a slot is stolen stays at its replicas, for ever (Redis 7.0): who reads there gets it.
bool reads_replicas(const sim::Scenario& scenario);

/// Adds some, or none. Leaves the order and the numbers of faults to the caller; operations are in order. The user of
/// the clients may lose his shard channels. Requires a cluster, operations, clients and writers.
void add_cluster_stories(Choices& choices, sim::Scenario& scenario);

}  // namespace trackside::testing
