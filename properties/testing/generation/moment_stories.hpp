// Stories (stories.hpp) of what happens within the flight of a message, or within one turn of the server.
#pragma once

#include "properties/testing/generation/choices.hpp"
#include "sim/scenario.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

/// As `add_stories`, but operations are left in the order in which they were added.
void add_moment_stories(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features);

}  // namespace trackside::testing
