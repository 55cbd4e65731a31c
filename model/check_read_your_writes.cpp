// G3 read your writes: a read invoked after an own write completed never returns anything older, in the history of
// that key's owner, than what the write made. Per client object, whatever the source of the read.
//
// Checked, for every answered read: let the floor be the newest version that a write of the same client to that key
// made, if the write ended in a reply before the read was invoked (at equal times: if its end comes earlier in the
// events). Then the reply is that of a state at or after the floor, begun no later than the read's completion.
// The version of a write is the earliest one of the key, by this client and of this cause, made between the write's
// invocation and its completion. A write that made none changed nothing and binds nobody.
// Where pushes may vanish from a live stream only writes bind that name every key they may change: the client itself
// tells its cache of these.
// Lenient: of several states that give the reply the latest one counts; a write that failed or ended in an error binds
// nobody, even if it was executed; a reply that no state gave is G1's.
#include "model/explain.hpp"
#include "model/reading.hpp"
#include "model/rules.hpp"
#include "model/text.hpp"

namespace trackside::model {
namespace {

void raise_floors(const History& history, const Operation& write, Floors& floors) {
  const auto& terms = terms_of(history, write);
  if (!write.exact && (!terms.pushes_reliable || terms.routes_by_key)) return;
  for (const auto key : write.writes) {
    const auto made = timeline_of(history, key).earliest_made(
        {write.invoked, write.completed},
        [&](const Version& version) { return version.by == write.client && version.cause == write.cause; });
    if (made) floors.raise(write.client, key, as_written(*made));
  }
}

std::string expectation(const History& history, const Oracle& oracle, const Operation& read, Position floor) {
  const auto written = timeline_of(history, read).version(floor).from;
  return "the state that the client's own write made at " + seconds(written) + ", or a later one: " +
         right_replies(history, oracle, read, {beginning_of_time, read.completed}, floor);
}

}  // namespace

Verdict check_read_your_writes(const History& history, const Oracle& oracle) {
  Verdict verdict;
  Floors floors{history};
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    const auto& [kind, at, index, version] = history.events[event];
    if (kind != Event::Kind::invoke && kind != Event::Kind::complete) continue;
    const auto& operation = history.operations[index];
    if (operation.kind == OperationKind::write) {
      if (kind == Event::Kind::complete && operation.ending == Ending::reply) raise_floors(history, operation, floors);
      continue;
    }
    if (!is_answered_read(operation) || may_be_left_over(history, operation)) continue;
    if (kind == Event::Kind::invoke) {
      floors.invoked(index, operation);
      continue;
    }
    const auto floor = floors.at_invocation(index);
    if (floor == Position::beginning) continue;
    ++verdict.checked;
    const auto seen = latest_explanation(history, oracle, operation, {beginning_of_time, operation.completed});
    if (!seen || *seen >= floor) continue;
    verdict.violation =
        violation(Promise::read_your_writes, history, event, expectation(history, oracle, operation, floor),
                  given_reply(history, oracle, operation));
    return verdict;
  }
  return verdict;
}

}  // namespace trackside::model
