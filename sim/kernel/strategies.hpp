// The strategies themselves, one file each. Neighbours: strategy.hpp says what they are for.
#pragma once

#include <memory>

#include "sim/kernel/strategy.hpp"

namespace trackside::sim {

std::unique_ptr<Strategy> make_uniform(std::uint64_t seed);
std::unique_ptr<Strategy> make_heavy(std::uint64_t seed);
std::unique_ptr<Strategy> make_mixed(std::uint64_t seed);

}  // namespace trackside::sim
