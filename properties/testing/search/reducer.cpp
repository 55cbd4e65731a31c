#include "properties/testing/search/reducer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "properties/testing/judging/operation_kind.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/search/simplify.hpp"
#include "properties/testing/subjects/subjects.hpp"
#include "properties/testing/timeline/timeline.hpp"

namespace trackside::testing {
namespace {

/// Whether it has a text: what lacks parts, or was made plainer, may contradict itself. But for its tape, which a run
/// wrote, and which may be long.
bool is_valid(sim::Scenario& scenario) {
  std::vector<sim::TapeEntry> tape = std::exchange(scenario.tape, {});
  sim::Scenario parsed;
  sim::ParseError error;
  const bool is_readable = sim::parse(sim::print(scenario), parsed, error);
  scenario.tape = std::move(tape);
  return is_readable;
}

constexpr std::size_t few = 16;  // operations, of which every two are worth an execution

/// Decisions about one thing: of one site, or of one entity there.
struct Group {
  std::string site;
  std::optional<std::uint64_t> entity;

  bool has(const sim::TapeEntry& entry) const {
    return entry.site == site && (!entity || entry.entity == *entity);
  }
};

class Reducer {
 public:
  Reducer(model::Promise promise, std::uint32_t executions_max, const CacheFactory& make)
      : promise_(promise), left_(executions_max), make_(make) {}

  void put_on_tape(const sim::Scenario& scenario) {
    best_ = scenario;
    ++executions_;
    RunResult result = run(scenario, {.tape = true, .make = make_});
    way_ = result.way;
    violated_at_ = result.violation ? result.violation->at : sim::end_of_time;
    sim::Scenario taped = scenario;
    taped.replay_tape = true;
    taped.tape = std::move(result.tape);
    begun_ = std::move(result.begun);
    decisions_ = std::move(result.decisions);
    accept(std::move(taped));
  }

  void drop_parts() {
    end_early();
    drop_fault_kinds();
    minimize(&sim::Scenario::faults);
    minimize(&sim::Scenario::operations);
    drop_fault_kinds();
    drop_decisions();
  }

  /// Until nothing gets plainer; what is plain may have more to leave out.
  void make_plain() {
    for (bool changed = true; changed && left_ > 0;) {
      changed = false;
      for (const Simplification& simplification : simplifications_of(best_)) {
        sim::Scenario candidate = best_;
        simplification(candidate);
        if (make_) {
          for (sim::ClientSetup& client : candidate.clients) set_as_the_cache_says(make_, client);
        }
        changed = accept_change(std::move(candidate)) || changed;
      }
      const std::size_t before = steps();
      minimize(&sim::Scenario::operations);
      minimize(&sim::Scenario::faults);
      drop_two_at_once();
      changed = changed && steps() < before;
    }
    drop_decisions();
    minimize(&sim::Scenario::tape);  // last: there may be hundreds, and no step is less for it
  }

  const sim::Scenario& best() const { return best_; }
  const std::string& way() const { return way_; }
  std::uint32_t executions() const { return executions_; }

 private:
  std::size_t steps() const { return best_.operations.size() + best_.faults.size(); }

  /// Takes the candidate if it still breaks the promise in the same way: with its tape, or decided as the best one is.
  bool accept(sim::Scenario candidate) {
    if (!is_valid(candidate)) {
      return false;
    }
    if (took(candidate, nullptr)) {
      return true;
    }
    const bool has_new_names = !best_.tape.empty() && candidate.operations.size() < best_.operations.size();
    return has_new_names && took(candidate, &decisions_);
  }

  bool took(sim::Scenario& candidate, const std::vector<sim::Decision>* former) {
    if (left_ == 0) {
      return false;
    }
    --left_;
    ++executions_;
    RunResult result = run(candidate, {.tape = true, .former = former, .make = make_});
    if (!result.violation || result.violation->promise != promise_ || result.way != way_) {
      return false;
    }
    violated_at_ = result.violation->at;
    begun_ = std::move(result.begun);
    decisions_ = std::move(result.decisions);
    if (former != nullptr) {
      candidate.tape = std::move(result.tape);
    }
    best_ = std::move(candidate);
    return true;
  }
  bool accept_change(sim::Scenario candidate) { return !(candidate == best_) && accept(std::move(candidate)); }

