// A failure for people, on one screen: how to replay it, which promise, what happened in order, expected and got.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "properties/testing/running/run.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// Which lines of the story to print.
enum class Detail : std::uint8_t { operations, everything };

/// "  0.036438 s  client0   sends GET k", one line each; the line that broke the promise is marked.
std::string story_of(const sim::Scenario& scenario, const RunResult& result, Detail detail);

/// The promise, expected and got. Requires a violation.
std::string verdict_of(const RunResult& result);

struct Failure {
  std::string replay;   // the line that runs it again
  std::string picture;  // the file with its picture; empty: there is none
  std::string about;    // a line about where it came from
};
inline constexpr std::size_t screen_lines_max = 40;
/// The whole failure on one screen: the replay line, the promise, how it came to it, the story with the line that broke
/// the promise marked, expected and got. Of a long story the middle is left out first, and last what tells of the key.
/// Requires a result with a violation, its story and its timeline.
std::string screen_of(const sim::Scenario& scenario, const RunResult& result, const Failure& failure);

/// "12.345678901 s"
std::string seconds_text(sim::Instant instant);

}  // namespace trackside::testing
