// What goes wrong in a scenario, by the generator's choices: single faults of every kind, and stories of several that
// belong together.
#pragma once

#include "properties/testing/choices.hpp"
#include "sim/scenario.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

/// To a scenario whose clients and operations are there. What a story needs of those it adds.
void add_faults(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features);

}  // namespace trackside::testing
