#include "properties/testing/timeline/timeline_breach.hpp"

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

/// The stretch of staleness in which the entry was served, if it was.
const Timeline::Stretch* stretch_at(const Timeline::Entry& entry, sim::Instant at) {
  const auto found = std::find_if(entry.stale.begin(), entry.stale.end(), [at](const Timeline::Stretch& each) {
    return each.from <= at && at <= each.until;
  });
  return found == entry.stale.end() ? nullptr : &*found;
}

bool is_news(const Timeline::Note& note, const Timeline::Entry& entry) {
  return note.kind == Timeline::Note::Kind::change && note.weight == Timeline::Weight::matter &&
         is_about(note.keys, entry.key);
}

/// The last change of the key, at any node, up to the instant at which the entry went stale; or, where a node only
/// ceased to answer then, the first one after that.
const Timeline::Note* change_behind(const Timeline& timeline, const Timeline::Entry& entry, sim::Instant since,
                                    sim::Instant until) {
  const Timeline::Note* before = nullptr;
  for (const Timeline::Note& note : timeline.notes) {
    if (!is_news(note, entry) || (note.at <= entry.from && note.at != since) || note.at > until) {
      continue;
    }
    if (note.at > since) {
      return before != nullptr ? before : &note;
    }
    before = before != nullptr && before->at == note.at ? before : &note;
  }
  return before;
}

Breach::Step overtaking(const Timeline& timeline, const Timeline::Entry& entry, sim::Instant since,
                        sim::Instant until) {
  if (const Timeline::Note* change = change_behind(timeline, entry, since, until)) {
    return {change->at, change->lane, fmt::format("{}: {}", timeline.lanes[change->lane].name, change->text)};
  }
  return {since, entry.lane, fmt::format("nobody answers {} from here on", entry.value)};
}

bool tells(const Message& message, const Timeline::Entry& entry, Timeline::LaneIndex client) {
  return message.kind == Message::Kind::push && message.to == client &&
         message.text.find("invalidate") != std::string::npos &&
         (is_about(message.keys, entry.key) || message.text.ends_with("everything"));
}

/// What became of the push that should have told the client.
struct Telling {
  Breach::Step step;
  std::string cause;
  bool was_told = false;
};

Telling telling(const Timeline& timeline, const Timeline::Entry& entry, sim::Instant since, const Breach& breach) {
  const std::string& name = timeline.lanes[breach.lane].name;
  for (const Message& message : timeline.messages) {
    if (message.sent < since || message.sent > breach.at || !tells(message, entry, breach.lane)) {
      continue;
    }
    const std::string& from = timeline.lanes[message.from].name;
    const auto told = [&](std::string_view when) {
      return Telling{{message.arrived, breach.lane, fmt::format("the invalidation reached {}{}", name, when)},
                     fmt::format("the invalidation came{}", when),
                     true};
    };
    if (message.vanished) {
      return {{message.sent, message.from, fmt::format("the invalidation for {} vanished at {}", name, from)},
              "the invalidation vanished"};
    }
    if (message.arrived > breach.at) {
      const bool never = message.arrived == sim::end_of_time;
      return {{message.sent, message.from,
               never ? fmt::format("the invalidation from {} never reached {}", from, name)
                     : fmt::format("the invalidation from {} was still on its way to {}", from, name)},
              "the invalidation had not arrived"};
    }
    if (message.arrived <= entry.from) {
      return told(message.arrived < entry.from ? " before the reply was kept" : " together with the reply");
    }
    return told(message.arrived == breach.at ? " at that very instant" : ", and was not heeded");
  }
  for (const Timeline::Note& note : timeline.notes) {
    if (note.kind == Timeline::Note::Kind::connection && note.lane == breach.lane && note.at >= entry.from &&
        note.at <= breach.at && note.weight == Timeline::Weight::matter) {
      return {{note.at, note.lane, fmt::format("{}'s {}, and no invalidation came by another", name, note.text)},
              "no invalidation came by another connection"};
    }
  }
  return {{since, breach.lane, fmt::format("no invalidation was sent to {}", name)}, "no invalidation was sent"};
}

bool has_link(const Timeline& timeline, const Breach& breach) {
  bool has = false;
  for (const Timeline::Note& note : timeline.notes) {
    if (note.lane == breach.lane && note.at <= breach.at && note.kind == Timeline::Note::Kind::cache) {
      has = (has || note.text.starts_with("cache has a link")) && !note.text.starts_with("cache has lost its link");
    }
  }
  return has;
}

Breach::Step serving(const Timeline& timeline, const Breach& breach, const Timeline::Stretch* stale) {
  if (breach.operation == Timeline::none) {
    return {breach.at, breach.lane == Timeline::none ? 0 : breach.lane, breach.got};
  }
  const Timeline::Operation& operation = timeline.operations[breach.operation];
  const std::string label = operation.id == 0 ? "the final check" : fmt::format("op {}", operation.id);
  std::string text = fmt::format("{}, {}: {}", label, operation.question, operation.answer);
  if (stale != nullptr) {
    const sim::Instant tolerance = timeline.entries[breach.entry].tolerance;
    text += fmt::format(", {} stale", duration_text(breach.at - stale->from));
    text += breach.code == "G2" && tolerance != sim::end_of_time
                ? fmt::format(" where {} is allowed", model::seconds(tolerance))
                : "";
  }
  return {breach.at, operation.lane, std::move(text)};
}

}  // namespace

Breach explain_breach(const Timeline& timeline, const model::Violation& violation, const WhoBroke& by) {
  Breach breach{.code = std::string{model::code_of(violation.promise)},
                .name = std::string{model::name_of(violation.promise)},
                .sentence = std::string{model::sentence_of(violation.promise)},
                .at = violation.at,
                .expected = violation.expected,
                .got = violation.got,
                .lane = by.lane,
                .operation = by.operation};
  if (by.operation != Timeline::none) {
    breach.entry = entry_behind(timeline, by.operation);
  }
  const Timeline::Stretch* stale = nullptr;
  if (breach.entry != Timeline::none) {
    const Timeline::Entry& entry = timeline.entries[breach.entry];
    breach.way.push_back(keeping(timeline, entry));
    stale = stretch_at(entry, breach.at);
    if (stale != nullptr) {
      breach.way.push_back(overtaking(timeline, entry, stale->from, breach.at));
      Telling told = telling(timeline, entry, stale->from, breach);
      breach.way.push_back(std::move(told.step));
      breach.cause = std::move(told.cause);
      breach.was_told = told.was_told;
    }
    if (!entry.outlived.empty()) {
      breach.cause = entry.outlived;
      breach.was_told = true;
    }
  }
  if (violation.promise == model::Promise::honest_health) {
    breach.cause = has_link(timeline, breach) ? "its lease was over" : "the cache lost its link";
    breach.was_told = true;
  }
  breach.way.push_back(serving(timeline, breach, stale));
  std::stable_sort(breach.way.begin(), breach.way.end(),
                   [](const Breach::Step& left, const Breach::Step& right) { return left.at < right.at; });
  return breach;
}

}  // namespace trackside::testing
