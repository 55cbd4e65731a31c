#include "properties/testing/report/report.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>

#include "properties/testing/running/simulated_client.hpp"
#include "properties/testing/timeline/timeline.hpp"

namespace trackside::testing {
namespace {

/// Bytes on their way are only of interest when everything is asked for.
bool is_transport(const StoryLine& line) {
  return line.text.find(" bytes") != std::string::npos || line.text.starts_with("connection ");
}

/// "host 3" by the name that the scenario gives it.
std::string name_in(const sim::Scenario& scenario, const std::string& who) {
  constexpr std::string_view prefix = "host ";
  std::size_t index = 0;
  if (!who.starts_with(prefix) ||
      std::from_chars(who.data() + prefix.size(), who.data() + who.size(), index).ec != std::errc{}) {
    return who;
  }
  const std::size_t clients = scenario.clients.size();
  return index < clients ? fmt::format("client{}", index) : fmt::format("writer {}", index - clients);
}

/// How the line begins that tells of what no operation did; empty for what is told by none.
std::string_view cache_line_of(model::Promise promise) {
  switch (promise) {
    case model::Promise::honest_health:
    case model::Promise::bounds: return "cache keeps";
    case model::Promise::confidence: return "cache is told";
    case model::Promise::integrity:
    case model::Promise::bounded_staleness:
    case model::Promise::read_your_writes:
    case model::Promise::monotonic_reads:
    case model::Promise::convergence:
    case model::Promise::one_answer:
    case model::Promise::true_counters: break;
  }
  return {};
}

bool breaks_the_promise(const RunResult& result, const StoryLine& line) {
  if (!result.violation || line.at != result.violation->at) {
    return false;
  }
  if (result.violation->operation == model::nobody) {
    const std::string_view begin = cache_line_of(result.violation->promise);
    return !begin.empty() && line.text.starts_with(begin);
  }
  return line.text.starts_with(label_of(result.violating_operation) + ' ') &&
         line.text.find(" got ") != std::string::npos;
}

struct ShownLine {
  std::string text;
  bool marked;
  const StoryLine* line;  // null: of the verdict itself
};

std::string text_of(bool marked, sim::Instant at, const std::string& who, const std::string& what,
                    const RunResult& result) {
  return fmt::format("{} {:>12} s  {:<9} {}{}", marked ? ">>" : "  ", seconds_text(at), who, what,
                     marked ? "   <-- breaks " + std::string{model::code_of(result.violation->promise)} : "");
}

/// What no line of the story tells, such as figures that are wrong, is a line of its own; what came behind it is left
/// out, as behind any other breach.
void tell_breach(std::vector<ShownLine>& shown, const RunResult& result, Detail detail) {
  const bool is_told = std::any_of(shown.begin(), shown.end(), [](const ShownLine& each) { return each.marked; });
  if (!result.violation || is_told) {
    return;
  }
  const model::Violation& violation = *result.violation;
  const auto behind = std::find_if(shown.begin(), shown.end(),
                                   [&](const ShownLine& each) { return each.line->at > violation.at; });
  const std::string text = text_of(true, violation.at, "verdict", violation.got, result);
  const auto told = shown.insert(behind, {text, true, nullptr});
  if (detail == Detail::operations) {
    shown.erase(told + 1, shown.end());
  }
}

std::vector<ShownLine> shown_lines(const sim::Scenario& scenario, const RunResult& result, Detail detail) {
  std::vector<ShownLine> shown;
  for (const StoryLine& line : result.story) {
    if (detail == Detail::operations && is_transport(line)) {
      // Connections that come and go are part of the story, the first one of each is not.
      const bool ends = line.text.find(" ends") != std::string::npos;
      if (!ends || line.at > scenario.faults_end) {
        continue;
      }
    }
    const bool marked = breaks_the_promise(result, line);
    shown.push_back({text_of(marked, line.at, name_in(scenario, line.who), line.text, result), marked, &line});
    if (marked && detail == Detail::operations) {
      break;
    }
  }
  tell_breach(shown, result, detail);
  return shown;
}

/// The keys that the broken promise was about.
std::vector<std::string> keys_of(const Timeline& timeline) {
  std::vector<std::string> keys;
  if (timeline.breach && timeline.breach->operation != Timeline::none) {
    for (const Timeline::KeyIndex key : timeline.operations[timeline.breach->operation].keys) {
      keys.push_back(timeline.keys[key]);
    }
  }
  return keys;
}

bool names_one_of(const std::string& text, const std::vector<std::string>& keys) {
  const std::string padded = ' ' + text + ' ';
  return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
    return padded.find(' ' + key + ' ') != std::string::npos;
  });
}

