// Many runs, over all cores, with a result that does not depend on how many there are.
//
// With a factory in the generator's options its caches are tried, otherwise the subject of that name.
//
// Run i has seed `first_seed + i` (or the i-th of a shard); its hash enters the total by a sum, so order does not
// matter. Every promise that broke is reported by the run with the lowest seed that broke it.
//
// Where the first broken promise ends it, `first_broken` is the same run whatever the number of threads is; the totals
// hold the runs that were under way beside it, too.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "properties/testing/generation/generator.hpp"
#include "properties/testing/running/run.hpp"

namespace trackside::testing {

struct Exploration {
  GeneratorOptions generator{};
  std::uint64_t first_seed = 1;
  std::uint64_t runs = 0;               // at most
  std::chrono::nanoseconds time_limit = std::chrono::nanoseconds::max();
  unsigned jobs = 1;
  std::uint64_t shard = 0;              // takes the runs whose number is `shard` modulo `shards`
  std::uint64_t shards = 1;
  bool until_broken = false;            // no run is begun after one broke a promise
};

inline constexpr std::size_t failing_seeds_kept = 8;  // of each promise

/// The run with the lowest number that broke a promise, and how many runs that took.
struct FirstBroken {
  std::uint64_t runs = 0;
  std::uint64_t seed = 0;
  model::Promise promise{};
};

struct Totals {
  std::uint64_t runs = 0;
  std::uint64_t violations = 0;  // runs that broke a promise
  std::uint64_t events = 0;
  std::uint64_t hash = 0;
  double virtual_seconds = 0;
  double wall_seconds = 0;
  std::uint64_t reads = 0;
  std::uint64_t hits = 0;
  std::array<std::uint64_t, sim::fault_kinds> faults{};          // times that each kind did something
  std::array<std::uint64_t, sim::fault_kinds> runs_with_fault{};  // runs in which it did
  std::array<std::uint64_t, sim::cluster_effects> cluster_effects{};
  std::uint64_t clusters = 0;  // runs in a world with a cluster
  std::array<std::uint64_t, model::promises> checked{};
  std::array<std::uint64_t, model::promises> broken{};
  struct OfStrategy {
    std::uint64_t runs = 0;
    std::uint64_t violations = 0;
  };
  std::map<std::string, OfStrategy> strategies;
  MarkCounts marks{};           // times that each was met
  MarkCounts runs_with_mark{};  // runs in which it was
  std::map<model::Promise, std::set<std::uint64_t>> failing_seeds;  // the lowest few
  std::optional<FirstBroken> first_broken;
};

/// Seen by another thread while the exploration goes on.
struct Progress {
  std::atomic<std::uint64_t> runs{0};
  std::atomic<std::uint64_t> violations{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> virtual_milliseconds{0};
  std::atomic<bool> stop{false};  // set it to end with what there is
};

Totals explore(const Exploration& exploration, Progress& progress);

/// The seed of the run that this thread is in, for whoever has to tell of a process that ends there.
std::uint64_t seed_under_way();

/// The seed of a run's number, as `explore` gives it.
std::uint64_t seed_of(const Exploration& exploration, std::uint64_t number);

}  // namespace trackside::testing
