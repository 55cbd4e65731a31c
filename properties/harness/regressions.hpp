// The scenarios that are kept, for tests that need one of them.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "properties/harness/told_run.hpp"

namespace trackside::testing {

/// The one that is called `name`, with `subject` in place of its own.
inline sim::Scenario regression(const std::string& name, const std::string& subject) {
  std::ifstream file{TRACKSIDE_REGRESSIONS "/" + name + ".scenario"};
  sim::Scenario scenario = parsed(std::string{std::istreambuf_iterator<char>{file}, {}});
  scenario.subject = subject;
  return scenario;
}

}  // namespace trackside::testing
