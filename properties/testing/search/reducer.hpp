// Makes a failing scenario small: fewer kinds of faults, operations, faults and delays, as long as the same promise
// breaks in the same way (`RunResult::way`).
//
// First the run's own decisions are put on a tape, so that from then on everything not listed is benign, and what began
// when something else ended begins when it did. Then parts are left out by delta debugging (Zeller and Hildebrandt,
// 2002); because decisions go by names, what is left keeps its delays while other things disappear. Last, what is left
// is made plain, so that failures of one cause come to look alike: fewer clients, nodes and keys, default settings,
// shorter times, GET and SET instead of what else reads and writes, a reset instead of other ends of connections.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "model/rules.hpp"
#include "sim/scenario.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

inline constexpr std::uint32_t executions_by_default = 1'000;

struct Reduction {
  sim::Scenario scenario;
  std::string way;  // in which it breaks the promise
  std::uint32_t executions = 0;
  std::size_t steps_before = 0;  // operations and faults
  std::size_t steps = 0;
};

/// Requires a scenario whose run breaks `promise`, with the caches of `make` unless that is empty. The result breaks
/// it too.
Reduction reduce(const sim::Scenario& scenario, model::Promise promise,
                 std::uint32_t executions_max = executions_by_default, const CacheFactory& make = {});

/// What reductions of failures with one cause have in common, mostly: in which way a promise breaks, what should have
/// kept it (Timeline::Breach::cause), and by what kinds of faults, operations and settings it came about; none of the
/// latter where the cache was told and did not heed it.
struct Signature {
  std::string way;
  std::string cause;
  std::set<std::string> things;

  friend bool operator==(const Signature&, const Signature&) = default;
};
/// `make`: whose cache it was, as in RunOptions.
Signature signature_of(const Reduction& reduction, const CacheFactory& make = {});

}  // namespace trackside::testing
