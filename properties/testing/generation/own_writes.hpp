// A story (stories.hpp) for most kinds of writes that a client sends itself: the reader who has kept what it changes is
// told of it late, and reads it again as soon as the write is answered.
#pragma once

#include "properties/testing/generation/choices.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// As `add_stories`, but operations are left in the order in which they were added.
void add_own_write(Choices& choices, sim::Scenario& scenario);

}  // namespace trackside::testing
