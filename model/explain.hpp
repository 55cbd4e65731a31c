// The sentences of violations about reads: which replies would have been right, and what was given instead.
#pragma once

#include <string>

#include "model/history.hpp"
#include "model/rules.hpp"
#include "model/timeline.hpp"

namespace trackside::model {

/// `"v7" (since 3.100 s), "v8" (since 4.000 s)`: what the read would have got from the states current in `window`, at
/// or after `floor`; the last few when there are many.
std::string right_replies(const History& history, const Oracle& oracle, const Operation& read, Window window,
                          Position floor = Position::beginning);

/// `"v3", overwritten at 3.100 s, 6.113 s before`: the reply, and the end of the last state that gave it.
std::string given_reply(const History& history, const Oracle& oracle, const Operation& read);

/// A violation by an operation, at an event.
Violation violation(Promise promise, const History& history, std::size_t event, std::string expected, std::string got);

/// A violation at an event that is no operation's.
Violation violation_by_nobody(Promise promise, const History& history, std::size_t event, std::string expected,
                              std::string got);

/// A violation by what is so at the end of the history.
Violation violation_at_end(Promise promise, const History& history, std::string expected, std::string got);

}  // namespace trackside::model
