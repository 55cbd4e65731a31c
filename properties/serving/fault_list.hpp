// Faults of a served world, out of what a person writes: `restart_server@10s+2s,freeze_server:1@20s,random`.
//
// NAME[:NODE]@TIME[+DURATION], or `random`, which draws one every five to fifteen seconds for a day, by the seed alone.
// Names are those of sim/scenario.hpp. Faults of connections hit every client, for there are no others to tell apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario.hpp"

namespace trackside::serving {

struct FaultList {
  std::vector<sim::Fault> faults{};  // by time, with ids that count up from 1
  std::string problem{};             // what is wrong with the text; empty: nothing
};

struct FaultSurroundings {
  std::uint32_t nodes = 1;
  std::uint32_t primaries = 0;  // 0: no cluster
  std::uint64_t seed = 1;
};

FaultList parse_faults(std::string_view text, const FaultSurroundings& surroundings);

/// "60s", "1500ms", "2m", "1h" or "60" (seconds), up to 30 days; nothing if it is none of these.
std::optional<sim::Instant> duration_of(std::string_view text);

}  // namespace trackside::serving
