// What the generator chooses only for worlds with sentinels: the servers, and the faults between them.
#pragma once

#include "properties/testing/generation/choices.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// Makes the world one whose primary is watched by sentinels. Requires that it has no cluster.
void add_sentinels(Choices& choices, sim::Scenario& scenario);

/// Faults between the servers, and failovers; faults that are there already may come to strike another server.
/// Leaves the order and the numbers of faults to the caller. Requires sentinels and clients.
void add_sentinel_faults(Choices& choices, sim::Scenario& scenario);

}  // namespace trackside::testing
