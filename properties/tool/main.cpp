// The front door: parses the command line and hands over to one command. Usage errors exit with 2.
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "properties/tool/commands.hpp"
#include "properties/tool/serve_command.hpp"

namespace trackside::tool {

std::atomic<bool>& interrupted() {
  static std::atomic<bool> flag{false};
  return flag;
}

namespace {

// 19 digits: `replay` tells a seed from the name of a file by its digits.
constexpr std::uint64_t seed_max = 9'999'999'999'999'999'999U;

void on_signal(int) { interrupted() = true; }

/// "60s", "1500ms", "2m" or "60": seconds.
std::string check_duration(const std::string& text, double& seconds) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc{}) {
    return "expected a duration such as 60s";
  }
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (unit == "ms") {
    seconds /= 1000;
  } else if (unit == "m") {
    seconds *= 60;
  } else if (unit == "h") {
    seconds *= 3600;
  } else if (!unit.empty() && unit != "s") {
    return "expected a duration such as 60s, 1500ms, 2m or 1h";
  }
  return seconds > 0 && seconds <= 86'400.0 * 30 ? "" : "expected a duration of more than nothing and at most 30 days";
}

std::string check_shard(const std::string& text, std::uint64_t& shard, std::uint64_t& shards) {
  const char* const end = text.data() + text.size();
  const auto [slash, shard_error] = std::from_chars(text.data(), end, shard);
  const bool separated = shard_error == std::errc{} && slash != end && *slash == '/';
  const auto [rest, shards_error] = std::from_chars(separated ? slash + 1 : end, end, shards);
  const bool complete = shards_error == std::errc{} && rest == end;
  return complete && shard < shards ? "" : "expected i/n with 0 <= i < n, such as 0/4";
}

struct Requests {
  RunRequest run;
  ReplayRequest replay;
  ShrinkRequest shrink;
  ExhaustRequest exhaust;
  MergeRequest merge;
  ConfidenceRequest confidence;
  DeterminismRequest determinism;
  GalleryRequest gallery;
  BenchRequest bench;
  ServeRequest serve;
  std::string subjects_json;
};