/// How soon a line is left out: 0 last.
int expendability(const ShownLine& line, const std::vector<std::string>& keys) {
  if (line.marked) {
    return 0;
  }
  if (line.line->who == "fault" || names_one_of(line.line->text, keys)) {
    return 1;
  }
  const bool is_operation = line.line->text.starts_with("op ") || line.line->text.starts_with("sends ");
  return is_operation && keys.empty() ? 1 : is_operation ? 2 : 3;
}

/// At most so many lines, those included that stand for what was left out. Of two that are as good as each other the
/// later one stays.
std::string shortened(const std::vector<ShownLine>& lines, const std::vector<std::string>& keys,
                      std::size_t lines_max) {
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return std::pair{expendability(lines[left], keys), lines.size() - left} <
           std::pair{expendability(lines[right], keys), lines.size() - right};
  });
  std::vector<bool> kept(lines.size(), true);
  const auto text = [&] {
    std::string result;
    std::size_t left_out = 0;
    for (std::size_t index = 0; index <= lines.size(); ++index) {
      if (index < lines.size() && !kept[index]) {
        ++left_out;
        continue;
      }
      result += left_out == 0 ? "" : fmt::format("                   ... {} more\n", left_out);
      left_out = 0;
      result += index < lines.size() ? lines[index].text + '\n' : "";
    }
    return result;
  };
  std::string result = text();
  while (static_cast<std::size_t>(std::count(result.begin(), result.end(), '\n')) > lines_max && !order.empty()) {
    kept[order.back()] = false;
    order.pop_back();
    result = text();
  }
  return result;
}

std::string way_of(const Timeline& timeline) {
  std::string text;
  for (const Timeline::Breach::Step& step : timeline.breach->way) {
    text += fmt::format("  {:>12} s  {}\n", seconds_text(step.at), step.text);
  }
  return text;
}

}  // namespace

std::string seconds_text(sim::Instant instant) {
  return fmt::format("{}.{:06}", instant / sim::second, instant % sim::second / sim::microsecond);
}

std::string story_of(const sim::Scenario& scenario, const RunResult& result, Detail detail) {
  std::string story;
  for (const ShownLine& line : shown_lines(scenario, result, detail)) {
    story += line.text + '\n';
  }
  return story;
}

std::string verdict_of(const RunResult& result) {
  const model::Violation& violation = *result.violation;
  return fmt::format("{}: {}\n  at        {} s{}\n  expected  {}\n  got       {}\n", model::name_of(violation.promise),
                     model::sentence_of(violation.promise), seconds_text(violation.at),
                     result.violating_operation != 0 ? fmt::format(", operation {}", result.violating_operation) : "",
                     violation.expected, violation.got);
}

std::string screen_of(const sim::Scenario& scenario, const RunResult& result, const Failure& failure) {
  const model::Violation& violation = *result.violation;
  std::string head = fmt::format("FAILED  replay it with:  {}\n", failure.replay);
  head += failure.picture.empty() ? "" : fmt::format("  the picture:  {}\n", failure.picture);
  head += fmt::format("  {}: {}\n  {}\n\n{}\n", model::name_of(violation.promise),
                      model::sentence_of(violation.promise), failure.about, way_of(*result.timeline));
  const std::string tail = fmt::format(
      "\n  at        {} s{}\n  expected  {}\n  got       {}\n", seconds_text(violation.at),
      result.violating_operation != 0 ? fmt::format(", operation {}", result.violating_operation) : "",
      violation.expected, violation.got);
  const auto lines_in = [](const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  };
  return head +
         shortened(shown_lines(scenario, result, Detail::operations), keys_of(*result.timeline),
                   screen_lines_max - lines_in(head) - lines_in(tail)) +
         tail;
}

}  // namespace trackside::testing
