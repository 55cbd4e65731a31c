// A run that broke a promise, as a property tells of it: made small, kept in the build folder, with the line that
// replays it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <rapidcheck.h>

#include "properties/testing/report/report.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/search/reducer.hpp"

namespace trackside::testing {

/// What to read of it. The scenario is left as `name`-SEED.scenario.
inline std::string explain(const std::string& name, const sim::Scenario& scenario, const RunResult& result) {
  const Reduction reduction = reduce(scenario, result.violation->promise);
  const std::filesystem::path file =
      std::filesystem::path{TRACKSIDE_BINARY_DIR} / (name + "-" + std::to_string(scenario.seed) + ".scenario");
  std::ofstream{file} << sim::print(reduction.scenario);
  const RunResult again = run(reduction.scenario, {.story = true});
  return "build/release/trackside replay " + file.string() + "\n" + (again.violation ? verdict_of(again) : "") +
         story_of(reduction.scenario, again, Detail::operations);
}

/// Fails the property if the run breaks a promise.
inline void check_run(const std::string& name, const sim::Scenario& scenario) {
  const RunResult result = run(scenario);
  if (result.violation) {
    RC_FAIL(explain(name, scenario, result));
  }
}

}  // namespace trackside::testing
