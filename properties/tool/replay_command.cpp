// `trackside replay`: one scenario again, told as a story. `trackside shrink`: the same made small.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "properties/testing/generation/generator.hpp"
#include "properties/testing/report/as_test.hpp"
#include "properties/testing/report/report.hpp"
#include "properties/testing/search/reducer.hpp"
#include "properties/testing/search/twice.hpp"
#include "properties/testing/subjects/subjects.hpp"
#include "properties/testing/timeline/timeline_page.hpp"
#include "properties/testing/timeline/timeline_perfetto.hpp"
#include "properties/tool/commands.hpp"
#include "properties/tool/files.hpp"
#include "properties/tool/names.hpp"

namespace trackside::tool {
namespace {

bool is_seed(const std::string& text) {
  return !text.empty() && text.size() <= 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool load(const ReplayRequest& request, sim::Scenario& scenario) {
  if (is_seed(request.what)) {
    const auto generator = generator_of({request.subject.empty() ? "verified" : request.subject, request.strategy,
                                         request.world, request.operations});
    if (generator) {
      scenario = testing::generate(std::stoull(request.what), *generator);
    }
    return generator.has_value();
  }
  if (!request.subject.empty() && !is_subject(request.subject)) {
    return false;
  }
  const bool read = read_scenario(request.what, scenario);
  scenario.subject = request.subject.empty() ? scenario.subject : request.subject;
  return read;
}

/// The line that runs it again.
std::string replay_line(const ReplayRequest& request) {
  std::string line = "build/release/trackside replay " + request.what;
  line += request.subject.empty() ? "" : " --subject " + request.subject;
  line += request.strategy.empty() ? "" : " --strategy " + request.strategy;
  line += request.world.empty() ? "" : " --world " + request.world;
  return line + (request.operations == 0 ? "" : fmt::format(" --operations {}", request.operations));
}

bool outputs_can_be_written(const ReplayRequest& request) {
  const auto outputs = {&request.json, &request.html, &request.perfetto, &request.events};
  return std::all_of(outputs.begin(), outputs.end(),
                     [](const std::string* path) { return path->empty() || check_output_file(*path); });
}

bool write_pictures(const ReplayRequest& request, const testing::RunResult& result) {
  return (request.html.empty() ||
          write_file(request.html, testing::page_of(*result.timeline, replay_line(request)))) &&
         (request.perfetto.empty() || write_file(request.perfetto, testing::perfetto_of(*result.timeline)));
}

bool write_events(const std::string& path, const testing::RunResult& result) {
  std::string text;
  for (const sim::Step& step : result.steps) text += testing::to_text(step) + '\n';
  return path.empty() || write_file(path, text);
}

}  // namespace

int replay(const ReplayRequest& request) {
  sim::Scenario scenario;
  if (!outputs_can_be_written(request) || !load(request, scenario)) {
    return bad_input;
  }
  if (request.as_test) {
    fmt::print("{}", testing::as_test(scenario, request.what));
    return held;
  }
  const bool is_drawn = !request.html.empty() || !request.perfetto.empty();
  testing::RunResult result =
      testing::run(scenario, {.story = true, .timeline = is_drawn, .steps = !request.events.empty()});
  if ((is_drawn && !write_pictures(request, result)) || !write_events(request.events, result)) {
    return bad_input;
  }
  if (request.until) {
    const auto end = static_cast<sim::Instant>(*request.until * 1e9);
    std::erase_if(result.story, [end](const testing::StoryLine& line) { return line.at > end; });
  }
  const auto detail = request.trace ? testing::Detail::everything : testing::Detail::operations;
  fmt::print("subject {}, {} clients, {} operations, {} faults; hash {:016x}, {} events\n\n", scenario.subject,
             scenario.clients.size(), scenario.operations.size(), scenario.faults.size(), result.hash, result.events);
  fmt::print("{}\n", testing::story_of(scenario, result, detail));
  if (result.violation) {
    fmt::print("BROKEN  {}", testing::verdict_of(result));
  } else {
    fmt::print("Every promise held.\n");
  }
  if (!request.json.empty()) {
    nlohmann::json json = {{"hash", fmt::format("{:016x}", result.hash)},
                           {"events", result.events},
                           {"held", !result.violation.has_value()}};
    if (result.violation) {
      json["promise"] = model::name_of(result.violation->promise);
      json["operation"] = result.violating_operation;
      json["at"] = static_cast<double>(result.violation->at) / 1e9;
      json["expected"] = result.violation->expected;
      json["got"] = result.violation->got;
    }
    if (!write_json(request.json, json)) {
      return bad_input;
    }
  }
  return result.violation ? broken : held;
}

int shrink(const ShrinkRequest& request) {
  sim::Scenario scenario;
  if (!read_scenario(request.file, scenario)) {
    return bad_input;
  }
  const testing::RunResult result = testing::run(scenario);
  if (!result.violation) {
    fmt::print(stderr, "trackside: {}: every promise holds in this scenario; there is nothing to shrink\n",
               request.file);
    return bad_input;
  }
  const testing::Reduction reduction = testing::reduce(scenario, result.violation->promise);
  const std::string text = sim::print(reduction.scenario);
  if (request.output.empty()) {
    fmt::print("{}", text);
  } else if (!write_file(request.output, text)) {
    return bad_input;
  }
  fmt::print(stderr, "{} steps shrunk to {} in {} executions\n", reduction.steps_before, reduction.steps,
             reduction.executions);
  const nlohmann::json json = {{"promise", model::name_of(result.violation->promise)},
                               {"steps_before", reduction.steps_before},
                               {"steps", reduction.steps},
                               {"executions", reduction.executions},
                               {"scenario", text}};
  if (!request.json.empty() && !write_json(request.json, json)) {
    return bad_input;
  }
  return broken;
}

int list_subjects(const std::string& json) {
  if (!json.empty() && !check_output_file(json)) {
    return bad_input;
  }
  std::size_t longest = 0;
  for (const testing::Subject& subject : testing::subjects()) {
    longest = std::max(longest, subject.name.size());
  }
  nlohmann::json list = nlohmann::json::array();
  for (const testing::Subject& subject : testing::subjects()) {
    fmt::print("{:<{}} {}\n", subject.name, longest, subject.description);
    list.push_back({{"name", subject.name}, {"description", subject.description}, {"seen_in", subject.seen_in}});
  }
  return json.empty() || write_json(json, list) ? held : bad_input;
}

}  // namespace trackside::tool
