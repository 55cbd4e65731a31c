// Makes a failing scenario small: fewer kinds of faults, operations, faults and delays, as long as the same promise
// breaks.
//
// First the run's own decisions are put on a tape, so that from then on everything not listed is benign; then parts are
// left out by delta debugging (Zeller and Hildebrandt, 2002). Because decisions go by names, what is left keeps its
// delays while other things disappear.
#pragma once

#include <cstdint>

#include "model/rules.hpp"
#include "sim/scenario.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

struct Reduction {
  sim::Scenario scenario;
  std::uint32_t executions = 0;
  std::size_t steps_before = 0;  // operations and faults
  std::size_t steps = 0;
};

/// Requires a scenario whose run breaks `promise`, with the caches of `make` unless that is empty. The result breaks
/// it too.
Reduction reduce(const sim::Scenario& scenario, model::Promise promise, std::uint32_t executions_max = 300,
                 const CacheFactory& make = {});

}  // namespace trackside::testing
