#include "properties/testing/search/explore.hpp"

#include <iterator>
#include <mutex>

#include "properties/testing/search/side_by_side.hpp"
#include "sim/kernel/hash.hpp"

namespace trackside::testing {
namespace {

/// Whatever order they come in, the lowest few stay.
void keep_lowest(std::set<std::uint64_t>& seeds, std::uint64_t seed) {
  seeds.insert(seed);
  if (seeds.size() > failing_seeds_kept) {
    seeds.erase(std::prev(seeds.end()));
  }
}

void add(Totals& totals, const sim::Scenario& scenario, const RunResult& result) {
  const std::uint64_t seed = scenario.seed;
  Totals::OfStrategy& strategy = totals.strategies[scenario.strategy];
  ++strategy.runs;
  strategy.violations += result.violation ? 1 : 0;
  ++totals.runs;
  totals.events += result.events;
  totals.hash += sim::mix(sim::fold(seed, result.hash));
  totals.virtual_seconds += static_cast<double>(result.virtual_time) / 1e9;
  totals.reads += result.reads;
  totals.hits += result.hits;
  for (std::size_t kind = 0; kind < result.faults.size(); ++kind) {
    totals.faults[kind] += result.faults[kind];
    totals.runs_with_fault[kind] += result.faults[kind] != 0 ? 1 : 0;
  }
  totals.clusters += result.in_cluster ? 1 : 0;
  for (std::size_t effect = 0; effect < result.cluster_effects.size(); ++effect) {
    totals.cluster_effects[effect] += result.cluster_effects[effect];
  }
  for (std::size_t promise = 0; promise < result.checked.size(); ++promise) {
    totals.checked[promise] += result.checked[promise];
  }
  for (std::size_t mark = 0; mark < mark_count; ++mark) {
    totals.marks[mark] += result.marks[mark];
    totals.runs_with_mark[mark] += result.marks[mark] != 0 ? 1 : 0;
  }
  if (result.violation) {
    ++totals.violations;
    ++totals.broken[static_cast<std::size_t>(result.violation->promise)];
    keep_lowest(totals.failing_seeds[result.violation->promise], seed);
  }
}

void keep_first(std::optional<FirstBroken>& first, const std::optional<FirstBroken>& other) {
  if (other && (!first || other->runs < first->runs)) {
    first = other;
  }
}

void merge(Totals& into, const Totals& from) {
  into.runs += from.runs;
  into.violations += from.violations;
  into.events += from.events;
  into.hash += from.hash;
  into.virtual_seconds += from.virtual_seconds;
  into.reads += from.reads;
  into.hits += from.hits;
  for (std::size_t kind = 0; kind < from.faults.size(); ++kind) {
    into.faults[kind] += from.faults[kind];
    into.runs_with_fault[kind] += from.runs_with_fault[kind];
  }
  into.clusters += from.clusters;
  for (std::size_t effect = 0; effect < from.cluster_effects.size(); ++effect) {
    into.cluster_effects[effect] += from.cluster_effects[effect];
  }
  for (std::size_t promise = 0; promise < from.checked.size(); ++promise) {
    into.checked[promise] += from.checked[promise];
    into.broken[promise] += from.broken[promise];
  }
  for (std::size_t mark = 0; mark < mark_count; ++mark) {
    into.marks[mark] += from.marks[mark];
    into.runs_with_mark[mark] += from.runs_with_mark[mark];
  }
  for (const auto& [name, each] : from.strategies) {
    into.strategies[name].runs += each.runs;
    into.strategies[name].violations += each.violations;
  }
  for (const auto& [promise, seeds] : from.failing_seeds) {
    for (const std::uint64_t seed : seeds) {
      keep_lowest(into.failing_seeds[promise], seed);
    }
  }
  keep_first(into.first_broken, from.first_broken);
}

thread_local std::uint64_t under_way = 0;

}  // namespace

std::uint64_t seed_under_way() { return under_way; }

std::uint64_t seed_of(const Exploration& exploration, std::uint64_t number) {
  return exploration.first_seed + exploration.shard + number * exploration.shards;
}

Totals explore(const Exploration& exploration, Progress& progress) {
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> end{exploration.runs};  // numbers from here on are not run
  std::mutex mutex;
  Totals totals;

  const auto work = [&] {
    Totals own;
    while (!progress.stop.load(std::memory_order_relaxed)) {
      const std::uint64_t number = next.fetch_add(1, std::memory_order_relaxed);
      const bool is_late = std::chrono::steady_clock::now() - begin >= exploration.time_limit;
      if (number >= end.load(std::memory_order_relaxed) || is_late) {
        break;
      }
      const std::uint64_t seed = seed_of(exploration, number);
      under_way = seed;
      const sim::Scenario scenario = generate(seed, exploration.generator);
      const RunResult result = run(scenario, {.make = exploration.generator.make});
      add(own, scenario, result);
      if (result.violation) {
        keep_first(own.first_broken, FirstBroken{number + 1, seed, result.violation->promise});
        if (exploration.until_broken) {
          end.store(0, std::memory_order_relaxed);  // those before it have begun, and come to their ends
        }
      }
      progress.runs.fetch_add(1, std::memory_order_relaxed);
      progress.events.fetch_add(result.events, std::memory_order_relaxed);
      progress.violations.fetch_add(result.violation ? 1 : 0, std::memory_order_relaxed);
      progress.virtual_milliseconds.fetch_add(static_cast<std::uint64_t>(result.virtual_time / sim::millisecond),
                                              std::memory_order_relaxed);
    }
    const std::lock_guard guard{mutex};
    merge(totals, own);
  };

  side_by_side(exploration.jobs, work);
  totals.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return totals;
}

}  // namespace trackside::testing
