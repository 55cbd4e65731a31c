// The strategies themselves, one file each. Neighbours: strategy.hpp says what they are for.
#pragma once

#include <memory>

#include "sim/kernel/strategy.hpp"

namespace trackside::sim {

std::unique_ptr<Strategy> make_uniform(std::uint64_t seed);
std::unique_ptr<Strategy> make_heavy(std::uint64_t seed);
std::unique_ptr<Strategy> make_pct(std::uint64_t seed, Instant end);
std::unique_ptr<Strategy> make_swizzle(std::uint64_t seed, Instant end);
std::unique_ptr<Strategy> make_burst(std::uint64_t seed);
std::unique_ptr<Strategy> make_orders();

}  // namespace trackside::sim
