#include "properties/testing/report/gallery.hpp"

#include <fmt/format.h>

namespace trackside::testing {
namespace {

/// The first run that breaks what the idea is about, by its number from 1, which is its seed; 0 if there is none.
std::uint64_t first_failure(const Subject& subject, std::uint64_t runs_max, unsigned jobs, Progress& progress) {
  Exploration exploration{
      .generator = generator_of(subject), .first_seed = 1, .runs = runs_max, .jobs = jobs, .until_broken = true};
  while (const auto broken = explore(exploration, progress).first_broken) {
    if (subject.breaks.empty() || model::code_of(broken->promise) == subject.breaks) {
      return broken->seed;
    }
    exploration.first_seed = broken->seed + 1;
    exploration.runs = runs_max - broken->seed;
  }
  return 0;
}

}  // namespace

std::vector<const Subject*> subjects_shown() {
  std::vector<const Subject*> shown;
  for (const Subject& subject : subjects()) {
    if (!subject.seen_in.empty()) {
      shown.push_back(&subject);
    }
  }
  return shown;
}

std::optional<Exhibit> find_exhibit(const Subject& subject, std::uint64_t runs_max, unsigned jobs,
                                    Progress& progress) {
  const std::uint64_t seed = first_failure(subject, runs_max, jobs, progress);
  if (seed == 0) {
    return std::nullopt;
  }
  const sim::Scenario found = generate(seed, generator_of(subject));
  Exhibit exhibit{.subject = &subject, .runs = seed};
  exhibit.reduction = reduce(found, run(found).violation->promise);
  exhibit.result = run(exhibit.reduction.scenario, {.story = true, .timeline = true});
  sim::Scenario same = exhibit.reduction.scenario;
  same.subject = "verified";
  exhibit.verified_holds = !run(same).violation;
  return exhibit;
}

std::string scenario_file_of(const Exhibit& exhibit) {
  const std::string text = sim::print(exhibit.reduction.scenario);
  const std::size_t second_line = text.find('\n') + 1;
  return fmt::format("{}# {}: {}.\n# expects verified: {}\n# expects {}: {}\n{}", text.substr(0, second_line),
                     exhibit.subject->name, exhibit.subject->description, exhibit.verified_holds ? "held" : "broken",
                     exhibit.subject->name, model::code_of(exhibit.result.violation->promise),
                     text.substr(second_line));
}

}  // namespace trackside::testing
