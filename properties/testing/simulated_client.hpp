// One cached client of a scenario: the shipped ClientCore on a simulated host, with the subject's cache, watched.
//
// Performs operations as an application would, and tells the recorder when each was invoked and how it ended.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "properties/testing/observed_cache.hpp"
#include "properties/testing/recorder.hpp"
#include "properties/testing/subjects.hpp"
#include "properties/testing/timeline_recorder.hpp"
#include "sim/world.hpp"
#include "trackside/client_core.hpp"

namespace trackside::testing {

Command command_of(std::span<const std::string> words);

/// What the story calls an operation: "op 7", or "final check" for the questions at the end, which have no number.
std::string label_of(std::uint32_t operation);

class SimulatedClient {
 public:
  /// `ended` is called with the scenario's number of each operation that ended, from inside its completion. `timeline`
  /// may be null.
  struct Parts {
    const sim::Scenario& scenario;
    sim::World& world;
    Recorder& recorder;
    TimelineRecorder* timeline;
  };
  SimulatedClient(const Parts& parts, std::shared_ptr<AbstractCache> cache, std::uint32_t index, Task ended);

  /// Among the commands is one of the client's own: `CANCEL n` cancels its operation n, if that is under way.
  void perform(const sim::Operation& operation, bool settled);
  void stop() { core_.stop(); }

  bool healthy() const { return core_.healthy(); }
  /// Commands, fills and waiters without an end.
  std::uint32_t leftovers() const;
  /// What its cache says to have counted.
  model::Counters claims() const { return cache_->claims(); }

 private:
  static void on_completion(void* self, std::uint64_t record, const Outcome& outcome);
  void answer(std::uint32_t record, const Outcome& outcome);
  void record_answer(std::uint32_t record, const Outcome& outcome);
  void submit(const sim::Operation& operation, std::uint32_t record);
  void cancel(const sim::Operation& operation);
  void tell_sending(const sim::Operation& operation);
  void tell_answer(std::uint32_t record, const Outcome& outcome);
  static std::string answer_text(const Outcome& outcome);
  std::string name() const { return "client" + std::to_string(host_.index()); }

  sim::World& world_;
  const Task ended_;
  sim::Host& host_;
  Recorder& recorder_;
  TimelineRecorder* const timeline_;
  std::shared_ptr<ObservedCache> cache_;
  ClientCore core_;
  std::vector<std::pair<std::uint32_t, OperationId>> under_way_;  // by the scenario's number
  Reply reply_;
};

}  // namespace trackside::testing
