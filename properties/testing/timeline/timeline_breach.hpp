// How it came to what broke, for whoever looks at it first: the reply that was kept, the change that overtook it, what
// became of the invalidation, and who was served. Found in the timeline itself.
#pragma once

#include <cstdint>

#include "model/rules.hpp"
#include "properties/testing/timeline/timeline.hpp"

namespace trackside::testing {

/// Whose operation it was, or whose cache; either may be none.
struct WhoBroke {
  std::uint32_t operation = Timeline::none;
  Timeline::LaneIndex lane = Timeline::none;
};
/// Requires a timeline that is complete but for its breach.
Timeline::Breach explain_breach(const Timeline& timeline, const model::Violation& violation, const WhoBroke& by);

}  // namespace trackside::testing
