// What the generator chooses only for worlds with a cluster: the nodes, which slots the keys are in, and the faults.
#pragma once

#include "properties/testing/generation/choices.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// Makes the world one with a cluster, and its clients such as can use one. Requires clients.
void add_cluster(Choices& choices, sim::Scenario& scenario);

/// Renames the keys of all operations, so that some share a slot. Requires a cluster.
void spread_over_slots(Choices& choices, sim::Scenario& scenario);

/// Faults between the nodes, and orders to them; faults that are there already may come to strike one node alone.
/// Leaves the order and the numbers of faults to the caller. Requires a cluster and operations.
void add_cluster_faults(Choices& choices, sim::Scenario& scenario);

}  // namespace trackside::testing
