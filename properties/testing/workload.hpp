// The operations of a generated scenario: reads, writes, transactions and flushes on few keys, in bursts.
#pragma once

#include "properties/testing/choices.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// Adds `count` operations between 0 and faults_end, in order. Requires the scenario's clients and writers.
void add_workload(Choices& choices, sim::Scenario& scenario, std::uint32_t count);

}  // namespace trackside::testing
