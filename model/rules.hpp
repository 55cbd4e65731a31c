// The coherence rules: one function per promise, each linear in the history, each naming the first event that broke it.
// The promises' numbers and words are those of the README.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/history.hpp"

namespace trackside::model {

enum class Promise : std::uint8_t {
  integrity,          // G1
  bounded_staleness,  // G2
  read_your_writes,   // G3
  monotonic_reads,    // G4
  convergence,        // G5
  honest_health,      // G6
  bounds,             // G7
  one_answer,         // G8
  true_counters,      // G9
  confidence,         // G10
};
inline constexpr std::size_t promises = 10;
std::string_view name_of(Promise promise);    // "G2 bounded staleness"
std::string_view code_of(Promise promise);    // "G2"
std::string_view sentence_of(Promise promise);  // what it says, for people

/// What a command may take beyond its timeout without anybody having paused its process: timers have a grain.
inline constexpr Instant completion_slack = 1'000'000;

struct Violation {
  Promise promise{};
  OperationIndex operation = 0;  // that broke it; `nobody` for a client as a whole
  std::size_t event = 0;         // position in History::events; of what never happened: their number
  Instant at = 0;
  std::string expected;          // one sentence each, with times and values
  std::string got;
};

struct Verdict {
  std::uint64_t checked = 0;             // how many times the promise was put to the test
  std::optional<Violation> violation{};  // the first
};

/// Ends the program, with the reason, if the history contradicts itself: events or versions out of order, an index of
/// nothing, an operation that ends before it begins. The rules rely on it; call it once for a history before them.
void require_consistent(const History& history);

Verdict check_integrity(const History& history, const Oracle& oracle);
Verdict check_bounded_staleness(const History& history, const Oracle& oracle);
Verdict check_read_your_writes(const History& history, const Oracle& oracle);
Verdict check_monotonic_reads(const History& history, const Oracle& oracle);
Verdict check_convergence(const History& history, const Oracle& oracle);
Verdict check_honest_health(const History& history, const Oracle& oracle);
Verdict check_bounds(const History& history, const Oracle& oracle);
Verdict check_one_answer(const History& history, const Oracle& oracle);
Verdict check_true_counters(const History& history, const Oracle& oracle);
Verdict check_confidence(const History& history, const Oracle& oracle);

Verdict check(Promise promise, const History& history, const Oracle& oracle);

}  // namespace trackside::model
