// Runs one scenario: the shipped client and the subject's cache on the simulated world, watched, then judged.
//
// A run has three parts. First the scenario's operations under its faults. Then the world heals and has a stated time
// to settle (`settling_time`). Then every client asks every question of the scenario twice and must get what is
// current, from a healthy cache, with nothing left over. Everything depends on the scenario alone.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/rules.hpp"
#include "seam/mark.hpp"
#include "sim/kernel/scheduler.hpp"
#include "sim/network/effects.hpp"
#include "sim/orders.hpp"
#include "sim/scenario.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

/// How long after the last fault a client may need until everything is well: to notice a silent link (max_idle), to
/// give up a connection attempt and a pause before the next, and a second for the rest.
sim::Instant settling_time(const sim::ClientSetup& setup);

struct Subject;
struct Timeline;

struct StoryLine {
  sim::Instant at = 0;
  std::string who;
  std::string text;
};

struct RunOptions {
  bool story = false;     // collect the lines of the story
  bool timeline = false;  // collect what a picture of the run shows
  bool tape = false;      // collect the decisions that were not benign
  const std::vector<sim::Decision>* former = nullptr;  // decide as that run did; with `tape` that becomes a tape
  bool steps = false;     // collect every event with the hash behind it
  sim::OrdersObserver* orders = nullptr;  // where the strategy decides orders; a run that it stops is not judged
  CacheFactory make{};    // whose cache is tried; empty: that of the subject which the scenario names
};

struct RunResult {
  bool is_stopped = false;
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  sim::Instant virtual_time = 0;
  std::array<std::uint64_t, sim::fault_kinds> faults{};
  bool in_cluster = false;
  std::array<std::uint64_t, sim::cluster_effects> cluster_effects{};
  std::array<std::uint64_t, model::promises> checked{};
  MarkCounts marks{};  // how often each was met
  std::optional<model::Violation> violation{};
  std::uint32_t violating_operation = 0;  // the scenario's number of it; 0: none of them
  std::string way{};                      // in which the promise was broken, in a word: read, hit, write or cache
  std::uint64_t hits = 0;
  std::uint64_t reads = 0;
  std::vector<StoryLine> story{};
  std::vector<sim::TapeEntry> tape{};
  std::vector<sim::Decision> decisions{};  // with the tape: all of them
  std::vector<sim::Step> steps{};
  std::map<std::uint32_t, sim::Instant> begun{};  // with the tape: when the clients' operations began, by number
  std::shared_ptr<const Timeline> timeline{};  // null unless it was asked for
};

/// Requires a scenario such as `sim::parse` accepts, with a subject that exists unless the options have a factory.
RunResult run(const sim::Scenario& scenario, RunOptions options = {});

}  // namespace trackside::testing