void add_run(CLI::App& app, RunRequest& request) {
  CLI::App& command = *app.add_subcommand("run", "Explore: many generated scenarios, every promise checked in each");
  auto* runs = command.add_option("--runs", request.runs, "How many runs (10000 unless --for is given)")
                   ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
  command
      .add_option_function<std::string>(
          "--for",
          [&request](const std::string& text) {
            double seconds = 0;
            const std::string problem = check_duration(text, seconds);
            if (!problem.empty()) {
              throw CLI::ValidationError("--for", problem + ", found \"" + text + "\"");
            }
            request.seconds = seconds;
          },
          "How long instead, such as 60s")
      ->excludes(runs);
  command.add_option("--seed", request.seed, "Seed of the first run; the others follow")
      ->check(CLI::Range(std::uint64_t{0}, seed_max))
      ->capture_default_str();
  command.add_option("--jobs", request.jobs, "Threads (default: one per core)")->check(CLI::Range(1U, 1024U));
  command.add_option_function<std::string>(
      "--shard",
      [&request](const std::string& text) {
        const std::string problem = check_shard(text, request.shard, request.shards);
        if (!problem.empty()) {
          throw CLI::ValidationError("--shard", problem + ", found \"" + text + "\"");
        }
      },
      "i/n: only every n-th run, beginning with the i-th (default: by GTEST_SHARD_INDEX and GTEST_TOTAL_SHARDS)");
  command.add_option("--subject", request.subject, "What is tried; see `trackside subjects`")->capture_default_str();
  command.add_option("--strategy", request.strategy, "How delays are spread (default: chosen by the seed)");
  command.add_option("--world", request.world, "node, cluster or sentinels, in every run (default: by the seed)");
  command.add_option("--operations", request.operations, "Operations per run (default: chosen by the seed)")
      ->check(CLI::Range(1U, 100'000U));
  command.add_flag("--until-broken", request.until_broken, "End with the first broken promise, and shrink only that");
  command.add_option("--report", request.report, "Folder for shrunk scenarios and their pictures")
      ->capture_default_str();
  command.add_option("--json", request.json, "Write the result to this file");
}

void add_replay(CLI::App& app, ReplayRequest& request) {
  CLI::App& command = *app.add_subcommand("replay", "Run one scenario again and tell its story");
  command.add_option("scenario", request.what, "A scenario file, or a seed of `trackside run`")->required();
  command.add_option("--subject", request.subject, "What is tried (default: the file's own; for a seed: verified)");
  command.add_option("--strategy", request.strategy, "With a seed: the strategy that `run` was given");
  command.add_option("--world", request.world, "With a seed: the world that `run` was given");
  command.add_option("--operations", request.operations, "With a seed: the operations that `run` was given")
      ->check(CLI::Range(1U, 100'000U));
  command.add_option("--until", request.until, "Tell the story up to this many seconds of virtual time")
      ->check(CLI::Range(0.0, 1e9));
  auto* trace = command.add_flag("--trace", request.trace, "Tell everything, bytes on the network included");
  auto* html = command.add_option("--html", request.html, "Draw it: write a page for any browser to this file");
  auto* perfetto =
      command.add_option("--perfetto", request.perfetto, "Write a trace for ui.perfetto.dev to this file");
  auto* events =
      command.add_option("--events", request.events, "List every event, with the hash behind it, in this file");
  auto* json = command.add_option("--json", request.json, "Write the verdict to this file");
  command.add_flag("--as-test", request.as_test, "Run nothing; print a GoogleTest that holds the scenario")
      ->excludes(trace)
      ->excludes(html)
      ->excludes(perfetto)
      ->excludes(events)
      ->excludes(json);
}

void add_exhaust(CLI::App& app, ExhaustRequest& request) {
  CLI::App& command = *app.add_subcommand("exhaust", "Try every order of events in a small scope");
  command.add_option("scope", request.scope, "Which one; see --list");
  command.add_flag("--list", request.list, "List the scopes");
  command.add_option("--subject", request.subject, "What is tried; see `trackside subjects`")->capture_default_str();
  command.add_option("--jobs", request.jobs, "Threads (default: one per core)")->check(CLI::Range(1U, 1024U));
  command.add_option("--resume", request.resume, "Note here what is done, and go on from what is noted here");
  command.add_option("--report", request.report, "Folder for a scenario that breaks a promise")->capture_default_str();
  command.add_option("--json", request.json, "Write the result to this file");
}

void add_confidence(CLI::App& app, ConfidenceRequest& request) {
  CLI::App& command =
      *app.add_subcommand("confidence", "Measure how stale answers get where invalidations vanish, by the confidence");
  command.add_option("--runs", request.runs, "Runs of 120 s for each row of the table")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000}))
      ->capture_default_str();
  command.add_option("--seed", request.seed, "Seed of the first run; the others follow")
      ->check(CLI::Range(std::uint64_t{0}, seed_max))
      ->capture_default_str();
  command.add_option("--dropping", request.dropping, "Percent of the time in which invalidations vanish")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{100}))
      ->capture_default_str();
  command.add_option("--json", request.json, "Write the table to this file");
}

void add_determinism(CLI::App& app, DeterminismRequest& request) {
  CLI::App& command =
      *app.add_subcommand("determinism", "Run each scenario twice, in other memory, and say where the runs part");
  command.add_option("--runs", request.runs, "How many scenarios")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
      ->capture_default_str();
  command.add_option("--seed", request.seed, "Seed of the first; the others follow")
      ->check(CLI::Range(std::uint64_t{0}, seed_max))
      ->capture_default_str();
  command.add_option("--jobs", request.jobs, "Threads (default: one per core)")->check(CLI::Range(1U, 1024U));
  command.add_option("--subject", request.subject, "What is tried; see `trackside subjects`")->capture_default_str();
  command.add_option("--world", request.world, "node, cluster or sentinels, in every run (default: by the seed)");
  command.add_option("--json", request.json, "Write the result to this file");
}

/// As GoogleTest's binaries understand it. Says what is wrong with it, if anything is.
std::string shard_of_environment(RunRequest& request) {
  const char* const index = std::getenv("GTEST_SHARD_INDEX");
  const char* const total = std::getenv("GTEST_TOTAL_SHARDS");
  if (index == nullptr || total == nullptr || request.shards != 1) {
    return "";
  }
  const std::string problem = check_shard(std::string{index} + '/' + total, request.shard, request.shards);
  return problem.empty() ? "" : "GTEST_SHARD_INDEX/GTEST_TOTAL_SHARDS: " + problem;
}