  /// What waited for an operation that is gone begins when it did: all behind it stays where it was, named as before.
  void begin_when_they_began(sim::Scenario& candidate) const {
    std::set<std::uint32_t> left;
    for (const sim::Operation& operation : candidate.operations) left.insert(operation.id);
    for (sim::Operation& operation : candidate.operations) {
      const auto found = begun_.find(operation.id);
      if (operation.after != 0 && !left.contains(operation.after) && found != begun_.end() &&
          found->second < candidate.faults_end) {
        operation.at = found->second;
        operation.after = 0;
      }
    }
    std::sort(candidate.operations.begin(), candidate.operations.end(), [](const auto& one, const auto& other) {
      return std::tie(one.at, one.id) < std::tie(other.at, other.id);
    });
  }

  /// Whatever begins when the promise is broken already.
  void end_early() {
    sim::Scenario candidate = best_;
    const auto is_late = [this](const auto& each) { return each.at > violated_at_; };
    std::erase_if(candidate.operations, is_late);
    std::erase_if(candidate.faults, is_late);
    accept_change(std::move(candidate));
  }

  void drop_fault_kinds() {
    for (std::size_t kind = 0; kind < sim::fault_kinds; ++kind) {
      sim::Scenario candidate = best_;
      std::erase_if(candidate.faults,
                    [&](const sim::Fault& fault) { return static_cast<std::size_t>(fault.kind) == kind; });
      accept_change(std::move(candidate));
    }
  }

  /// Leaves out ever smaller runs of one list's elements. The list is chosen by a member pointer.
  template <class Element>
  void minimize(std::vector<Element> sim::Scenario::*list) {
    std::size_t chunk = std::max<std::size_t>((best_.*list).size() / 2, 1);
    while (!(best_.*list).empty() && left_ > 0) {
      bool removed = false;
      for (std::size_t at = 0; at < (best_.*list).size() && left_ > 0;) {
        sim::Scenario candidate = best_;
        auto& elements = candidate.*list;
        const std::size_t end = std::min(at + chunk, elements.size());
        elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(at),
                       elements.begin() + static_cast<std::ptrdiff_t>(end));
        if constexpr (std::is_same_v<Element, sim::Operation>) {
          begin_when_they_began(candidate);
        }
        if (accept(std::move(candidate))) {
          removed = true;
        } else {
          at += chunk;
        }
      }
      if (chunk == 1 && !removed) {
        break;
      }
      chunk = std::max<std::size_t>(removed ? std::min(chunk, (best_.*list).size()) : chunk / 2, 1);
    }
  }

  /// Operations that matter by being an even number: what takes turns, such as data connections, ends where it was.
  void drop_two_at_once() {
    for (std::size_t apart = 1; apart < best_.operations.size() && best_.operations.size() <= few; ++apart) {
      for (std::size_t at = 0; at + apart < best_.operations.size() && left_ > 0;) {
        sim::Scenario candidate = best_;
        const auto first = candidate.operations.begin() + static_cast<std::ptrdiff_t>(at);
        candidate.operations.erase(first + static_cast<std::ptrdiff_t>(apart));
        candidate.operations.erase(first);
        begin_when_they_began(candidate);
        at += accept(std::move(candidate)) ? 0 : 1;
      }
    }
  }

  void drop_group(const Group& group) {
    sim::Scenario candidate = best_;
    std::erase_if(candidate.tape, [&](const sim::TapeEntry& entry) { return group.has(entry); });
    accept_change(std::move(candidate));
  }

  /// All, or those about one thing.
  void drop_decisions() {
    if (best_.tape.empty()) {
      return;
    }
    sim::Scenario candidate = best_;
    candidate.tape.clear();
    if (accept(std::move(candidate))) {
      return;
    }
    std::set<std::string> sites;
    for (const sim::TapeEntry& entry : best_.tape) sites.insert(entry.site);
    for (const std::string& site : sites) drop_group({site, {}});
    std::set<std::pair<std::string, std::uint64_t>> entities;
    for (const sim::TapeEntry& entry : best_.tape) entities.insert({entry.site, entry.entity});
    if (entities.size() < best_.tape.size()) {
      for (const auto& [site, entity] : entities) drop_group({site, entity});
    }
  }

