// `trackside run`: explores, shows progress and a summary, and makes every kind of failure small and replayable.
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "properties/testing/report/report.hpp"
#include "properties/testing/search/distinct.hpp"
#include "properties/testing/search/explore.hpp"
#include "properties/testing/search/reducer.hpp"
#include "properties/testing/search/side_by_side.hpp"
#include "properties/testing/timeline/timeline_page.hpp"
#include "properties/tool/commands.hpp"
#include "properties/tool/files.hpp"
#include "properties/tool/marks_table.hpp"
#include "properties/tool/names.hpp"
#include "properties/tool/progress_line.hpp"

namespace trackside::tool {
namespace {

using testing::Exploration;
using testing::Progress;
using testing::Totals;

constexpr std::uint64_t runs_by_default = 10'000;

struct ReportedFailure {
  testing::DistinctFailure found;
  std::uint64_t runs = 0;  // that broke this promise
  std::string file;        // the shrunk scenario
  std::string picture;     // and what it looks like
  bool written = false;
};

void print_summary(const RunRequest& request, const Totals& totals) {
  fmt::print("\n{}: {} runs, {} of them broke a promise\n", request.subject, totals.runs, totals.violations);
  fmt::print("  {} events, {:.1f} h of virtual time in {:.2f} s: {} events/s, {} runs/s, {} times real time\n",
             count_text(static_cast<double>(totals.events)), totals.virtual_seconds / 3600, totals.wall_seconds,
             count_text(static_cast<double>(totals.events) / totals.wall_seconds),
             count_text(static_cast<double>(totals.runs) / totals.wall_seconds),
             count_text(totals.virtual_seconds / totals.wall_seconds));
  fmt::print("  {} cacheable reads, {} answered by the cache;  hash {:016x}\n\n", totals.reads, totals.hits,
             totals.hash);

  fmt::print("  faults that fired: how often, in how many of a hundred runs\n");
  for (std::size_t kind = 0; kind < totals.faults.size(); ++kind) {
    const double share = 100.0 * static_cast<double>(totals.runs_with_fault[kind]) / static_cast<double>(totals.runs);
    const char* const end = kind % 3 == 2 || kind + 1 == totals.faults.size() ? "\n" : "";
    fmt::print("    {:<17} {:>9} {:>5.1f}{}", sim::name_of(static_cast<sim::FaultKind>(kind)), totals.faults[kind],
               share, end);
  }
  fmt::print("\n  {} runs had a cluster; what became of these\n", totals.clusters);
  for (std::size_t effect = 0; effect < totals.cluster_effects.size(); ++effect) {
    fmt::print("    {:<16} {:>10}{}", sim::name_of(static_cast<sim::ClusterEffect>(effect)),
               totals.cluster_effects[effect], effect + 1 == totals.cluster_effects.size() ? "\n" : "");
  }
  fmt::print("{}", marks_table(totals));
  fmt::print("\n  strategies: runs, of which broke a promise\n   ");
  for (const auto& [name, each] : totals.strategies) {
    fmt::print(" {} {} {} ", name, each.runs, each.violations);
  }
  fmt::print("\n\n  promises that were checked\n");
  for (std::size_t promise = 0; promise < totals.checked.size(); ++promise) {
    fmt::print("    {:<24} {:>12} times, broken in {} runs\n", model::name_of(static_cast<model::Promise>(promise)),
               totals.checked[promise], totals.broken[promise]);
  }
}

ReportedFailure report_failure(const RunRequest& request, testing::DistinctFailure found, std::uint64_t runs) {
  const std::string name =
      fmt::format("{}/{}-{}-{}", request.report, request.subject, model::code_of(found.promise), found.seed);
  return {.found = std::move(found), .runs = runs, .file = name + ".scenario", .picture = name + ".html"};
}

std::string about(const ReportedFailure& failure) {
  const testing::Reduction& reduction = failure.found.reduction;
  const auto codes = [&] {
    std::vector<std::string_view> all;
    for (const model::Promise promise : failure.found.also) all.push_back(model::code_of(promise));
    return all;
  };
  return fmt::format("seed {}, {} steps shrunk to {} in {} executions; {} runs broke this promise{}{}",
                     failure.found.seed, reduction.steps_before, reduction.steps, reduction.executions, failure.runs,
                     failure.found.also.empty() ? ""
                                                : fmt::format(", others of this kind {}", fmt::join(codes(), ", ")),
                     failure.found.like.empty()
                         ? ""
                         : fmt::format(", alike: seeds {}", fmt::join(failure.found.like, ", ")));
}

/// Writes the scenario and its picture, and prints what there is to say on one screen.
void tell_failure(ReportedFailure& failure) {
  const testing::RunResult result = testing::run(failure.found.reduction.scenario, {.story = true, .timeline = true});
  const std::string replay = "build/release/trackside replay " + failure.file;
  failure.written = write_file(failure.file, sim::print(failure.found.reduction.scenario)) &&
                    write_file(failure.picture, testing::page_of(*result.timeline, replay));
  fmt::print("\n{}", testing::screen_of(failure.found.reduction.scenario, result,
                                        {.replay = replay, .picture = failure.picture, .about = about(failure)}));
}

nlohmann::json to_json(const RunRequest& request, const Totals& totals, const std::vector<ReportedFailure>& failures) {
  nlohmann::json json = {{"subject", request.subject},
                         {"seed", request.seed},
                         {"runs", totals.runs},
                         {"violations", totals.violations},
                         {"events", totals.events},
                         {"virtual_seconds", totals.virtual_seconds},
                         {"wall_seconds", totals.wall_seconds},
                         {"hash", fmt::format("{:016x}", totals.hash)},
                         {"reads", totals.reads},
                         {"hits", totals.hits},
                         {"clusters", totals.clusters},
                         {"cluster_effects", nlohmann::json::object()},
                         {"strategies", nlohmann::json::object()},
                         {"faults", nlohmann::json::object()},
                         {"promises", nlohmann::json::object()},
                         {"marks", marks_json(totals)},
                         {"failures", nlohmann::json::array()}};
  for (std::size_t kind = 0; kind < totals.faults.size(); ++kind) {
    json["faults"][std::string{sim::name_of(static_cast<sim::FaultKind>(kind))}] = totals.faults[kind];
  }
  for (std::size_t effect = 0; effect < totals.cluster_effects.size(); ++effect) {
    json["cluster_effects"][std::string{sim::name_of(static_cast<sim::ClusterEffect>(effect))}] =
        totals.cluster_effects[effect];
  }
  for (std::size_t promise = 0; promise < totals.checked.size(); ++promise) {
    json["promises"][std::string{model::name_of(static_cast<model::Promise>(promise))}] = totals.checked[promise];
  }
  if (totals.first_broken) {
    json["first_broken"] = {{"promise", model::name_of(totals.first_broken->promise)},
                            {"seed", totals.first_broken->seed},
                            {"runs", totals.first_broken->runs}};
  }
  for (const auto& [name, each] : totals.strategies) {
    json["strategies"][name] = {{"runs", each.runs}, {"violations", each.violations}};
  }
  for (const ReportedFailure& failure : failures) {
    json["failures"].push_back({{"promise", model::name_of(failure.found.promise)},
                                {"seed", failure.found.seed},
                                {"alike", failure.found.like},
                                {"cause", failure.found.signature.cause},
                                {"runs", failure.runs},
                                {"scenario", failure.file},
                                {"picture", failure.picture},
                                {"steps", failure.found.reduction.steps},
                                {"executions", failure.found.reduction.executions}});
  }
  return json;
}

/// An assertion, or worse: names the seed with what a signal may use, and ends as it would have.
void on_crash(int signal) {
  constexpr std::string_view said = "trackside: the process ended in the run of seed ";
  char digits[24];
  char* at = digits + sizeof digits;
  *--at = '\n';
  for (std::uint64_t seed = testing::seed_under_way(), first = 1; first != 0 || seed != 0; seed /= 10, first = 0) {
    *--at = static_cast<char>('0' + seed % 10);
  }
  const auto size = static_cast<std::size_t>(digits + sizeof digits - at);
  [[maybe_unused]] const bool is_told =
      write(STDERR_FILENO, said.data(), said.size()) >= 0 && write(STDERR_FILENO, at, size) >= 0;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

bool outputs_can_be_written(const RunRequest& request) {
  return (request.json.empty() || check_output_file(request.json)) && check_output_folder(request.report);
}

}  // namespace

int run(const RunRequest& request) {
  const auto generator = generator_of({request.subject, request.strategy, request.world, request.operations});
  if (!generator || !outputs_can_be_written(request)) {
    return bad_input;
  }
  Exploration exploration;
  exploration.generator = *generator;
  exploration.first_seed = request.seed;
  exploration.jobs = testing::jobs_of(request.jobs);
  exploration.shard = request.shard;
  exploration.shards = request.shards;
  exploration.until_broken = request.until_broken;
  exploration.runs = request.runs.value_or(request.seconds ? UINT64_MAX : runs_by_default);
  if (request.seconds) {
    exploration.time_limit = std::chrono::nanoseconds{static_cast<std::int64_t>(*request.seconds * 1e9)};
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal, &on_crash);
  }
  Progress progress;
  Totals totals;
  {
    const ProgressLine line{progress, request.subject};
    totals = testing::explore(exploration, progress);
  }
  print_summary(request, totals);
  std::vector<ReportedFailure> failures;
  if (request.until_broken && totals.first_broken) {
    for (auto& [promise, seeds] : totals.failing_seeds) {  // but for runs that were under way
      std::erase_if(seeds, [&](std::uint64_t seed) { return seed != totals.first_broken->seed; });
    }
  }
  for (testing::DistinctFailure& found : testing::distinct_failures(totals, exploration.generator, exploration.jobs)) {
    const std::uint64_t runs_of_promise = totals.broken[static_cast<std::size_t>(found.promise)];
    failures.push_back(report_failure(request, std::move(found), runs_of_promise));
    tell_failure(failures.back());
  }
  const bool all_written = std::all_of(failures.begin(), failures.end(),
                                       [](const ReportedFailure& failure) { return failure.written; });
  if (!request.json.empty() && !write_json(request.json, to_json(request, totals, failures))) {
    return bad_input;
  }
  if (!all_written) {
    return bad_input;
  }
  return totals.violations == 0 ? held : broken;
}

}  // namespace trackside::tool