void add_gallery(CLI::App& app, GalleryRequest& request) {
  CLI::App& command =
      *app.add_subcommand("gallery", "Write pages: every wrong cache, and the smallest run that shows it");
  command.add_option("folder", request.folder, "Where to write index.html and what it leads to")->required();
  command.add_option("--runs", request.runs, "How many runs each may take to be found")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
      ->capture_default_str();
  command.add_option("--jobs", request.jobs, "Threads (default: one per core)")->check(CLI::Range(1U, 1024U));
  command.add_option("--json", request.json, "Write the list to this file");
}

int dispatch(CLI::App& app, const Requests& requests) {
  if (app.got_subcommand("run")) {
    return run(requests.run);
  }
  if (app.got_subcommand("replay")) {
    return replay(requests.replay);
  }
  if (app.got_subcommand("shrink")) {
    return shrink(requests.shrink);
  }
  if (app.got_subcommand("merge")) {
    return merge(requests.merge);
  }
  if (app.got_subcommand("exhaust")) {
    return exhaust(requests.exhaust);
  }
  if (app.got_subcommand("confidence")) {
    return confidence(requests.confidence);
  }
  if (app.got_subcommand("determinism")) {
    return determinism(requests.determinism);
  }
  if (app.got_subcommand("gallery")) {
    return gallery(requests.gallery);
  }
  if (app.got_subcommand("bench")) {
    return bench(requests.bench);
  }
  if (app.got_subcommand("serve")) {
    return serve(requests.serve);
  }
  return list_subjects(requests.subjects_json);
}

/// One line that says what is wrong. CLI11 finds a missing command before it finds an unknown one.
std::string message_of(const CLI::App& app, const CLI::Error& error) {
  const std::vector<std::string> unknown = app.remaining();
  const bool no_command = app.get_subcommands().empty() && !unknown.empty();
  const std::string what =
      no_command ? fmt::format("\"{}\" is neither a command nor an option", unknown.front()) : error.what();
  return fmt::format("trackside: {}; see --help\n", what);
}

int main_of(int count, char** arguments) {
  CLI::App app{"trackside: tries caches on a simulated Redis and proves what they promise"};
  app.require_subcommand(1);
  app.failure_message([](const CLI::App* from, const CLI::Error& error) { return message_of(*from, error); });
  app.set_version_flag("--version", TRACKSIDE_VERSION);
  Requests requests;
  add_run(app, requests.run);
  add_replay(app, requests.replay);
  CLI::App& shrink = *app.add_subcommand("shrink", "Make a failing scenario small");
  shrink.add_option("file", requests.shrink.file, "The scenario")->required();
  shrink.add_option("-o,--output", requests.shrink.output, "Where to write it (default: standard output)");
  shrink.add_option("--json", requests.shrink.json, "Write the result to this file");
  add_exhaust(app, requests.exhaust);
  CLI::App& merge = *app.add_subcommand("merge", "Put the results of shards together");
  merge.add_option("files", requests.merge.files, "Results of `run --shard i/n --json FILE`")->required();
  merge.add_option("--json", requests.merge.json, "Write the result to this file");
  CLI::App& subjects = *app.add_subcommand("subjects", "List what can be tried");
  subjects.add_option("--json", requests.subjects_json, "Write the list to this file");
  add_confidence(app, requests.confidence);
  add_determinism(app, requests.determinism);
  add_gallery(app, requests.gallery);
  add_serve(app, requests.serve);
  CLI::App& bench = *app.add_subcommand("bench", "Measure speed, beside its limits measured in the same run");
  bench.add_option("part", requests.bench.part, "cache, sim or all")
      ->check(CLI::IsMember({"cache", "sim", "all"}))
      ->capture_default_str();
  bench.add_option("--seconds", requests.bench.seconds, "About how long each case is measured")
      ->check(CLI::Range(0.01, 60.0))
      ->check([](const std::string& text) { return text.find_first_of("nN") == text.npos ? "" : "not a number"; })
      ->capture_default_str();
  bench.add_option("--json", requests.bench.json, "Write the table to this file");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? held : bad_input;
  }
  if (const std::string problem = shard_of_environment(requests.run); !problem.empty()) {
    fmt::print(stderr, "trackside: {}\n", problem);
    return bad_input;
  }
  std::signal(SIGINT, &on_signal);
  std::signal(SIGTERM, &on_signal);
  return dispatch(app, requests);
}

}  // namespace
}  // namespace trackside::tool

int main(int count, char** arguments) {
  try {
    return trackside::tool::main_of(count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "trackside: {}\n", error.what());
    return trackside::tool::bad_input;
  }
}
