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
// Lenient: a version that another write may have made, with the same words and by the same client, binds nobody until
// that one has ended, too; of several states that give the reply the latest one counts; a write that failed or ended in
// an error binds nobody, even if it was executed; a reply that no state gave is G1's.
#include <algorithm>
#include <unordered_map>

#include "model/explain.hpp"
#include "model/reading.hpp"
#include "model/rules.hpp"
#include "model/text.hpp"

namespace trackside::model {
namespace {

/// Writes of a client that say the same, by what they say.
using Alike = std::unordered_multimap<std::uint64_t, OperationIndex>;

Alike alike_in(const History& history) {
  Alike alike;
  for (OperationIndex index = 0; index < history.operations.size(); ++index) {
    const auto& operation = history.operations[index];
    if (operation.kind == OperationKind::write && !operation.unique) alike.emplace(operation.cause, index);
  }
  return alike;
}

/// Whether another write that says the same may have made it, one that has not ended yet: then nobody knows which did.
bool may_be_anothers(const History& history, const Alike& alike, const Operation& write, Instant made) {
  const auto [begin, end] = alike.equal_range(write.cause);
  return std::any_of(begin, end, [&](const auto& entry) {
    const auto& other = history.operations[entry.second];
    const bool is_over = other.ending == Ending::reply && other.completed < write.completed;
    return &other != &write && other.client == write.client && other.invoked <= made && !is_over;
  });
}

void raise_floors(const History& history, const Alike& alike, const Operation& write, Floors& floors) {
  const auto& terms = terms_of(history, write);
  if (!write.exact && (!terms.pushes_reliable || terms.routes_by_key)) return;
  for (const auto key : write.writes) {
    const auto made = timeline_of(history, key).earliest_made(
        {write.invoked, write.completed},
        [&](const Version& version) { return version.by == write.client && version.cause == write.cause; });
    if (!made || may_be_anothers(history, alike, write, history.keys[key][*made].from)) continue;
    floors.raise(write.client, key, as_written(*made));
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
  const Alike alike = alike_in(history);
  for (std::size_t event = 0; event < history.events.size(); ++event) {
    const auto& [kind, at, index, version] = history.events[event];
    if (kind != Event::Kind::invoke && kind != Event::Kind::complete) continue;
    const auto& operation = history.operations[index];
    if (operation.kind == OperationKind::write) {
      const bool counts = kind == Event::Kind::complete && operation.ending == Ending::reply;
      if (counts) raise_floors(history, alike, operation, floors);
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
