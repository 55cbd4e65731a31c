#include "properties/testing/running/run.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

#include "properties/testing/generation/workload.hpp"
#include "properties/testing/judging/cluster_history.hpp"
#include "properties/testing/judging/operation_kind.hpp"
#include "properties/testing/judging/terms.hpp"
#include "properties/testing/running/client_caches.hpp"
#include "properties/testing/running/simulated_client.hpp"
#include "properties/testing/subjects/subjects.hpp"
#include "properties/testing/timeline/timeline_recorder.hpp"
#include "sim/kernel/strategy.hpp"
#include "sim/scenario_client.hpp"
#include "sim/world.hpp"

namespace trackside::testing {
namespace {

constexpr sim::Instant settled_phase = sim::second;
constexpr sim::Instant second_round = 500 * sim::millisecond;
constexpr std::size_t settled_questions_max = 12;
constexpr sim::Instant cluster_settling_max = 30 * sim::second;  // whatever went wrong (sim/README.md)
constexpr sim::Instant cluster_settled_for = 4 * sim::second;    // beyond any node timeout: what was begun is over

class Runner {
 public:
  Runner(const sim::Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        recorder_(scenario.server.database),
        nodes_(recorder_, scenario),
        timeline_(options.timeline ? std::make_unique<TimelineRecorder>(scenario, observer_of_nodes()) : nullptr),
        world_(scenario, scenario.has_successors() ? nullptr : &recorder_,
               {.recording = options.tape ? sim::Decider::Recording::on : sim::Decider::Recording::off,
                .former = options.former,
                .trace = options.story,
                .orders_observer = options.orders,
                .network_observer = timeline_.get(),
                .cluster_observer = timeline_ != nullptr ? timeline_.get() : observer_of_nodes(),
                .steps = options.steps ? &steps_ : nullptr}),
        caches_(scenario, options.make) {
    recorder_.set_owner(&Runner::owner_of, this);
    nodes_.set_owner(&Runner::owner_at, this);
    if (scenario.cluster) {
      recorder_.split_commands();
    }
    std::vector<sim::Dialect> dialects;
    for (const sim::ClientSetup& client : scenario.clients) {
      dialects.push_back(client.protocol);
    }
    recorder_.set_dialects(std::move(dialects));
    for (std::uint32_t index = 0; index < scenario.clients.size(); ++index) {
      recorder_.add_client(terms_of(scenario, index));
      const Task ended{&Runner::on_ended, this, 0};
      const SimulatedClient::Parts parts{scenario,
                                         world_,
                                         recorder_,
                                         timeline_.get(),
                                         caches_.figures_of(index),
                                         caches_.hooks_of(index)};
      clients_.push_back(std::make_unique<SimulatedClient>(parts, caches_.make(index), index, ended));
    }
    for (const sim::Operation& operation : scenario.operations) {
      if (operation.actor.kind == sim::ActorKind::client) {
        pending_.insert(operation.id);
      }
    }
    for (const sim::Fault& fault : scenario.faults) {
      if (fault.kind == sim::FaultKind::clock_step) {
        world_.call_at(fault.at,
                       {&Runner::on_clock_step, this, static_cast<std::uint64_t>(&fault - scenario.faults.data())});
      }
    }
    if (sim::make_strategy(scenario.strategy, scenario.seed, scenario.faults_end)->decides_orders()) {
      post_all_operations();
    } else {
      post_next_operation();
    }
  }

  RunResult run() {
    sim::Instant settling = 0;
    for (const sim::ClientSetup& setup : scenario_.clients) {
      settling = std::max(settling, settling_time(setup));
    }
    model::History& history = recorder_.history();
    history.faults_stopped = scenario_.faults_end;
    history.settled_at = cluster_settled_at() + settling;
    if (world_.scheduler().stopped()) {
      stop_clients();
      return {.is_stopped = true};
    }
    world_.run_until(history.settled_at);
    end_the_endless();
    ask_everything();
    world_.run_until(history.settled_at + settled_phase + longest_refusal());
    for (const auto& client : clients_) {
      client->count_some();
      client->keep_one();
    }
    for (const auto& client : clients_) {
      history.healthy_at_end.push_back(client->healthy() ? 1 : 0);
      history.leftovers_at_end.push_back(client->leftovers());
      history.claims_at_end.push_back(client->claims());
      history.contradictions_at_end.push_back(client->contradiction());
      if (client->open_fills() != 0 && history.contradictions_at_end.back().empty()) {
        history.contradictions_at_end.back() = std::to_string(client->open_fills()) + " fills are open in its store";
      }
    }
    if (scenario_.has_successors()) {
      nodes_.write();
    }
    RunResult result = judge();
    stop_clients();
    if (!result.violation && caches_.are_verified()) {
      result.violation = judge_stopped_clients();
      result.way = result.violation ? way_of(*result.violation) : "";
    }
    return result;
  }

 private:
  /// How long clients that never get a link may take to say so.
  sim::Instant longest_refusal() const {
    sim::Instant longest = 0;
    for (const sim::ClientSetup& client : scenario_.clients) {
      longest = std::max(longest, sim::is_refused(client) ? client.command_timeout : 0);
    }
    return longest;
  }

  /// While there is somebody to be told: what is under way ends with an error.
  void stop_clients() {
    for (const auto& client : clients_) {
      client->stop();
    }
  }

  /// Their caches do nothing, and what they are asked ends too, soon and with the reason.
  std::optional<model::Violation> judge_stopped_clients() {
    const auto violation = [this](model::Promise promise, std::string expected, std::string got) {
      return model::Violation{.promise = promise,
                              .operation = model::nobody,
                              .event = recorder_.history().events.size(),
                              .at = world_.now(),
                              .expected = std::move(expected),
                              .got = std::move(got)};
    };
    for (const auto& client : clients_) {
      if (std::string wrong = client->life_after_stop(); !wrong.empty()) {
        return violation(model::Promise::honest_health, "a cache that does nothing once its client has stopped",
                         std::move(wrong));
      }
    }
    world_.run_until(world_.now() + sim::millisecond);
    for (const auto& client : clients_) {
      if (!client->refused_late()) {
        return violation(model::Promise::one_answer, "shut_down, for what a client is asked once it has stopped",
                         "something else, or nothing within a millisecond");
      }
    }
    return std::nullopt;
  }

  sim::ClusterObserver* observer_of_nodes() { return scenario_.has_successors() ? &nodes_ : nullptr; }

  /// When the world had healed, and the nodes of its cluster, if there is one, had agreed for a while.
  sim::Instant cluster_settled_at() {
    world_.run_until(scenario_.faults_end);
    sim::Instant since = world_.now();
    const sim::Instant last = since + cluster_settling_max;
    while (scenario_.has_successors() && world_.now() < std::min(last, since + cluster_settled_for)) {
      world_.run_until(world_.now() + sim::second);
      since = world_.cluster_settled() ? since : world_.now();
    }
    return world_.now();
  }

  static model::ClientIndex owner_of(void* self, sim::redis::SessionId session) { return owner_at(self, 0, session); }

  static model::ClientIndex owner_at(void* self, std::uint32_t node, sim::redis::SessionId session) {
    const auto& runner = *static_cast<Runner*>(self);
    const std::uint32_t host = runner.world_.host_of(session, node);
    return host < runner.scenario_.clients.size() ? host : model::nobody;
  }

  static void on_clock_step(void* self, std::uint64_t fault) {
    auto& runner = *static_cast<Runner*>(self);
    const sim::Fault& step = runner.scenario_.faults[fault];
    const auto milliseconds = static_cast<std::int64_t>(step.argument);
    runner.recorder_.history().clock_steps.push_back(runner.world_.now());
    if (runner.scenario_.has_successors()) {
      runner.nodes_.clock_stepped(runner.world_.now(), step.node.value_or(0), milliseconds);
    } else {
      runner.recorder_.clock_stepped(runner.world_.now(), milliseconds);
    }
  }

  /// The next operation of a client is posted when the one before begins, so that few events are pending.
  void post_next_operation() {
    while (next_ < scenario_.operations.size() &&
           scenario_.operations[next_].actor.kind != sim::ActorKind::client) {
      ++next_;
    }
    if (next_ < scenario_.operations.size()) {
      world_.call_at(scenario_.operations[next_].at, {&Runner::on_operation_due, this, next_});
      ++next_;
    }
  }

  /// Where the order is decided: each in its own turn of its client; of several that are alike, one after the other.
  void post_all_operations() {
    for (std::size_t index = 0; index < scenario_.operations.size(); ++index) {
      if (scenario_.operations[index].actor.kind == sim::ActorKind::client && !twin_of(index, true)) {
        post_turn(index);
      }
    }
  }

  void post_turn(std::size_t index) {
    const sim::Operation& operation = scenario_.operations[index];
    world_.client(operation.actor.index).turn_at(operation.at, {&Runner::on_turn, this, index});
  }

  static void on_turn(void* self, std::uint64_t index) {
    auto& runner = *static_cast<Runner*>(self);
    runner.perform(index);
    if (const auto next = runner.twin_of(index, false)) {
      runner.post_turn(*next);
    }
  }

  /// The next operation before or behind this one that is told from it by its number alone.
  std::optional<std::size_t> twin_of(std::size_t index, bool before) const {
    const sim::Operation& operation = scenario_.operations[index];
    const auto is_twin = [&](const sim::Operation& other) {
      return other.at == operation.at && other.actor == operation.actor && other.words == operation.words &&
             other.after == operation.after;
    };
    const std::size_t step = before ? std::size_t(-1) : 1;
    for (std::size_t at = index + step; at < scenario_.operations.size(); at += step) {
      if (is_twin(scenario_.operations[at])) {
        return at;
      }
    }
    return std::nullopt;
  }

  static void on_operation_due(void* self, std::uint64_t index) {
    auto& runner = *static_cast<Runner*>(self);
    runner.post_next_operation();
    const std::uint32_t client = runner.scenario_.operations[index].actor.index;
    sim::Host& host = runner.world_.client(client);
    if (host.paused()) {
      host.turn_at(runner.world_.now(), {&Runner::on_operation, self, index});
    } else {
      on_operation(self, index);
    }
  }

  static void on_operation(void* self, std::uint64_t index) { static_cast<Runner*>(self)->perform(index); }

  void perform(std::uint64_t index) {
    const sim::Operation& operation = scenario_.operations[index];
    if (operation.after != 0 && is_pending(operation.after)) {
      waiting_.push_back({operation.after, index});
    } else {
      clients_[operation.actor.index]->perform(operation, false);
    }
  }

  bool is_pending(std::uint32_t id) const { return pending_.contains(id); }

  static void on_ended(void* self, std::uint64_t id) {
    static_cast<Runner*>(self)->go_on_after(static_cast<std::uint32_t>(id));
  }

  void go_on_after(std::uint32_t id) {
    pending_.erase(id);
    const auto waits_for_it = [&](const auto& waiting) { return waiting.first == id; };
    // What goes on may end at once and let others go on, so the search begins anew each time.
    for (auto at = waiting_.begin();
         (at = std::find_if(waiting_.begin(), waiting_.end(), waits_for_it)) != waiting_.end();) {
      const std::uint64_t index = at->second;
      waiting_.erase(at);
      perform(index);
    }
  }

  static void on_settled_question(void* self, std::uint64_t index) {
    auto& runner = *static_cast<Runner*>(self);
    for (std::uint32_t client = 0; client < runner.clients_.size(); ++client) {
      // Who takes short replies only may rightly get none.
      if (!sim::has_habit(runner.scenario_.clients[client], "short_reads")) {
        runner.clients_[client]->perform(runner.questions_[index], true);
      }
    }
  }

  void ask_everything() {
    for (const sim::Operation& operation : scenario_.operations) {
      if (questions_.size() == settled_questions_max) {
        break;
      }
      if (operation.actor.kind == sim::ActorKind::client && is_cacheable(operation.words) && !asked(operation)) {
        questions_.push_back({.id = 0, .at = 0, .actor = {}, .words = operation.words});
      }
    }
    for (std::uint64_t index = 0; index < questions_.size(); ++index) {
      for (const sim::Instant after : {sim::Instant{0}, second_round}) {
        const sim::Instant at = world_.now() + after + static_cast<sim::Instant>(index + 1) * sim::millisecond;
        world_.call_at(at, {&Runner::on_settled_question, this, index});
      }
    }
  }

  /// Fills what is waited for without end, once for everybody who waits; every client does, since some are refused.
  void end_the_endless() {
    for (const sim::Operation& operation : scenario_.operations) {
      if (const std::string* list = waits_without_end(operation)) {
        gifts_.push_back({.id = 0, .at = 0, .actor = {}, .words = {"RPUSH", *list, "something"}});
      }
    }
    for (const sim::Operation& gift : gifts_) {
      for (const auto& client : clients_) {
        client->perform(gift, true);
      }
    }
  }

  bool asked(const sim::Operation& operation) const {
    return std::any_of(questions_.begin(), questions_.end(),
                       [&](const sim::Operation& question) { return question.words == operation.words; });
  }

  std::string way_of(const model::Violation& violation) const {
    if (violation.operation == model::nobody) {
      return "cache";
    }
    const model::Operation& operation = recorder_.history().operations[violation.operation];
    if (operation.kind != model::OperationKind::read) {
      return "write";
    }
    return operation.source == model::Source::server || operation.source == model::Source::joined ? "read" : "hit";
  }

  RunResult judge() {
    RunResult result{.hash = world_.hash(),
                     .events = world_.events(),
                     .virtual_time = world_.now(),
                     .faults = world_.effects().all(),
                     .in_cluster = scenario_.has_successors(),
                     .cluster_effects = world_.effects().of_clusters()};
    const model::History& history = recorder_.history();
    for (std::size_t promise = 0; promise < model::promises; ++promise) {
      const model::Verdict verdict = model::check(static_cast<model::Promise>(promise), history, recorder_);
      result.checked[promise] = verdict.checked;
      if (verdict.violation && (!result.violation || verdict.violation->event < result.violation->event)) {
        result.violation = verdict.violation;
      }
    }
    if (result.violation && result.violation->operation != model::nobody) {
      result.violating_operation = history.operations[result.violation->operation].id;
    }
    result.way = result.violation ? way_of(*result.violation) : "";
    for (const model::Operation& operation : history.operations) {
      const bool is_first = operation.group == model::nobody || &operation == &history.operations[operation.group];
      if (operation.kind == model::OperationKind::read && is_first) {
        ++result.reads;
        result.hits += operation.source == model::Source::cache && operation.completions > 0 ? 1 : 0;
      }
    }
    if (options_.tape) {
      for (const model::Operation& operation : history.operations) {
        result.begun.try_emplace(operation.id, operation.invoked);
      }
      result.tape = world_.tape();
      result.decisions = world_.decisions();
    }
    result.steps = std::move(steps_);
    if (options_.story) {
      for (const auto& line : world_.trace().lines()) {
        result.story.push_back({line.at, line.who, line.text});
      }
    }
    if (timeline_ != nullptr) {
      result.timeline =
          std::make_shared<const Timeline>(timeline_->finish(recorder_, result.violation, world_.now()));
    }
    return result;
  }

  const sim::Scenario& scenario_;
  const RunOptions options_;
  Recorder recorder_;
  ClusterHistory nodes_;  // in a world with a cluster
  const std::unique_ptr<TimelineRecorder> timeline_;  // null: nobody wants a picture
  std::vector<sim::Step> steps_;
  sim::World world_;
  ClientCaches caches_;
  std::vector<std::unique_ptr<SimulatedClient>> clients_;
  std::vector<sim::Operation> questions_;
  std::vector<sim::Operation> gifts_;  // to those who wait without end
  std::size_t next_ = 0;
  boost::unordered_flat_set<std::uint32_t> pending_;               // client operations that did not end; never iterated
  std::vector<std::pair<std::uint32_t, std::uint64_t>> waiting_;  // for which number, which operation
};

}  // namespace

sim::Instant settling_time(const sim::ClientSetup& setup) {
  const ClientOptions options;
  return setup.max_idle + (options.connect_timeout + options.backoff.cap).count() + sim::second;
}

RunResult run(const sim::Scenario& scenario, RunOptions options) {
  const MarkCounts before = mark_counts();
  Runner runner{scenario, options};
  RunResult result = runner.run();
  const MarkCounts after = mark_counts();
  for (std::size_t mark = 0; mark < mark_count; ++mark) {
    result.marks[mark] = after[mark] - before[mark];
  }
  return result;
}

}  // namespace trackside::testing
