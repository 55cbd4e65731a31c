// Intersects, part by part, the moments at which the replies were right; see the header.
#include "model/together.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/explain.hpp"
#include "model/reading.hpp"
#include "model/text.hpp"

namespace trackside::model {
namespace {

constexpr std::size_t most_moments = 2;
constexpr std::size_t most_parts = 4;

/// Both lists are in order and hold windows apart from one another; so is the result.
std::vector<Window> common(const std::vector<Window>& left, const std::vector<Window>& right) {
  std::vector<Window> found;
  for (auto one = left.begin(), other = right.begin(); one != left.end() && other != right.end();) {
    const Window both{std::max(one->first, other->first), std::min(one->last, other->last)};
    if (both.first <= both.last) found.push_back(both);
    one->last < other->last ? ++one : ++other;
  }
  return found;
}

/// Whether the next operation belongs to another command.
bool is_last_part(const History& history, OperationIndex index) {
  const auto group = history.operations[index].group;
  return index + 1 == history.operations.size() || history.operations[index + 1].group != group;
}

/// `["v1"] (right from 1.000 s to 2.000 s)`
std::string with_moments(const Operation& part, const std::vector<Window>& moments) {
  auto text = readable(part.reply) + " (right";
  for (std::size_t index = 0; index < std::min(moments.size(), most_moments); ++index) {
    text += (index == 0 ? " from " : ", from ") + seconds(moments[index].first) + " to " + seconds(moments[index].last);
  }
  return text + (moments.size() > most_moments ? ", and later)" : ")");
}

/// Of the parts that were asked together at one place.
std::optional<Violation> judge_place(const History& history, const Oracle& oracle, std::size_t event,
                                     std::uint32_t place) {
  const auto last = history.events[event].index;
  const auto window = allowed_window(history, history.operations[last]);
  std::vector<Window> together{window};
  std::string got;
  std::size_t parts = 0;
  for (auto index = history.operations[last].group; index <= last; ++index) {
    const auto& part = history.operations[index];
    if (part.place != place || !is_answered_read(part)) continue;
    const auto moments = explaining_moments(history, oracle, part, window);
    if (moments.empty()) return std::nullopt;
    together = common(together, moments);
    if (parts++ < most_parts) got += (got.empty() ? "" : ", ") + with_moments(part, moments);
  }
  if (!together.empty()) return std::nullopt;
  const bool clock_stepped = std::any_of(history.clock_steps.begin(), history.clock_steps.end(), [&](Instant step) {
    return window.first <= step && step <= window.last;
  });
  if (clock_stepped && history.operations[last].source != Source::server) return std::nullopt;
  if (parts > most_parts) got += ", ... " + std::to_string(parts - most_parts) + " more";
  return violation(Promise::integrity, history, event,
                   "one instant between " + seconds(window.first) + " and " + seconds(window.last) +
                       " at which all " + std::to_string(parts) + " replies were right at once",
                   std::move(got));
}

}  // namespace

std::optional<Violation> judge_together(const History& history, const Oracle& oracle, std::size_t event) {
  const auto last = history.events[event].index;
  const auto group = history.operations[last].group;
  if (group == nobody || !is_last_part(history, last)) return std::nullopt;
  const bool asked_the_server = history.operations[last].source == Source::server;
  if (!asked_the_server && !terms_of(history, history.operations[last]).pushes_reliable) return std::nullopt;
  std::vector<std::uint32_t> places;
  for (auto index = group; index <= last; ++index) places.push_back(history.operations[index].place);
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (const auto place : places) {
    if (auto broken = judge_place(history, oracle, event, place)) return broken;
  }
  return std::nullopt;
}

}  // namespace trackside::model
