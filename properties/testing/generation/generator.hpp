// Makes a scenario out of a seed: how many clients, how they are set, what they and foreign writers do, what goes
// wrong.
//
// Sizes differ from run to run, from one key and two operations within a millisecond to hundreds over half a minute;
// half of the runs may have every kind of fault, the other half a random subset (swarm testing, Groce et al.,
// ISSTA 2012). Every choice has a name, so a new one leaves all others as they were.
#pragma once

#include <cstdint>
#include <string>

#include "sim/scenario.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

/// What the world consists of: chosen by the seed, one standalone node, a cluster, or what sentinels watch.
enum class WorldKind : std::uint8_t { any, node, cluster, sentinels };

struct GeneratorOptions {
  std::string subject = "verified";
  std::string strategy{};                  // empty: chosen by the seed
  std::uint32_t operations = 0;            // 0: chosen by the seed
  WorldKind world = WorldKind::any;
  CacheFeatures features = every_feature;  // what is not among them does not occur
  CacheFactory make{};  // its caches have the last word on how their clients are set; empty: the seed has it
};

sim::Scenario generate(std::uint64_t seed, const GeneratorOptions& options);

}  // namespace trackside::testing
