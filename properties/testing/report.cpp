#include "properties/testing/report.hpp"

#include <charconv>

#include <fmt/format.h>

#include "properties/testing/simulated_client.hpp"

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

}  // namespace

std::string seconds_text(sim::Instant instant) {
  return fmt::format("{}.{:06}", instant / sim::second, instant % sim::second / sim::microsecond);
}

std::string story_of(const sim::Scenario& scenario, const RunResult& result, Detail detail) {
  std::string story;
  for (const StoryLine& line : result.story) {
    if (detail == Detail::operations && is_transport(line)) {
      // Connections that come and go are part of the story, the first one of each is not.
      const bool ends = line.text.find(" ends") != std::string::npos;
      if (!ends || line.at > scenario.faults_end) {
        continue;
      }
    }
    const bool marked = breaks_the_promise(result, line);
    story += fmt::format("{} {:>12} s  {:<9} {}{}\n", marked ? ">>" : "  ", seconds_text(line.at),
                         name_in(scenario, line.who), line.text,
                         marked ? "   <-- breaks " + std::string{model::code_of(result.violation->promise)} : "");
    if (marked && detail == Detail::operations) {
      break;
    }
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

}  // namespace trackside::testing
