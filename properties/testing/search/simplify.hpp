// Plainer scenarios of the same size: each function changes one thing of a scenario, or nothing.
// Neighbour: reducer.hpp, which keeps those that still fail.
#pragma once

#include <functional>
#include <vector>

#include "sim/scenario.hpp"

namespace trackside::testing {

using Simplification = std::function<void(sim::Scenario&)>;

/// What may be made plainer in this scenario, in the order in which it is worth trying.
std::vector<Simplification> simplifications_of(const sim::Scenario& scenario);

}  // namespace trackside::testing
