// Tries a cache of anybody's on the simulated server, and tells what it promised and did not keep.
//
//   const auto make = [](const trackside::CacheOptions& options) { return std::make_shared<OwnCache>(options); };
//   const auto findings = trackside::testing::try_cache(make, {.name = "own", .runs = 1000});
//   std::puts(trackside::testing::to_text(findings).c_str());
//   return findings.held() ? 0 : 1;
//
// The cache runs behind the shipped client, in worlds that follow from seeds: one to three clients, writers that know
// of no cache, a network and a Redis server that misbehave. Everything that was read is judged afterwards by the
// promises G1 to G8. What fails is shrunk to the few commands and faults that it takes, and told step by step. A
// complete program is properties/examples/own_cache.cpp.
//
// The same seed gives the same run on every machine, as long as the cache takes time only from the clock that it is
// initialized with, and chance from nowhere.
//
// Thread rule: a cache is used by one thread. Caches of different runs may be used by different threads at once, so
// they must not have anything mutable in common.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

struct TryOptions {
  /// Of the cache, in reports and scenarios. Not empty.
  std::string name = "own";
  std::uint64_t runs = 1000;
  /// Run i has seed `first_seed + i`.
  std::uint64_t first_seed = 1;
  /// Of real time: ends the search, not the shrinking.
  std::chrono::nanoseconds time_limit = std::chrono::nanoseconds::max();
  /// Threads; 0: one for each core. What is found does not depend on it.
  unsigned jobs = 1;
  /// What the cache can do; it is tried with nothing else.
  CacheFeatures features{};
  /// Runs that shrinking one failure may take. Up to five are shrunk for each promise, and the smallest is shown.
  std::uint32_t shrinking_runs_max = 300;
};

/// A promise that was broken, and the smallest world found in which it is.
struct BrokenPromise {
  std::string code;              // "G2"
  std::string name;              // "G2 bounded staleness"
  std::string sentence;          // what it says
  std::uint64_t seed = 0;        // of the lowest few that broke it, the one that became smallest
  std::uint64_t runs = 0;        // how many broke it, and no other promise before it
  std::string scenario;          // shrunk, as text; sim/README.md explains it
  std::size_t steps = 0;         // its commands and faults
  std::size_t steps_before = 0;  // those of the seed's own scenario
  std::string story;             // what happened, a line for each step; the one that breaks the promise is marked
  std::string expected;          // one sentence each, with times and values
  std::string got;
};

struct Findings {
  std::string name;
  std::uint64_t runs = 0;
  std::uint64_t reads = 0;  // that could be cached
  std::uint64_t hits = 0;   // of these, answered by the cache
  double virtual_hours = 0;
  std::vector<BrokenPromise> broken;  // by code

  /// Whether every promise held in every run. A cache that keeps nothing holds them all: look at `hits` too.
  bool held() const { return broken.empty(); }
};

/// Requires a factory, as `CacheFactory` says.
Findings try_cache(const CacheFactory& make, const TryOptions& options = {});

/// A report of one screen for each broken promise.
std::string to_text(const Findings& findings);

/// One run again.
struct Replay {
  std::string problem;  // why the text is no scenario; then nothing was run. Otherwise empty
  std::string story;
  /// The first promise that the run broke; `runs` is 1, and it is not shrunk.
  std::optional<BrokenPromise> broken;
};

/// The scenario as it stands, whichever subject it names: that of a `BrokenPromise`, a file of `trackside run`, or one
/// written by hand.
Replay replay(std::string_view scenario, const CacheFactory& make);
/// The run that `try_cache` made of this seed, given the same features and name.
Replay replay_seed(std::uint64_t seed, const CacheFactory& make, const TryOptions& options = {});

}  // namespace trackside::testing
