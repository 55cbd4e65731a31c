// What lost invalidations do to readers, measured: the workload `hot_keys`, and how stale its answers were.
//
// One client reads a few keys often and keeps them, one writer changes them now and then, and for a share of the time
// the invalidations vanish from the live stream (FaultKind::push_drop), which nobody can notice. The server then
// believes that it has told and forgets who read the key, so no later write is told either, until the client asks the
// server about that key again. `trackside confidence` makes a table of it.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/scenario.hpp"

namespace trackside::testing {

/// How the client is set in all of these runs, but for what is to be compared.
sim::ClientSetup hot_keys_client();

/// 120 s: 100 reads and 2 writes a second of 8 keys, some read more often than others. Every 5 s the invalidations
/// vanish for `dropping_percent` of that time, at most 100. Times and keys follow from the seed and from nothing else.
sim::Scenario hot_keys(std::uint64_t seed, const sim::ClientSetup& client, std::uint64_t dropping_percent);

/// An answer from the cache is stale if the server would have given another one at that instant; its age is the time
/// since the server would have given it. What the server answered, to this reader or another one, is never stale.
struct Staleness {
  std::uint64_t runs = 0;
  std::uint64_t reads = 0;            // that were answered with a reply
  std::uint64_t from_cache = 0;
  std::uint64_t from_server = 0;      // that were a request of their own
  std::uint64_t beyond_max_idle = 0;  // stale by more than what is promised where no invalidation is lost
  std::vector<sim::Instant> ages{};   // of the stale answers
  std::uint64_t dirty_hits = 0;       // found by checks
  std::uint64_t pushes_dropped = 0;
  double confidence = 0;              // the sum of where the runs ended, 0..100 each

  std::uint64_t stale() const { return ages.size(); }
  Staleness& operator+=(const Staleness& other);
};

/// 0 if there is none.
double mean_age_seconds(const Staleness& staleness);
/// The least age that at least `percent` of the stale answers do not exceed; 0 if there is none.
double age_seconds_at(const Staleness& staleness, std::uint64_t percent);

/// Runs a scenario with one client and judges every read of it.
Staleness measure_staleness(const sim::Scenario& scenario);

}  // namespace trackside::testing
