// G5 convergence: faults leave no scar. Once they have stopped and the settling time is over, every read is current,
// the cache is healthy, and nothing is left over.
//
// Checked, for every read marked `settled`: it ended in a reply or an error reply, and a reply is that of a state
// current between invocation and completion, from whatever source, the cache included: pushes are no longer under way.
// Where pushes vanished from a live stream while there were faults, the cache may hold what is old for as long as
// `staleness_max`; until then a reply need not be current.
// Of a client that takes no commands, because of its options, none of this: what its cache does not answer fails, and
// one that cannot be used at all says that it is not healthy.
// At the end of the history, for every client: healthy, and no fill, waiter or command without an end.
// Lenient: which error reply is right (WRONGTYPE, or a server that refuses) is not judged. A settled read that never
// ends is G8's. Whoever marks reads as settled lets the last foreign write be older than the flight of a push.
#include "model/explain.hpp"
#include "model/reading.hpp"
#include "model/rules.hpp"
#include "model/text.hpp"

namespace trackside::model {
namespace {

/// Whether what the cache missed while there were faults is gone by now.
bool may_hold_missed_changes(const History& history, const Operation& read) {
  const auto& terms = terms_of(history, read);
  if (terms.pushes_reliable) return false;
  return terms.staleness_max == end_of_time || read.invoked - history.faults_stopped <= terms.staleness_max;
}

std::optional<Violation> judge_read(const History& history, const Oracle& oracle, std::size_t event) {
  const auto& read = history.operations[history.events[event].index];
  if (!terms_of(history, read).takes_commands && read.source != Source::cache) {
    if (read.ending == Ending::failed) return std::nullopt;
    return violation(Promise::convergence, history, event, "a failure, since the client takes no commands", "a reply");
  }
  if (read.ending == Ending::error_reply) return std::nullopt;
  if (read.ending != Ending::reply) {
    return violation(Promise::convergence, history, event,
                     "a reply, since everything settled at " + seconds(history.settled_at),
                     "a failure after " + seconds(read.completed - read.invoked));
  }
  if (may_hold_missed_changes(history, read)) return std::nullopt;
  const Window window{read.invoked, read.completed};
  if (latest_explanation(history, oracle, read, window)) return std::nullopt;
  return violation(Promise::convergence, history, event,
                   "the current state, since everything settled at " + seconds(history.settled_at) + ": " +
                       right_replies(history, oracle, read, window),
                   given_reply(history, oracle, read));
}

std::optional<Violation> judge_end(const History& history, ClientIndex client) {
  const bool healthy = history.healthy_at_end[client] != 0;
  const auto leftovers = history.leftovers_at_end[client];
  const bool usable = history.clients[client].usable;
  if (healthy == usable && leftovers == 0) return std::nullopt;
  const auto name = "client " + std::to_string(client);
  if (healthy && !usable) {
    return violation_at_end(Promise::convergence, history, name + " cannot be used, and says so", "it says healthy");
  }
  if (!healthy && usable) {
    return violation_at_end(Promise::convergence, history,
                            name + " is healthy at the end, since everything settled at " + seconds(history.settled_at),
                            "it says that it is not");
  }
  return violation_at_end(Promise::convergence, history, name + " has no fill, waiter or command left over at the end",
                          std::to_string(leftovers) + " left over");
}

}  // namespace

Verdict check_convergence(const History& history, const Oracle& oracle) {
  require(history.healthy_at_end.size() == history.clients.size(), "every client's health at the end is recorded");
  require(history.leftovers_at_end.size() == history.clients.size(), "every client's leftovers are recorded");
  Verdict verdict;
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    if (history.events[event].kind != Event::Kind::complete) continue;
    const auto& operation = history.operations[history.events[event].index];
    if (operation.kind != OperationKind::read || !operation.settled) continue;
    ++verdict.checked;
    verdict.violation = judge_read(history, oracle, event);
    if (verdict.violation) return verdict;
  }
  for (ClientIndex client = 0; client < history.clients.size(); ++client) {
    ++verdict.checked;
    verdict.violation = judge_end(history, client);
    if (verdict.violation) return verdict;
  }
  return verdict;
}

}  // namespace trackside::model