  const model::Promise promise_;
  std::uint32_t left_;
  const CacheFactory& make_;
  std::string way_;
  sim::Instant violated_at_ = sim::end_of_time;
  std::map<std::uint32_t, sim::Instant> begun_;  // by the operation's number, in the best one's run
  std::vector<sim::Decision> decisions_;         // likewise
  std::uint32_t executions_ = 0;
  sim::Scenario best_;
};

std::size_t steps_of(const sim::Scenario& scenario) { return scenario.operations.size() + scenario.faults.size(); }

/// Failures differ by what faults mean to a client, not by how that comes about.
std::string_view kind_of(sim::FaultKind kind) {
  using sim::FaultKind;
  switch (kind) {
    case FaultKind::refuse:
    case FaultKind::hang_connect:
    case FaultKind::reset:
    case FaultKind::close:
    case FaultKind::kill_client:
    case FaultKind::restart_server:
    case FaultKind::load_server:
    case FaultKind::garbage: return "a connection ends";
    case FaultKind::half_open:
    case FaultKind::hold_to_client:
    case FaultKind::hold_to_server:
    case FaultKind::delay:
    case FaultKind::slow_reader:
    case FaultKind::freeze_server:
    case FaultKind::slow_server:
    case FaultKind::pause_client:
    case FaultKind::late_timers:
    case FaultKind::cut_client: return "something is late";
    case FaultKind::isolate_primary:
    case FaultKind::partition:
    case FaultKind::stale_topology:
    case FaultKind::failover_manual:
    case FaultKind::failover_takeover: return "another primary";
    case FaultKind::add_node:
    case FaultKind::remove_node: return "another node";
    case FaultKind::forbid_tracking:
    case FaultKind::late_expiry:
    case FaultKind::clock_step:
    case FaultKind::push_drop:
    case FaultKind::evict:
    case FaultKind::table_overflow:
    case FaultKind::odd_answers:
    case FaultKind::forbid_question:
    case FaultKind::replica_lag:
    case FaultKind::migrate_slot: break;
  }
  return sim::name_of(kind);
}

}  // namespace

Reduction reduce(const sim::Scenario& scenario, model::Promise promise, std::uint32_t executions_max,
                 const CacheFactory& make) {
  Reducer reducer{promise, executions_max, make};
  reducer.put_on_tape(scenario);
  reducer.drop_parts();
  reducer.make_plain();
  return {.scenario = reducer.best(),
          .way = reducer.way(),
          .executions = reducer.executions(),
          .steps_before = steps_of(scenario),
          .steps = steps_of(reducer.best())};
}

Signature signature_of(const Reduction& reduction, const CacheFactory& make) {
  Signature signature{.way = reduction.way, .cause = {}, .things = {}};
  const sim::Scenario& reduced = reduction.scenario;
  const RunResult result = run(reduced, {.timeline = true, .make = make});
  if (result.timeline->breach) {
    signature.cause = result.timeline->breach->cause;
    if (result.timeline->breach->was_told) {
      return signature;
    }
  }
  auto& things = signature.things;
  for (const sim::Operation& operation : reduced.operations) {
    const bool by_client = operation.actor.kind == sim::ActorKind::client;
    things.insert(by_client ? is_cacheable(operation.words) ? "reads" : "own writes" : "foreign writes");
  }
  for (const sim::Fault& fault : reduced.faults) things.insert(std::string{kind_of(fault.kind)});
  for (const sim::ClientSetup& client : reduced.clients) {
    if (client.delivery == sim::Delivery::redirect) things.insert("redirect");
    if (client.selection == sim::Selection::broadcast) things.insert("broadcast");
    if (client.shares) things.insert("shared");
  }
  return signature;
}

}  // namespace trackside::testing
