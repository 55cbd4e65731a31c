// `trackside exhaust`: every order of events in a small scope, counted.
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "properties/testing/report/report.hpp"
#include "properties/testing/search/exhaust.hpp"
#include "properties/testing/search/reducer.hpp"
#include "properties/testing/search/side_by_side.hpp"
#include "properties/tool/commands.hpp"
#include "properties/tool/files.hpp"
#include "properties/tool/names.hpp"
#include "sim/kernel/hash.hpp"

namespace trackside::tool {
namespace {

using testing::Scope;
using testing::Searched;

std::string whole_text(std::uint64_t count) {
  return count == UINT64_MAX ? "more than 1.8e19" : fmt::format("{}", count);
}

/// Which scenarios were searched, and what was found: one line each, added as they are done.
class Journal {
 public:
  /// The name of what is searched: another scope, or another build's scope, has another one.
  Journal(std::string path, std::uint64_t name) : path_(std::move(path)), name_(name) {}

  /// False with one line on standard error if the file holds anything else.
  bool read(std::map<std::size_t, Searched>& done, std::size_t scenarios) {
    std::ifstream file{path_};
    if (path_.empty() || !file) {
      return true;  // a new one
    }
    std::string line;
    std::getline(file, line);
    if (line != header()) {
      fmt::print(stderr, "trackside: {}: is not the journal of this search\n", path_);
      return false;
    }
    while (std::getline(file, line)) {
      std::istringstream words{line};
      std::size_t index = 0;
      Searched searched;
      std::string end;
      words >> index >> searched.states >> searched.transitions >> searched.schedules >> searched.runs >> end;
      if (end == "held" && index < scenarios) {  // a line that was cut off is searched again, and so is what broke
        done[index] = searched;
      }
    }
    return true;
  }

  bool open(bool is_new) {
    if (path_.empty()) {
      return true;
    }
    if (is_new && !write_file(path_, header() + '\n')) {
      return false;
    }
    file_.open(path_, std::ios::app);
    return file_.good();
  }

  void add(std::size_t index, const Searched& searched) {
    if (path_.empty()) {
      return;
    }
    file_ << fmt::format("{} {} {} {} {} {}\n", index, searched.states, searched.transitions, searched.schedules,
                         searched.runs, searched.broken ? "broke" : "held")
          << std::flush;
  }

  bool failed() const { return !path_.empty() && !file_.good(); }

 private:
  std::string header() const { return fmt::format("trackside exhaust 1 {:016x}", name_); }

