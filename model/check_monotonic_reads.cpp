// G4 monotonic reads: a read invoked after another one of the same client completed never returns an older version of
// that key. Versions are the key's, not one command's: HGET h f1 binds HGET h f2.
//
// Checked, for every answered read: let the floor be the newest state that earlier reads of the client prove it has
// seen; then the reply is that of a state at or after the floor, begun no later than the read's completion. What a
// read proves is the earliest state that explains it, within the instants its reply may stem from (see
// `allowed_window`) and at or after its own floor.
// Not judged: clients whose pushes may vanish from a live stream.
// Lenient: the read under judgement is explained by the latest state that can, the earlier reads by the earliest; reads
// that overlap bind each other in no order; a reply that nothing explains is G1's or G2's and proves nothing. A
// failover or restart that lost data is a later version with the older state, so going back with it is no violation.
#include "model/explain.hpp"
#include "model/reading.hpp"
#include "model/rules.hpp"
#include "model/text.hpp"

namespace trackside::model {
namespace {

std::string expectation(const History& history, const Oracle& oracle, const Operation& read, Position floor) {
  const auto seen = timeline_of(history, read).current(floor).first;
  return "the state of " + seconds(seen) + " that an earlier read had already seen, or a later one: " +
         right_replies(history, oracle, read, {beginning_of_time, read.completed}, floor);
}

}  // namespace

Verdict check_monotonic_reads(const History& history, const Oracle& oracle) {
  Verdict verdict;
  Floors floors{history};
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    const auto& [kind, at, index, version] = history.events[event];
    if (kind != Event::Kind::invoke && kind != Event::Kind::complete) continue;
    const auto& read = history.operations[index];
    if (!is_answered_read(read) || !terms_of(history, read).pushes_reliable) continue;
    if (may_be_left_over(history, read)) continue;
    if (kind == Event::Kind::invoke) {
      floors.invoked(index, read);
      continue;
    }
    const auto floor = floors.at_invocation(index);
    if (floor != Position::beginning) {
      ++verdict.checked;
      const auto seen = latest_explanation(history, oracle, read, {beginning_of_time, read.completed});
      if (seen && *seen < floor) {
        verdict.violation = violation(Promise::monotonic_reads, history, event,
                                      expectation(history, oracle, read, floor), given_reply(history, oracle, read));
        return verdict;
      }
    }
    const auto proved = earliest_explanation(history, oracle, read, allowed_window(history, read), floor);
    if (proved) floors.raise(read.client, read.key, *proved);
  }
  return verdict;
}

}  // namespace trackside::model
