// What a scenario's text says of a cluster: the line `cluster`, and the faults that only a cluster has.
//
// Both are written only where a scenario has them, so that old texts stay as they are. Neighbours: scenario.hpp (the
// values), scenario_fault.hpp (the rest of a fault's line), scenario_words.hpp (the words of a line).
#pragma once

#include <string>

#include "sim/scenario.hpp"
#include "sim/scenario_words.hpp"

namespace trackside::sim {

void print_sentinels(const SentinelSetup& sentinels, std::string& out);
SentinelSetup read_sentinels(LineReader& reader);
void print_cluster(const ClusterSetup& cluster, std::string& out);
/// The rest of the line, behind the word `cluster`.
ClusterSetup read_cluster(LineReader& reader);

/// What stands behind the fault's kind. Requires is_cluster_fault(fault.kind).
void print_cluster_fault(const Fault& fault, std::string& out);
void read_cluster_fault(LineReader& reader, Fault& fault);

}  // namespace trackside::sim
