// One scenario run twice in one process, the second time in memory that looks otherwise; where the runs part (G12).
//
// What must not matter lies elsewhere the second time or holds other bytes: addresses on the heap, what is in memory
// that nobody has written yet, on the heap and on the stack, and the time of day. So a run that depends on an address,
// on a byte that was never written or on a clock of the machine parts from its first one, at the event that showed it.
// Neighbours: run.hpp; `trackside determinism` and determinism_test.cpp (who use it).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "properties/testing/running/run.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// The first event that differs: another one, or one in which something else was sent or answered.
struct Parting {
  std::uint64_t event = 0;  // by its number, from 1
  sim::Instant at = 0;      // when it ran in the run where it was earlier
  std::string first{};      // the event, and what the story says of that instant; one line each
  std::string second{};
};

/// Nothing if both are one run. `make`: as in RunOptions.
std::optional<Parting> run_twice(const sim::Scenario& scenario, const CacheFactory& make = {});

/// "1.500000000 to_client 3 00f1a2b3c4d5e6f7": time, kind, entity, hash. Lists of these from two builds can be
/// compared.
std::string to_text(const sim::Step& step);

}  // namespace trackside::testing
