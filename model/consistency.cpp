// What the rules take for granted about a history. Whoever records one finds mistakes of the recording here, rather
// than as broken promises of the subject.
#include <algorithm>

#include "model/require.hpp"
#include "model/rules.hpp"

namespace trackside::model {
namespace {

void require_consistent(const History& history, const Operation& operation) {
  require(operation.client < history.clients.size(), "an operation's client is one of the history's");
  require(operation.invoked <= operation.completed, "no operation ends before it begins");
  require((operation.ending == Ending::pending) == (operation.completions == 0), "what is not pending was completed");
  if (operation.kind == OperationKind::read) require(operation.key < history.keys.size(), "a read names a key");
  for (const auto key : operation.writes) require(key < history.keys.size(), "a write names keys of the history");
}

/// The parts of one command: one behind the other, and what is the command's is alike in all of them.
void require_together(const History& history, OperationIndex index) {
  const auto& part = history.operations[index];
  if (part.group == nobody || part.group == index) return;
  require(part.group < index && history.operations[index - 1].group == part.group, "parts of a command are in a row");
  const auto& first = history.operations[part.group];
  require(part.kind == OperationKind::read && first.kind != OperationKind::other, "the parts of a command are reads");
  const bool failed_by_itself = first.kind == OperationKind::write && part.ending == Ending::error_reply;
  require(part.client == first.client && part.source == first.source && part.completions == first.completions &&
              (part.ending == first.ending || (failed_by_itself && first.ending == Ending::reply)),
          "parts of a command end alike");
  require(part.invoked == first.invoked && part.completed == first.completed, "parts of a command share its times");
}

void require_ordered(std::vector<Version>::const_iterator first, std::vector<Version>::const_iterator last) {
  const bool ordered = std::is_sorted(
      first, last, [](const Version& left, const Version& right) { return left.from < right.from; });
  require(ordered, "the versions of a key are in order of time");
}

void require_consistent(const std::vector<Version>& versions, const std::vector<Tenure>& tenures) {
  require(!versions.empty() && versions.front().state == 0, "the first version of every key is absent");
  if (tenures.empty()) require_ordered(versions.begin() + 1, versions.end());
  for (auto tenure = tenures.begin(); tenure != tenures.end(); ++tenure) {
    const auto end = tenure + 1 == tenures.end() ? versions.size() : (tenure + 1)->first;
    require(tenure->first < end && end <= versions.size(), "every tenure has versions");
    require(tenure->from <= tenure->until, "no tenure ends before it begins");
    require_ordered(versions.begin() + static_cast<std::ptrdiff_t>(tenure->first),
                    versions.begin() + static_cast<std::ptrdiff_t>(end));
  }
}

void require_consistent(const History& history, const Event& event) {
  switch (event.kind) {
    case Event::Kind::version:
      require(event.index < history.keys.size(), "a version's event names a key");
      require(event.version < history.keys[event.index].size(), "a version's event names a version of the key");
      require(history.keys[event.index][event.version].from == event.at, "a version's event is told when it was made");
      return;
    case Event::Kind::invoke:
      require(event.index < history.operations.size(), "an invocation is that of an operation");
      require(history.operations[event.index].invoked == event.at, "an invocation is told when it happened");
      return;
    case Event::Kind::complete:
      require(event.index < history.operations.size(), "a completion is that of an operation");
      require(history.operations[event.index].completed <= event.at, "the first completion is the operation's end");
      return;
    case Event::Kind::put:
      require(event.index < history.puts.size(), "a put's event names a put");
      require(history.puts[event.index].client < history.clients.size(), "a put's client is one of the history's");
      return;
    case Event::Kind::hit:
      require(event.index < history.hits.size(), "a hit's event names a hit");
      require(history.hits[event.index].client < history.clients.size(), "a hit's client is one of the history's");
      return;
    case Event::Kind::confidence:
      require(event.index < history.confidences.size(), "an event of confidence names one");
      require(history.confidences[event.index].client < history.clients.size(),
              "a confidence's client is one of the history's");
      return;
  }
}

}  // namespace

void require_consistent(const History& history) {
  require(history.tenures.empty() || history.tenures.size() == history.keys.size(), "every key has tenures, or none");
  for (std::size_t key = 0; key < history.keys.size(); ++key) {
    require_consistent(history.keys[key], history.tenures.empty() ? std::vector<Tenure>{} : history.tenures[key]);
  }
  for (const auto& operation : history.operations) require_consistent(history, operation);
  for (OperationIndex index = 0; index < history.operations.size(); ++index) require_together(history, index);
  for (const auto& event : history.events) require_consistent(history, event);
  const bool ordered = std::is_sorted(history.events.begin(), history.events.end(),
                                      [](const Event& left, const Event& right) { return left.at < right.at; });
  require(ordered, "events are in order of time");
  require(history.healthy_at_end.size() == history.clients.size(), "every client's health at the end is recorded");
  require(history.leftovers_at_end.size() == history.clients.size(), "every client's leftovers are recorded");
  require(history.claims_at_end.size() == history.clients.size(), "what every client's cache counted is recorded");
  for (const auto& client : history.clients) {
    require(client.store < history.ledgers.size(), "what happened to every store was counted");
  }
}

}  // namespace trackside::model
