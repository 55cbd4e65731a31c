// The operations of a generated scenario: reads, writes, transactions and flushes on few keys, in bursts.
#pragma once

#include "properties/testing/generation/choices.hpp"
#include "properties/testing/generation/rare_commands.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// What is no command of Redis: CANCEL and CACHE of a client (simulated_client.hpp), RAW of a writer.
bool is_by_the_harness(const sim::Operation& operation);

/// The list that such an operation waits for as long as there is nothing in it; null: it is another operation.
const std::string* waits_without_end(const sim::Operation& operation);

/// Writes a key that it does not name. Not for a cluster, where a node may not have it.
std::vector<std::string> script_of(const std::string& key, const std::string& value);

/// One more, behind those that are there: before the faults end, with the next number.
void add_operation(sim::Scenario& scenario, sim::Instant at, sim::Actor actor, std::vector<std::string> words);
/// By time; of those of one instant each stays where it was.
void sort_operations(sim::Scenario& scenario);

/// Adds as many operations as are `wanted` between 0 and faults_end, in order; 0: as many as chance will have it, and
/// in half of the worlds a client that asks for a key of its own all the time. Requires clients and writers.
void add_workload(Choices& choices, sim::Scenario& scenario, std::uint32_t wanted,
                  ProgramsOwn own = ProgramsOwn::included);

}  // namespace trackside::testing
