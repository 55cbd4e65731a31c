// What the promises mean for each client of a scenario: its bounds, and what its faults excuse.
#pragma once

#include <cstdint>

#include "model/history.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// The client whose store this one uses: itself, or the one that it shares with.
std::uint32_t store_owner_of(const sim::Scenario& scenario, std::uint32_t client);

model::ClientTerms terms_of(const sim::Scenario& scenario, std::uint32_t client);

}  // namespace trackside::testing
