// The named scenario: four clients, two writers, eight keys, 200 operations and four faults in thirty seconds. It is
// built here and not by the generator, so that a new choice of the generator leaves its figures comparable.
//
// A run is the whole of it: a fresh world, the operations, the faults, settling, the questions, and every promise
// judged.
#include "properties/tool/bench_simulation.hpp"

#include <array>

#include "properties/testing/generation/generator.hpp"
#include "properties/testing/running/run.hpp"
#include "sim/bench/empty_heap.hpp"

namespace trackside::tool {
namespace {

using bench::Interleaved;
using bench::Row;
using bench::Rows;
using bench::Work;

constexpr std::uint32_t operations = 200;
constexpr std::size_t pending_events = 64;  // about what a run keeps in its heap

std::vector<std::string> words_of(std::uint32_t number, sim::ActorKind actor) {
  const std::string string_key = "s" + std::to_string(number * 7 % 5);
  const std::string hash_key = "h" + std::to_string(number * 5 % 3);
  const std::string value = "v" + std::to_string(number);
  if (actor == sim::ActorKind::writer) {
    return number % 3 == 0 ? std::vector<std::string>{"HSET", hash_key, "f", value}
                           : std::vector<std::string>{"SET", string_key, value};
  }
  switch (number % 8) {
    case 0: return {"SET", string_key, value, "PX", "4000"};
    case 1:
    case 2: return {"HGETALL", hash_key};
    case 3: return {"STRLEN", string_key};
    default: return {"GET", string_key};
  }
}

sim::Scenario thirty_seconds(std::uint32_t clients) {
  sim::Scenario scenario;
  scenario.seed = 30;
  scenario.faults_end = 30 * sim::second;
  scenario.clients.resize(clients);
  scenario.writers = 2;
  for (std::uint32_t number = 0; number < operations; ++number) {
    sim::Operation operation;
    operation.id = number + 1;
    operation.at = number * (30 * sim::second / operations);
    operation.actor = number % 5 == 0 ? sim::Actor{sim::ActorKind::writer, number / 5 % 2}
                                      : sim::Actor{sim::ActorKind::client, number % clients};
    operation.words = words_of(number, operation.actor.kind);
    scenario.operations.push_back(std::move(operation));
  }
  scenario.faults = {
      {.id = 1, .kind = sim::FaultKind::reset, .at = 5 * sim::second},
      {.id = 2, .kind = sim::FaultKind::hold_to_client, .at = 10 * sim::second, .duration = 2 * sim::second},
      {.id = 3, .kind = sim::FaultKind::freeze_server, .at = 18 * sim::second, .duration = sim::second},
      {.id = 4, .kind = sim::FaultKind::kill_client, .at = 24 * sim::second, .target = clients - 1},
  };
  return scenario;
}

Work runs_of(const sim::Scenario& scenario, testing::RunOptions options) {
  return bench::computing([&scenario, options](std::uint64_t) { bench::keep(testing::run(scenario, options).hash); });
}

}  // namespace

Rows simulation_rows(double seconds) {
  const sim::Scenario few = thirty_seconds(1);
  const sim::Scenario named = thirty_seconds(4);
  const sim::Scenario many = thirty_seconds(10);
  std::vector<sim::Scenario> generated;
  for (std::uint64_t seed = 1; seed <= 64; ++seed) {
    generated.push_back(testing::generate(seed, {.operations = operations}));
  }
  const auto events_of = [](const sim::Scenario& scenario) {
    return static_cast<double>(testing::run(scenario).events);
  };
  const testing::RunResult result = testing::run(named);
  const auto events = static_cast<double>(result.events);

  const Interleaved measured(
      {runs_of(named, {}),
       bench::computing([&](std::uint64_t) { bench::keep(sim::bench::empty_heap(result.events, pending_events)); }),
       runs_of(named, {.story = true}), runs_of(few, {}), runs_of(many, {}), bench::computing([&](std::uint64_t turn) {
         bench::keep(testing::run(generated[turn % generated.size()]).hash);
       })},
      seconds);

  const double events_per_second = measured.per_second(0) * events;
  const double virtual_over_real = static_cast<double>(result.virtual_time) / measured.nanoseconds(0);
  const double cost_of_one = measured.nanoseconds(3) / events_of(few);
  const double cost_of_ten = measured.nanoseconds(4) / events_of(many);
  return {
      {"simulated events, trace off", events_per_second / 1e6, "M/s", "an empty heap", measured.speed(0, 1),
       bench::at_least(1.0, events_per_second / 1e6)},
      {"runs of 200 operations, 30 s",
       measured.per_second(0),
       "1/s",
       {},
       {},
       bench::at_least(500, measured.per_second(0))},
      {"runs of 200 operations, generated", measured.per_second(5), "1/s", {}, {}, {}},
      {"simulated time, 30 s scenario",
       virtual_over_real,
       "x",
       "real time",
       {},
       bench::at_least(10'000, virtual_over_real)},
      {"runs of 200 operations, traced", measured.per_second(2), "1/s", "trace off", measured.speed(2, 0), {}},
      {"cost of an event, 1 client", cost_of_one, "ns", {}, {}, {}},
      {"cost of an event, 10 clients", cost_of_ten, "ns", "1 client", cost_of_one / cost_of_ten, {}},
  };
}

}  // namespace trackside::tool
