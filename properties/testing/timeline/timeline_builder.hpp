// Makes a run's timeline of what was told during it and what the model recorded.
//
// Neighbours: timeline_recorder.hpp (who listens), timeline_breach.hpp (how it came to what broke).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "properties/testing/judging/recorder.hpp"
#include "properties/testing/timeline/timeline.hpp"
#include "properties/testing/timeline/timeline_entries.hpp"
#include "properties/testing/timeline/timeline_messages.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

/// What a TimelineRecorder heard.
struct Told {
  struct Note {
    Timeline::Note note;  // still without its keys
    std::vector<std::string> keys;
  };
  struct Answer {
    std::uint32_t operation;  // the recorder's
    std::string text;         // empty: it begins
    Timeline::Order from_order;
    Timeline::Order until_order;
  };
  MessageLog messages{};
  EntryLog entries{};
  std::vector<Note> notes{};
  std::vector<Answer> answers{};
};

struct TimelineSources {
  const sim::Scenario& scenario;
  const Recorder& recorder;
  const Told& told;
  const std::optional<model::Violation>& violation;
  sim::Instant until;
};
/// Requires that the run is over and judged.
Timeline build_timeline(const TimelineSources& sources);

/// When nobody would have answered as the entry does: in order, apart from one another. The first may begin before the
/// entry does.
std::vector<Timeline::Stretch> stale_stretches(const TimelineSources& sources, const EntryLog::Entry& entry,
                                               sim::Instant until);

}  // namespace trackside::testing