  std::string path_;
  std::uint64_t name_;
  std::ofstream file_;
};

std::uint64_t name_of(const std::vector<sim::Scenario>& scenarios) {
  std::uint64_t name = sim::hash_name("exhaust");
  for (const sim::Scenario& scenario : scenarios) {
    name = sim::fold(name, sim::hash_bytes(sim::print(scenario)));
  }
  return name;
}

struct Sum {
  std::uint64_t states = 0;
  std::uint64_t transitions = 0;
  std::uint64_t schedules = 0;
  std::uint64_t runs = 0;
  std::uint64_t broken = 0;  // scenarios
};

Sum sum_of(const std::map<std::size_t, Searched>& done) {
  Sum sum;
  for (const auto& [index, each] : done) {
    sum.states += each.states;
    sum.transitions += each.transitions;
    sum.schedules = sum.schedules > UINT64_MAX - each.schedules ? UINT64_MAX : sum.schedules + each.schedules;
    sum.runs += each.runs;
    sum.broken += each.broken ? 1 : 0;
  }
  return sum;
}

void search_all(const std::vector<sim::Scenario>& scenarios, unsigned jobs, Journal& journal,
                std::map<std::size_t, Searched>& done) {
  std::mutex mutex;
  std::size_t next = 0;
  const auto work = [&] {
    std::unique_lock lock{mutex};
    while (next < scenarios.size() && !interrupted()) {
      const std::size_t index = next++;
      if (done.contains(index)) {
        continue;
      }
      lock.unlock();
      auto searched = testing::search_orders(scenarios[index], interrupted());
      lock.lock();
      if (searched) {
        journal.add(index, *searched);
        done.emplace(index, std::move(*searched));
      }
    }
  };
  testing::side_by_side(jobs, work);
}

int list_scopes(const std::string& json) {
  nlohmann::json list = nlohmann::json::array();
  for (const Scope& scope : testing::scopes()) {
    fmt::print("{:<18} {}\n", scope.name, scope.description);
    list.push_back({{"name", scope.name}, {"description", scope.description}});
  }
  return json.empty() || write_json(json, list) ? held : bad_input;
}

/// The first scenario that breaks a promise, made small and told.
std::string report_broken(const ExhaustRequest& request, sim::Scenario scenario, const Searched& searched) {
  scenario.tape = searched.order;
  const testing::Reduction reduction = testing::reduce(scenario, *searched.broken);
  const std::string file = fmt::format("{}/{}-{}-{}.scenario", request.report, request.subject,
                                       model::code_of(*searched.broken), request.scope);
  const bool written = write_file(file, sim::print(reduction.scenario));
  const testing::RunResult result = testing::run(reduction.scenario, {.story = true});
  fmt::print("\nFAILED  replay it with:  build/release/trackside replay {}\n{}\n{}", written ? file : "",
             testing::story_of(reduction.scenario, result, testing::Detail::operations), testing::verdict_of(result));
  return written ? file : "";
}

}  // namespace

int exhaust(const ExhaustRequest& request) {
  if (!request.json.empty() && !check_output_file(request.json)) {
    return bad_input;
  }
  if (request.list) {
    return list_scopes(request.json);
  }
  const Scope* const scope = testing::find_scope(request.scope);
  if (scope == nullptr) {
    const bool missing = request.scope.empty();
    fmt::print(stderr, "trackside: {}; `trackside exhaust --list` names those that there are\n",
               missing ? "a scope is missing" : fmt::format("scope \"{}\" does not exist", request.scope));
    return bad_input;
  }
  if (!is_subject(request.subject) || !check_output_folder(request.report)) {
    return bad_input;
  }
  std::vector<sim::Scenario> scenarios = scope->scenarios();
  for (sim::Scenario& scenario : scenarios) {
    scenario.subject = request.subject;
  }
  Journal journal{request.resume, name_of(scenarios)};
  std::map<std::size_t, Searched> done;
  if (!journal.read(done, scenarios.size()) || !journal.open(done.empty())) {
    return bad_input;
  }
  const std::size_t resumed = done.size();
  const auto begin = std::chrono::steady_clock::now();
  search_all(scenarios, testing::jobs_of(request.jobs), journal,
             done);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const Sum sum = sum_of(done);
  const bool complete = done.size() == scenarios.size();
  fmt::print("{}: {}\n", scope->name, scope->description);
  fmt::print("  {} of {} scenarios searched{}, {} of them broke a promise\n", done.size(), scenarios.size(),
             resumed != 0 ? fmt::format(" ({} of them before)", resumed) : "", sum.broken);
  fmt::print("  {} schedules, by {} states and {} transitions, in {} runs and {:.1f} s\n", whole_text(sum.schedules),
             sum.states, sum.transitions, sum.runs, seconds);
  if (!complete) {
    fmt::print("  interrupted{}\n", request.resume.empty() ? "" : "; the same command goes on from here");
  }
  std::string file;
  for (const auto& [index, each] : done) {
    if (each.broken) {
      file = report_broken(request, scenarios[index], each);
      break;
    }
  }
  if (journal.failed()) {
    fmt::print(stderr, "trackside: {}: could not be written\n", request.resume);
  }
  const nlohmann::json json = {{"scope", scope->name},         {"subject", request.subject},
                               {"scenarios", scenarios.size()}, {"searched", done.size()},
                               {"complete", complete},         {"broken", sum.broken},
                               {"schedules", sum.schedules},   {"states", sum.states},
                               {"transitions", sum.transitions}, {"runs", sum.runs},
                               {"wall_seconds", seconds},      {"scenario", file}};
  if ((!request.json.empty() && !write_json(request.json, json)) || journal.failed()) {
    return bad_input;
  }
  return sum.broken == 0 ? held : broken;
}

}  // namespace trackside::tool
