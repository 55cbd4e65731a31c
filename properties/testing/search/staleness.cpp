#include "properties/testing/search/staleness.hpp"

#include <algorithm>
#include <optional>
#include <array>
#include <numeric>
#include <string>

#include "model/reading.hpp"
#include "properties/testing/generation/choices.hpp"
#include "properties/testing/judging/terms.hpp"
#include "properties/testing/running/simulated_client.hpp"
#include "properties/testing/subjects/subjects.hpp"

namespace trackside::testing {
namespace {

using sim::Instant;
using sim::second;

constexpr Instant length = 120 * second;
constexpr Instant slice = 5 * second;
constexpr Instant read_every = second / 100;
constexpr Instant write_every = second / 2;
constexpr std::uint64_t keys = 8;

std::string key_name(std::uint64_t number) { return "k" + std::to_string(number); }

/// At one instant of each period. Reads prefer the keys with low numbers: the least of two draws.
void add_operations(Choices& choices, sim::Scenario& scenario) {
  for (Instant from = 0; from < length; from += read_every) {
    const Instant at = from + static_cast<Instant>(choices.below("hot_keys.read_at", read_every));
    const std::uint64_t key = std::min(choices.below("hot_keys.read", keys), choices.below("hot_keys.read", keys));
    scenario.operations.push_back(
        {.at = at, .actor = {.kind = sim::ActorKind::client, .index = 0}, .words = {"GET", key_name(key)}});
  }
  for (Instant from = 0; from < length; from += write_every) {
    const Instant at = from + static_cast<Instant>(choices.below("hot_keys.write_at", write_every));
    scenario.operations.push_back({.at = at,
                                   .actor = {.kind = sim::ActorKind::writer, .index = 0},
                                   .words = {"SET", key_name(choices.below("hot_keys.write", keys)), ""}});
  }
  std::stable_sort(scenario.operations.begin(), scenario.operations.end(),
                   [](const sim::Operation& left, const sim::Operation& right) { return left.at < right.at; });
  for (std::uint32_t index = 0; index < scenario.operations.size(); ++index) {
    sim::Operation& operation = scenario.operations[index];
    operation.id = index + 1;
    if (operation.actor.kind == sim::ActorKind::writer) {
      operation.words[2] = "v" + std::to_string(operation.id);  // no value is written twice
    }
  }
}

void add_drops(Choices& choices, sim::Scenario& scenario, std::uint64_t dropping_percent) {
  const Instant duration = slice / 100 * static_cast<Instant>(dropping_percent);
  for (Instant from = 0; from < length && duration > 0; from += slice) {
    const auto room = static_cast<std::uint64_t>(slice - duration);
    const auto at = from + static_cast<Instant>(choices.below("hot_keys.drop_at", room + 1));
    scenario.faults.push_back({.id = static_cast<std::uint32_t>(scenario.faults.size() + 1),
                               .kind = sim::FaultKind::push_drop,
                               .at = at,
                               .duration = duration,
                               .target = 0});
  }
}

/// The one client of a scenario, reading, with everything written down.
class Watch {
 public:
  explicit Watch(const sim::Scenario& scenario)
      : scenario_(scenario),
        world_(scenario, &recorder_),
        cache_(find_subject(scenario.subject)->make(options_of(scenario.clients[0], nullptr))) {
    recorder_.set_owner(
        [](void* self, sim::redis::SessionId session) {
          return static_cast<Watch*>(self)->world_.host_of(session) == 0 ? 0 : model::nobody;
        },
        this);
    recorder_.set_dialects({scenario.clients[0].protocol});
    recorder_.add_client(terms_of(scenario, 0));
    const Task nothing{[](void*, std::uint64_t) {}, nullptr, 0};
    client_.emplace(SimulatedClient::Parts{scenario, world_, recorder_, nullptr}, cache_, 0, nothing);
    post_next();
  }

