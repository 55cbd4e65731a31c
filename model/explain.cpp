// Sentences about reads; see the header.
#include "model/explain.hpp"

#include <utility>

#include "model/reading.hpp"
#include "model/text.hpp"

namespace trackside::model {
namespace {

constexpr std::size_t most_states = 4;

std::string since(const Timeline& timeline, Position position) {
  const auto first = timeline.current(position).first;
  if (first == beginning_of_time) return " (since the beginning)";
  return (is_expired(position) ? " (expired at " : " (since ") + seconds(first) + ")";
}

}  // namespace

std::string right_replies(const History& history, const Oracle& oracle, const Operation& read, Window window,
                          Position floor) {
  const auto timeline = timeline_of(history, read);
  std::vector<Position> positions;
  auto from = floor;
  while (const auto found = timeline.earliest(window, from, [](std::uint32_t) { return true; })) {
    positions.push_back(*found);
    from = static_cast<Position>(static_cast<std::uint32_t>(*found) + 1);
  }
  std::string text;
  const auto skipped = positions.size() > most_states ? positions.size() - most_states : 0;
  if (skipped > 0) text = std::to_string(skipped) + " earlier ones";
  for (auto index = skipped; index < positions.size(); ++index) {
    if (!text.empty()) text += ", ";
    text += readable(oracle.reply(read.query, timeline.state_of(positions[index]))) + since(timeline, positions[index]);
  }
  return text;
}

std::string given_reply(const History& history, const Oracle& oracle, const Operation& read) {
  auto text = readable(read.reply);
  const auto explanation = latest_explanation(history, oracle, read, {beginning_of_time, read.completed});
  if (!explanation) return text + ", which no state of the key gave until then";
  const auto timeline = timeline_of(history, read);
  const auto last = timeline.current(*explanation).last;
  if (last >= read.completed) return text + since(timeline, *explanation);
  const bool expired = !is_expired(*explanation) && last == timeline.version(*explanation).expires_at;
  text += expired ? ", expired at " : ", overwritten at ";
  return text + seconds(last) + ", " + seconds(read.completed - last) + " before";
}

Violation violation(Promise promise, const History& history, std::size_t event, std::string expected,
                    std::string got) {
  const auto& cause = history.events[event];
  return {promise, cause.index, event, cause.at, std::move(expected), std::move(got)};
}

Violation violation_by_nobody(Promise promise, const History& history, std::size_t event, std::string expected,
                              std::string got) {
  return {promise, nobody, event, history.events[event].at, std::move(expected), std::move(got)};
}

Violation violation_at_end(Promise promise, const History& history, std::string expected, std::string got) {
  const auto end = history.events.empty() ? history.settled_at : history.events.back().at;
  return {promise, nobody, history.events.size(), end, std::move(expected), std::move(got)};
}

}  // namespace trackside::model
