#include "trackside/testing/try_cache.hpp"


#include <fmt/format.h>

#include "properties/testing/report/report.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/search/explore.hpp"
#include "properties/testing/search/reducer.hpp"
#include "properties/testing/search/side_by_side.hpp"
#include "sim/kernel/assertion.hpp"

namespace trackside::testing {
namespace {

/// The factory, held to its contract.
CacheFactory checked(const CacheFactory& make) {
  sim::require(make != nullptr, "a cache is tried by a factory that makes it");
  return [make](const CacheOptions& options) {
    std::shared_ptr<AbstractCache> cache = make(options);
    sim::require(cache != nullptr, "a factory of caches returns a cache");
    return cache;
  };
}

GeneratorOptions generator_of(const CacheFactory& make, const TryOptions& options) {
  sim::require(!options.name.empty(), "a cache that is tried has a name");
  return {.subject = options.name, .features = options.features, .make = make};
}

std::size_t steps_of(const sim::Scenario& scenario) { return scenario.operations.size() + scenario.faults.size(); }

/// Requires a result with a story, of a run that broke a promise.
BrokenPromise broken_by(const sim::Scenario& scenario, const RunResult& result) {
  const model::Violation& violation = *result.violation;
  return {.code = std::string{model::code_of(violation.promise)},
          .name = std::string{model::name_of(violation.promise)},
          .sentence = std::string{model::sentence_of(violation.promise)},
          .seed = scenario.seed,
          .runs = 1,
          .scenario = sim::print(scenario),
          .steps = steps_of(scenario),
          .steps_before = steps_of(scenario),
          .story = story_of(scenario, result, Detail::operations),
          .expected = violation.expected,
          .got = violation.got};
}

/// The smallest of what a few failures shrink to: now and then one gets stuck half way.
BrokenPromise shrink(const GeneratorOptions& generator, const std::set<std::uint64_t>& seeds, model::Promise promise,
                     std::uint32_t runs_max) {
  std::optional<Reduction> smallest;
  for (const std::uint64_t seed : seeds) {
    Reduction reduction = reduce(generate(seed, generator), promise, runs_max, generator.make);
    if (!smallest || reduction.steps < smallest->steps) {
      smallest = std::move(reduction);
    }
  }
  BrokenPromise broken =
      broken_by(smallest->scenario, run(smallest->scenario, {.story = true, .make = generator.make}));
  broken.steps_before = smallest->steps_before;
  return broken;
}

Replay replay_scenario(const sim::Scenario& scenario, const CacheFactory& make) {
  const RunResult result = run(scenario, {.story = true, .make = make});
  Replay replay{.problem = {}, .story = story_of(scenario, result, Detail::operations), .broken = {}};
  if (result.violation) {
    replay.broken = broken_by(scenario, result);
  }
  return replay;
}

std::string text_of(const Findings& findings, const BrokenPromise& broken) {
  return fmt::format(
      "\nBROKEN  {}: {}\n"
      "  broken first in {} of {} runs; {} steps of seed {} shrunk to {}\n\n"
      "{}\n"
      "  expected  {}\n"
      "  got       {}\n"
      "  again     replay_seed({}, make, options), or shrunk: replay(findings.broken[i].scenario, make)\n",
      broken.name, broken.sentence, broken.runs, findings.runs, broken.steps_before, broken.seed, broken.steps,
      broken.story, broken.expected, broken.got, broken.seed);
}

}  // namespace

Findings try_cache(const CacheFactory& make, const TryOptions& options) {
  Exploration exploration;
  exploration.generator = generator_of(checked(make), options);
  exploration.first_seed = options.first_seed;
  exploration.runs = options.runs;
  exploration.time_limit = options.time_limit;
  exploration.jobs = jobs_of(options.jobs);
  Progress progress;
  const Totals totals = explore(exploration, progress);

  Findings findings{.name = options.name,
                    .runs = totals.runs,
                    .reads = totals.reads,
                    .hits = totals.hits,
                    .virtual_hours = totals.virtual_seconds / 3600,
                    .broken = {}};
  for (const auto& [promise, seeds] : totals.failing_seeds) {
    findings.broken.push_back(shrink(exploration.generator, seeds, promise, options.shrinking_runs_max));
    findings.broken.back().runs = totals.broken[static_cast<std::size_t>(promise)];
  }
  return findings;
}

std::string to_text(const Findings& findings) {
  std::string text = fmt::format("{}: {} runs, {:.1f} h of virtual time; {} reads, {} of them answered by the cache\n",
                                 findings.name, findings.runs, findings.virtual_hours, findings.reads, findings.hits);
  for (const BrokenPromise& broken : findings.broken) {
    text += text_of(findings, broken);
  }
  if (findings.held()) {
    text += findings.hits != 0 ? "Every promise held in every run.\n"
                               : "Every promise held, but the cache answered nothing: nothing was tried.\n";
  }
  return text;
}

Replay replay(std::string_view scenario, const CacheFactory& make) {
  sim::Scenario parsed;
  sim::ParseError error;
  if (!sim::parse(scenario, parsed, error)) {
    return {.problem = fmt::format("line {}: expected {}, found {}", error.line, error.expected, error.found),
            .story = {},
            .broken = {}};
  }
  return replay_scenario(parsed, checked(make));
}

Replay replay_seed(std::uint64_t seed, const CacheFactory& make, const TryOptions& options) {
  const GeneratorOptions generator = generator_of(checked(make), options);
  return replay_scenario(generate(seed, generator), generator.make);
}

}  // namespace trackside::testing