  Staleness run() {
    world_.run_until(scenario_.faults_end + scenario_.clients[0].command_timeout);
    Staleness staleness{.runs = 1,
                        .dirty_hits = cache_->stats()->summary().dirty_hits,
                        .pushes_dropped = world_.effects().all()[static_cast<std::size_t>(sim::FaultKind::push_drop)],
                        .confidence = cache_->confidence()};
    for (const model::Operation& operation : recorder_.history().operations) {
      if (model::is_answered_read(operation)) {
        judge(operation, staleness);
      }
    }
    client_->stop();
    return staleness;
  }

 private:
  void post_next() {
    const auto& operations = scenario_.operations;
    while (next_ < operations.size() && operations[next_].actor.kind != sim::ActorKind::client) {
      ++next_;
    }
    if (next_ < operations.size()) {
      world_.call_at(operations[next_].at, {&Watch::on_operation, this, next_});
      ++next_;
    }
  }

  static void on_operation(void* self, std::uint64_t index) {
    auto& watch = *static_cast<Watch*>(self);
    watch.post_next();
    watch.client_->perform(watch.scenario_.operations[index], false);
  }

  void judge(const model::Operation& read, Staleness& staleness) const {
    const model::History& history = recorder_.history();
    ++staleness.reads;
    staleness.from_cache += read.source == model::Source::cache ? 1 : 0;
    staleness.from_server += read.source == model::Source::server ? 1 : 0;
    if (read.source != model::Source::cache ||
        model::latest_explanation(history, recorder_, read, {read.completed, read.completed})) {
      return;
    }
    const auto state = model::latest_explanation(history, recorder_, read, {model::beginning_of_time, read.completed});
    const Instant age = read.completed - model::timeline_of(history, read).current(state.value()).last;
    staleness.ages.push_back(age);
    staleness.beyond_max_idle += age > scenario_.clients[0].max_idle ? 1 : 0;
  }

  const sim::Scenario& scenario_;
  Recorder recorder_;
  sim::World world_;
  std::shared_ptr<AbstractCache> cache_;
  std::optional<SimulatedClient> client_;  // once the recorder knows of it
  std::size_t next_ = 0;
};

double in_seconds(double instants) { return instants / static_cast<double>(second); }

}  // namespace

sim::ClientSetup hot_keys_client() { return {.max_idle = second}; }

sim::Scenario hot_keys(std::uint64_t seed, const sim::ClientSetup& client, std::uint64_t dropping_percent) {
  Choices choices{seed};
  sim::Scenario scenario;
  scenario.seed = seed;
  scenario.faults_end = length;
  scenario.clients = {client};
  add_operations(choices, scenario);
  add_drops(choices, scenario, dropping_percent);
  return scenario;
}

Staleness& Staleness::operator+=(const Staleness& other) {
  runs += other.runs;
  reads += other.reads;
  from_cache += other.from_cache;
  from_server += other.from_server;
  beyond_max_idle += other.beyond_max_idle;
  ages.insert(ages.end(), other.ages.begin(), other.ages.end());
  dirty_hits += other.dirty_hits;
  pushes_dropped += other.pushes_dropped;
  confidence += other.confidence;
  return *this;
}

double mean_age_seconds(const Staleness& staleness) {
  const std::vector<Instant>& ages = staleness.ages;
  const double sum = std::accumulate(ages.begin(), ages.end(), 0.0,
                                     [](double so_far, Instant age) { return so_far + static_cast<double>(age); });
  return ages.empty() ? 0.0 : in_seconds(sum / static_cast<double>(ages.size()));
}

double age_seconds_at(const Staleness& staleness, std::uint64_t percent) {
  std::vector<Instant> ages = staleness.ages;
  if (ages.empty()) {
    return 0.0;
  }
  const std::size_t rank = std::max<std::size_t>(1, (ages.size() * percent + 99) / 100);
  const auto at = ages.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(ages.begin(), at, ages.end());
  return in_seconds(static_cast<double>(*at));
}

Staleness measure_staleness(const sim::Scenario& scenario) { return Watch{scenario}.run(); }

}  // namespace trackside::testing
