// One cached client of a scenario: the shipped ClientCore on a simulated host, with the subject's cache, watched.
//
// Performs operations as an application would, and tells the recorder when each was invoked and how it ended.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "properties/testing/judging/recorder.hpp"
#include "properties/testing/running/client_figures.hpp"
#include "properties/testing/running/companion_reader.hpp"
#include "properties/testing/running/observed_cache.hpp"
#include "properties/testing/subjects/subjects.hpp"
#include "properties/testing/timeline/timeline_recorder.hpp"
#include "sim/world.hpp"
#include "trackside/cache_store.hpp"
#include "trackside/client_core.hpp"

namespace trackside::testing {

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
    KeyFigures figures{};
    const HookCounts* hooks = nullptr;  // what its cache's hooks tell; null: it has none
  };
  SimulatedClient(const Parts& parts, std::shared_ptr<AbstractCache> cache, std::uint32_t index, Task ended);

  /// The operation outlives this. Among the commands are two of the client's own: `CANCEL n` cancels its operation n,
  /// if that is under way; `CACHE ...` is what its program does with the cache by itself (simulated_program.cpp).
  void perform(const sim::Operation& operation, bool settled);
  void stop() {
    if (reader_ != nullptr) {
      reader_->stop();
    }
    core_.stop();
  }
  /// After `stop`: what the cache does all the same; empty: nothing.
  std::string life_after_stop();
  /// A while later: whether what it was asked after `stop` was refused.
  bool refused_late() const { return refused_late_ == 3; }
  /// The commands that nobody can be asked any more have ended, so nothing is left in its store's books.
  std::size_t open_fills() const { return cache_->store() != nullptr ? cache_->store()->open_fills() : 0; }

  bool healthy() const { return core_.healthy(); }
  /// Commands, fills and waiters without an end.
  std::uint32_t leftovers() const;
  /// Its program counts a miss by itself, in the statistics of its cache.
  void count_some();
  /// Its program keeps something, and asks for it, when everything has healed.
  void keep_one();
  /// What its cache says to have counted.
  model::Counters claims() const { return cache_->claims(); }
  /// What it says of itself and does not agree with that; empty: nothing.
  std::string contradiction() const;

 private:
  static void on_completion(void* self, std::uint64_t record, const Outcome& outcome);
  void answer(std::uint32_t record, const Outcome& outcome);
  void record_answer(std::uint32_t record, const Outcome& outcome);
  void submit(const sim::Operation& operation, std::uint32_t record);
  void cancel(const sim::Operation& operation);
  void use_cache(const sim::Operation& operation);
  void read_beside(const sim::Operation& operation);
  static std::string use(AbstractCache& cache, std::span<const std::string> words);
  std::string fill_up(std::string_view used_by);
  void tell_sending(const sim::Operation& operation);
  void tell_answer(std::uint32_t record, const Outcome& outcome);
  static std::string answer_text(const Outcome& outcome);
  std::string name() const { return "client" + std::to_string(host_.index()); }

  sim::World& world_;
  const Task ended_;
  sim::Host& host_;
  Recorder& recorder_;
  TimelineRecorder* const timeline_;
  const KeyFigures figures_;
  const sim::ClientSetup& store_owner_;
  const HookCounts* const hooks_;
  const ClientOptions options_;
  const std::size_t nodes_;  // of each the client may have commands under way
  const bool is_cached_;    // its client has the cache
  const bool is_verified_;  // which is the library's
  const bool is_clustered_;
  const bool may_fields_expire_;  // of hashes: a server of Redis 7.4, by what it says
  CommandCounts commands_;
  std::string misuse_;  // what its cache let the program do by itself
  std::shared_ptr<ObservedCache> cache_;
  ClientCore core_;
  std::unique_ptr<CompanionReader> reader_;  // null: no program reads beside the client
  struct Call {
    std::uint32_t record;
    std::uint32_t number;  // the scenario's; 0 of several
    OperationId id;
    std::span<const std::string> words;  // the scenario's, which outlive it
    std::uint64_t mixed_before = 0;      // parts of MGETs that were answered by cache and server together
    bool is_mget = false;
    bool is_alone = false;               // an MGET beside which there is no other, also none whose caller has gone
  };
  /// `call`: null once it has been answered.
  std::string read_as_programs_do(std::uint32_t record, const Call* call, const Outcome& outcome);
  std::string wrong_about(std::uint32_t record, const Call* call, const Outcome& outcome);
  std::string wrong_about_mget(const Call& call, const Outcome& outcome);
  /// Null once it has been answered.
  Call* find_call(std::uint32_t record);
  std::vector<Call> under_way_;
  bool has_mget_failed_ = false;
  Reply reply_;
  int refused_late_ = 0;
};

}  // namespace trackside::testing
