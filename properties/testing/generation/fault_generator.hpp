// What goes wrong in a scenario, by the generator's choices: single faults of every kind, and stories of several that
// belong together.
#pragma once

#include "properties/testing/generation/choices.hpp"
#include "sim/scenario.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

/// Which of the target's connections a fault hits. Where a client has two kinds of them, half of the faults that can
/// hit one kind alone do.
sim::FaultScope scope_of(Choices& choices, const sim::Scenario& scenario, const sim::Fault& fault,
                         std::string_view choice);

/// To a scenario whose clients and operations are there. What a story needs of those it adds.
void add_faults(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features);

}  // namespace trackside::testing
