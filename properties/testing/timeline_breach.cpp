#include "properties/testing/timeline_breach.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "model/text.hpp"

namespace trackside::testing {
namespace {

using Breach = Timeline::Breach;
using Message = Timeline::Message;

bool is_about(const std::vector<Timeline::KeyIndex>& keys, Timeline::KeyIndex key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// "0.5 ms", "2.000 s"
std::string duration_text(sim::Instant duration) {
  return duration < 100 * sim::millisecond
             ? fmt::format("{}.{:03} ms", duration / sim::millisecond, duration % sim::millisecond / sim::microsecond)
             : fmt::format("{}.{:03} s", duration / sim::second, duration % sim::second / sim::millisecond);
}

/// The entry that the operation was served from.
std::uint32_t entry_behind(const Timeline& timeline, std::uint32_t operation) {
  for (std::uint32_t index = static_cast<std::uint32_t>(timeline.entries.size()); index-- > 0;) {
    if (is_about(timeline.entries[index].served, operation)) {
      return index;
    }
  }
  return Timeline::none;
}

Breach::Step keeping(const Timeline& timeline, const Timeline::Entry& entry) {
  const auto by = std::find_if(timeline.operations.begin(), timeline.operations.end(), [&](const auto& operation) {
    return operation.lane == entry.lane && operation.until == entry.from && is_about(operation.keys, entry.key);
  });
  const std::string whose = by == timeline.operations.end() || by->id == 0 ? "" : fmt::format(", of op {}", by->id);
  return {entry.from, entry.lane,
          fmt::format("{} keeps {} for {}{}", timeline.lanes[entry.lane].name, entry.value, entry.question, whose)};
}

/// The last change of the key at any node when the entry went stale. Replicas follow, so the first node counts.
Breach::Step overtaking(const Timeline& timeline, const Timeline::Entry& entry) {
  const sim::Instant since = entry.stale.front().from;
  for (const Timeline::Note& note : timeline.notes) {
    if (note.kind == Timeline::Note::Kind::change && note.at == since && is_about(note.keys, entry.key)) {
      return {since, note.lane, fmt::format("{}: {}", timeline.lanes[note.lane].name, note.text)};
    }
  }
  return {since, entry.lane, fmt::format("{} is no longer what a server would answer", entry.value)};
}

bool tells(const Message& message, const Timeline::Entry& entry, Timeline::LaneIndex client) {
  return message.kind == Message::Kind::push && message.to == client && message.text.find("invalidate") != std::string::npos &&
         (is_about(message.keys, entry.key) || message.text.ends_with("everything"));
}

/// What became of the push that should have told the client.
Breach::Step telling(const Timeline& timeline, const Timeline::Entry& entry, const Breach& breach) {
  const sim::Instant since = entry.stale.front().from;
  const std::string& name = timeline.lanes[breach.lane].name;
  for (const Message& message : timeline.messages) {
    if (message.sent < since || message.sent > breach.at || !tells(message, entry, breach.lane)) {
      continue;
    }
    const std::string& from = timeline.lanes[message.from].name;
    if (message.vanished) {
      return {message.sent, message.from, fmt::format("the invalidation for {} vanished at {}", name, from)};
    }
    if (message.arrived > breach.at) {
      return {message.sent, message.from,
              message.arrived == sim::end_of_time
                  ? fmt::format("the invalidation from {} never reached {}", from, name)
                  : fmt::format("the invalidation from {} was still on its way to {}", from, name)};
    }
    if (message.arrived <= entry.from) {
      return {message.arrived, breach.lane, fmt::format("the invalidation reached {} before the reply was kept", name)};
    }
    return {message.arrived, breach.lane, fmt::format("the invalidation reached {}, and was not heeded", name)};
  }
  return {since, breach.lane, fmt::format("no invalidation was sent to {}", name)};
}

Breach::Step serving(const Timeline& timeline, const Breach& breach) {
  if (breach.operation == Timeline::none) {
    return {breach.at, breach.lane == Timeline::none ? 0 : breach.lane, breach.name};
  }
  const Timeline::Operation& operation = timeline.operations[breach.operation];
  const std::string label = operation.id == 0 ? "the final check" : fmt::format("op {}", operation.id);
  std::string text = fmt::format("{}, {}: {}", label, operation.question, operation.answer);
  if (breach.entry != Timeline::none && !timeline.entries[breach.entry].stale.empty()) {
    const Timeline::Entry& entry = timeline.entries[breach.entry];
    text += fmt::format(", {} stale", duration_text(breach.at - entry.stale.front().from));
    if (breach.code == "G2" && entry.tolerance != sim::end_of_time) {
      text += fmt::format(" where {} is allowed", model::seconds(entry.tolerance));
    }
  }
  return {breach.at, operation.lane, std::move(text)};
}

}  // namespace

Breach explain_breach(const Timeline& timeline, const model::Violation& violation, std::uint32_t operation) {
  Breach breach{.code = std::string{model::code_of(violation.promise)},
                .name = std::string{model::name_of(violation.promise)},
                .sentence = std::string{model::sentence_of(violation.promise)},
                .at = violation.at,
                .expected = violation.expected,
                .got = violation.got,
                .operation = operation};
  if (operation != Timeline::none) {
    breach.lane = timeline.operations[operation].lane;
    breach.entry = entry_behind(timeline, operation);
  }
  if (breach.entry != Timeline::none) {
    const Timeline::Entry& entry = timeline.entries[breach.entry];
    breach.way.push_back(keeping(timeline, entry));
    if (!entry.stale.empty() && entry.stale.front().from <= breach.at) {
      breach.way.push_back(overtaking(timeline, entry));
      breach.way.push_back(telling(timeline, entry, breach));
    }
  }
  breach.way.push_back(serving(timeline, breach));
  std::stable_sort(breach.way.begin(), breach.way.end(),
                   [](const Breach::Step& left, const Breach::Step& right) { return left.at < right.at; });
  return breach;
}

}  // namespace trackside::testing
