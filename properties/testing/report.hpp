// A failure for people, on one screen: how to replay it, which promise, what happened in order, expected and got.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "properties/testing/run.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {


/// Which lines of the story to print.
enum class Detail : std::uint8_t { operations, everything };

/// "  0.036438 s  client0   sends GET k", one line each; the line that broke the promise is marked.
std::string story_of(const sim::Scenario& scenario, const RunResult& result, Detail detail);

/// The promise, expected and got. Requires a violation.
std::string verdict_of(const RunResult& result);

/// "12.345678901 s"
std::string seconds_text(sim::Instant instant);

}  // namespace trackside::testing
