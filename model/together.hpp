// What G1 promises of a read of several keys, beyond that each reply is right by itself: all of them were current at
// once, at one instant of the time from which the whole may stem. Never a mixture that no moment had. The reads of a
// transaction likewise.
#pragma once

#include <cstddef>
#include <optional>

#include "model/history.hpp"
#include "model/rules.hpp"

namespace trackside::model {

/// The violation by the command that ends with this event, if it is the completion of the command's last part.
/// Of a command that a cluster's client split, only those parts are judged together that were asked together, of one
/// slot: no command of Redis reads keys of several nodes at once.
/// Lenient: a part that is too old or made up by itself is another rule's, and says nothing about the whole; whoever
/// may miss an invalidation may have one key before and another one behind it; and of a key that expired since a
/// server's clock jumped nobody is told before it is deleted.
std::optional<Violation> judge_together(const History& history, const Oracle& oracle, std::size_t event);

}  // namespace trackside::model
