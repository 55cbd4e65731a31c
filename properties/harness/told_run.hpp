// Scenarios written out in a test, and what is told of their runs.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "properties/testing/running/run.hpp"

namespace trackside::testing {

/// A mistake in the text fails the test.
inline sim::Scenario parsed(const std::string& text) {
  sim::Scenario scenario;
  sim::ParseError error;
  EXPECT_TRUE(sim::parse(text, scenario, error)) << error.line << ": " << error.expected << ", not " << error.found;
  return scenario;
}

/// `lines` behind the head that these scenarios have in common.
inline sim::Scenario scenario_of(std::string_view lines) {
  return parsed("trackside scenario 1\nsubject verified\nseed 1\nstrategy uniform\n" + std::string{lines});
}

/// Whether a line of the run's story holds `text`.
inline bool tells(const RunResult& result, std::string_view text) {
  return std::any_of(result.story.begin(), result.story.end(),
                     [&](const StoryLine& line) { return line.text.find(text) != std::string::npos; });
}

}  // namespace trackside::testing
