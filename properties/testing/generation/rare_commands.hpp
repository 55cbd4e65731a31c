// Commands that few programs send, at random: of every form that the library treats in a way of its own, and those that
// only a careless program or a foreign one sends. A few in a hundred of a workload's.
#pragma once

#include <string>
#include <vector>

#include "properties/testing/generation/choices.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// Whether what a program does with its cache by itself (simulated_program.cpp) is among them.
enum class ProgramsOwn : std::uint8_t { left_out, included };

/// What a program does with its cache by itself, about keys with these numbers.
std::vector<std::string> programs_own_command(Choices& choices, std::uint64_t keys);

/// About keys with these numbers.
std::vector<std::string> rare_command(Choices& choices, const sim::Operation& operation, std::uint64_t keys,
                                      ProgramsOwn own);

}  // namespace trackside::testing
