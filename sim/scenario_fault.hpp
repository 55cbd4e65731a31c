// One fault's line of a scenario's text: how it is written, and how it is read back.
//
// Neighbours: scenario.hpp (the value), scenario_cluster.hpp (the faults that only a cluster has), scenario_words.hpp.
#pragma once

#include <string>

#include "sim/scenario.hpp"
#include "sim/scenario_words.hpp"

namespace trackside::sim {

void print_fault(const Fault& fault, std::string& out);
/// The rest of the line, behind the word `fault`. Whether its target and its nodes are there, the caller knows.
Fault read_fault(LineReader& reader);

}  // namespace trackside::sim
