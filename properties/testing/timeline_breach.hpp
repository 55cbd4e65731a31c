// How it came to what broke, for whoever looks at it first: the reply that was kept, the change that overtook it, what
// became of the invalidation, and who was served. Found in the timeline itself.
#pragma once

#include "model/rules.hpp"
#include "properties/testing/timeline.hpp"

namespace trackside::testing {

/// Requires a timeline that is complete but for its breach; `operation` is that of the violation in it, or none.
Timeline::Breach explain_breach(const Timeline& timeline, const model::Violation& violation, std::uint32_t operation);

}  // namespace trackside::testing
