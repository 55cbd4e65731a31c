#include "properties/testing/reducer.hpp"

#include <algorithm>
#include <vector>

#include "properties/testing/run.hpp"
#include "properties/testing/subjects.hpp"

namespace trackside::testing {
namespace {

class Reducer {
 public:
  Reducer(model::Promise promise, std::uint32_t executions_max, const CacheFactory& make)
      : promise_(promise), left_(executions_max), make_(make) {}

  /// Takes the candidate if it still breaks the promise.
  bool accept(sim::Scenario candidate) {
    if (left_ == 0) {
      return false;
    }
    --left_;
    ++executions_;
    const RunResult result = run(candidate, {.make = make_});
    if (!result.violation || result.violation->promise != promise_) {
      return false;
    }
    best_ = std::move(candidate);
    return true;
  }

  void put_on_tape(const sim::Scenario& scenario) {
    best_ = scenario;
    RunResult result = run(scenario, {.tape = true, .make = make_});
    ++executions_;
    sim::Scenario taped = scenario;
    taped.replay_tape = true;
    taped.tape = std::move(result.tape);
    accept(std::move(taped));
  }

  void drop_fault_kinds() {
    for (std::size_t kind = 0; kind < sim::fault_kinds; ++kind) {
      sim::Scenario candidate = best_;
      std::erase_if(candidate.faults,
                    [&](const sim::Fault& fault) { return static_cast<std::size_t>(fault.kind) == kind; });
      if (candidate.faults.size() != best_.faults.size()) {
        accept(std::move(candidate));
      }
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

  void empty_tape() {
    sim::Scenario candidate = best_;
    candidate.tape.clear();
    if (!best_.tape.empty()) {
      accept(std::move(candidate));
    }
  }

  void default_setup() {
    sim::Scenario candidate = best_;
    candidate.server = {};
    if (!(candidate == best_)) {
      accept(candidate);
    }
    for (std::size_t client = 0; client < best_.clients.size(); ++client) {
      candidate = best_;
      candidate.clients[client] = {};
      if (make_) {
        set_as_the_cache_says(make_, candidate.clients[client]);
      }
      if (!(candidate == best_)) {
        accept(std::move(candidate));
      }
    }
  }

  /// Clients that do nothing go, if nothing needs their number.
  void drop_last_clients() {
    while (best_.clients.size() > 1) {
      const auto last = static_cast<std::uint32_t>(best_.clients.size() - 1);
      sim::Scenario candidate = best_;
      candidate.clients.pop_back();
      for (sim::Operation& operation : candidate.operations) {
        if (operation.actor.kind == sim::ActorKind::client && operation.actor.index == last) {
          operation.actor.index = 0;
        }
      }
      for (sim::Fault& fault : candidate.faults) {
        fault.target = fault.target == last ? 0 : fault.target;
      }
      if (!accept(std::move(candidate))) {
        return;
      }
    }
  }

  const sim::Scenario& best() const { return best_; }
  std::uint32_t executions() const { return executions_; }

 private:
  const model::Promise promise_;
  std::uint32_t left_;
  const CacheFactory& make_;
  std::uint32_t executions_ = 0;
  sim::Scenario best_;
};

std::size_t steps_of(const sim::Scenario& scenario) { return scenario.operations.size() + scenario.faults.size(); }

}  // namespace

Reduction reduce(const sim::Scenario& scenario, model::Promise promise, std::uint32_t executions_max,
                 const CacheFactory& make) {
  Reducer reducer{promise, executions_max, make};
  reducer.put_on_tape(scenario);
  reducer.drop_fault_kinds();
  reducer.minimize(&sim::Scenario::operations);
  reducer.minimize(&sim::Scenario::faults);
  reducer.empty_tape();
  reducer.minimize(&sim::Scenario::tape);
  reducer.drop_last_clients();
  reducer.default_setup();
  reducer.minimize(&sim::Scenario::operations);
  return {.scenario = reducer.best(),
          .executions = reducer.executions(),
          .steps_before = steps_of(scenario),
          .steps = steps_of(reducer.best())};
}

}  // namespace trackside::testing
