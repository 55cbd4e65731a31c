// Scenarios written out in a test, and what is told of their runs.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "properties/testing/running/run.hpp"

namespace trackside::testing {

/// `lines` as the file of a scenario, behind the head that all of them have. A mistake in it fails the test.
inline sim::Scenario scenario_of(std::string_view lines) {
  sim::Scenario scenario;
  sim::ParseError error;
  const std::string text = "trackside scenario 1\nsubject verified\nseed 1\nstrategy uniform\n" + std::string{lines};
  EXPECT_TRUE(sim::parse(text, scenario, error)) << error.line << ": " << error.expected << ", not " << error.found;
  return scenario;
}

/// Whether a line of the run's story holds `text`.
inline bool tells(const RunResult& result, std::string_view text) {
  return std::any_of(result.story.begin(), result.story.end(),
                     [&](const StoryLine& line) { return line.text.find(text) != std::string::npos; });
}

}  // namespace trackside::testing
