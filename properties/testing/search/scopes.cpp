// The small scopes that are searched exhaustively. See exhaust.hpp.
#include <algorithm>
#include <array>

#include "properties/testing/search/exhaust.hpp"
#include "sim/kernel/sites.hpp"

namespace trackside::testing {
namespace {

using sim::ActorKind;
using sim::Fault;
using sim::FaultKind;
using sim::Instant;
using sim::millisecond;
using sim::Operation;
using sim::second;

constexpr Instant max_idle = 4 * second;  // few probes in each run
/// When operations and faults come, apart from probes: together at first, while the lease runs, when it would be out.
constexpr std::array<Instant, 3> moments{130 * millisecond, 410 * millisecond, 6'170 * millisecond};
constexpr Instant breath = 100 * millisecond;  // between the last of it and the end of all faults
constexpr std::uint64_t entropy_calls = 16;

constexpr std::array every_fault{
    FaultKind::reset,         FaultKind::close,          FaultKind::half_open,   FaultKind::hold_to_client,
    FaultKind::hold_to_server, FaultKind::freeze_server, FaultKind::restart_server, FaultKind::kill_client,
    FaultKind::pause_client,  FaultKind::evict,          FaultKind::table_overflow, FaultKind::forbid_tracking,
};

/// For scopes with more connections, of which each has to be told of a fault in an order of its own: those that differ
/// most, each of the first client, at the first moment.
constexpr std::array some_faults{FaultKind::reset,         FaultKind::half_open,   FaultKind::hold_to_client,
                                 FaultKind::freeze_server, FaultKind::kill_client, FaultKind::pause_client};

/// For the widest: those after which nobody connects again at the same instant.
constexpr std::array quiet_faults{FaultKind::half_open, FaultKind::hold_to_client, FaultKind::pause_client};

struct Act {
  sim::Actor actor{};
  std::vector<std::string> words{};
};

sim::Scenario empty_scenario(std::uint32_t clients) {
  sim::Scenario scenario;
  scenario.strategy = "orders";
  scenario.replay_tape = true;
  for (std::uint32_t client = 0; client < clients; ++client) {
    scenario.clients.push_back({.max_idle = max_idle, .command_timeout = second});
    // Whoever has lost a connection asks for another one a while later, not at the same instant.
    for (std::uint64_t call = 0; call < entropy_calls; ++call) {
      scenario.tape.push_back({std::string{sim::site::entropy.name}, client, call, UINT64_MAX / 2});
    }
  }
  return scenario;
}

Fault fault_of(FaultKind kind, Instant at) {
  const bool loses_keys = kind == FaultKind::evict || kind == FaultKind::table_overflow;
  const bool is_over_at_once =
      loses_keys || kind == FaultKind::reset || kind == FaultKind::close || kind == FaultKind::kill_client;
  return {.id = 1,
          .kind = kind,
          .at = at,
          .duration = is_over_at_once ? 0 : 3 * max_idle / 2,
          .target = 0,
          .argument = loses_keys ? 4U : 0U};
}

bool is_read(const Act& act) { return act.words.front() != "SET"; }

/// What is done, and when: an act and a moment.
struct Place {
  const Act* act;
  std::size_t moment;
};

/// Writes that nobody can see, and reads after which nothing more is seen, change nothing.
bool ends_with_a_read(std::span<const Place> places) {
  std::size_t last = 0;
  std::size_t last_read = 0;
  bool reads = false;
  for (const Place& place : places) {
    last = std::max(last, place.moment);
    last_read = is_read(*place.act) ? std::max(last_read, place.moment) : last_read;
    reads = reads || is_read(*place.act);
  }
  return reads && last == last_read;
}

struct Faults {
  std::span<const FaultKind> kinds;
  std::size_t moments;  // at the first so many
};

void add_with_faults(sim::Scenario scenario, std::span<const Place> places, const Faults& faults,
                     std::vector<sim::Scenario>& all) {
  std::uint32_t id = 0;
  for (const Place& place : places) {
    Operation operation{.id = ++id, .at = moments[place.moment], .actor = place.act->actor, .words = place.act->words};
    if (!is_read(*place.act)) {
      operation.words.push_back("v" + std::to_string(id));
    }
    scenario.operations.push_back(std::move(operation));
  }
  if (std::all_of(places.begin(), places.end(), [](const Place& place) { return is_read(*place.act); })) {
    return;  // nothing ever changes
  }
  const Instant last = scenario.operations.back().at;
  scenario.faults_end = last + breath;
  all.push_back(scenario);
  for (std::size_t moment = 0; moment < faults.moments; ++moment) {
    if (std::none_of(places.begin(), places.end(), [=](const Place& place) { return place.moment == moment; })) {
      continue;  // a fault that meets nothing but a quiet link
    }
    for (const FaultKind kind : faults.kinds) {
      scenario.faults = {fault_of(kind, moments[moment])};
      const Fault& fault = scenario.faults.front();
      scenario.faults_end = std::max(last, fault.at + fault.duration) + breath;
      all.push_back(scenario);
    }
  }
}

/// Every way to do three of these things, each at one of the moments and one at the first, with no fault or one.
std::vector<sim::Scenario> three_of(const std::vector<Act>& acts, const sim::Scenario& base, const Faults& faults) {
  std::vector<sim::Scenario> all;
  std::vector<Place> places;
  for (std::size_t moment = 0; moment < moments.size(); ++moment) {
    for (const Act& act : acts) {
      places.push_back({&act, moment});
    }
  }
  for (std::size_t a = 0; a < acts.size(); ++a) {
    for (std::size_t b = a; b < places.size(); ++b) {
      for (std::size_t c = b; c < places.size(); ++c) {
        const std::array three{places[a], places[b], places[c]};
        if (ends_with_a_read(three)) {
          add_with_faults(base, three, faults, all);
        }
      }
    }
  }
  return all;
}

std::vector<sim::Scenario> reader_and_writer() {
  const sim::Actor reader{ActorKind::client, 0};
  const sim::Actor writer{ActorKind::writer, 0};
  return three_of({{reader, {"GET", "k"}}, {writer, {"SET", "k"}}}, empty_scenario(1), {every_fault, 2});
}

std::vector<sim::Scenario> own_writes() {
  const sim::Actor client{ActorKind::client, 0};
  return three_of({{client, {"GET", "k"}}, {client, {"SET", "k"}}}, empty_scenario(1), {every_fault, 2});
}

/// The same, where invalidations come by a connection of their own.
std::vector<sim::Scenario> redirected() {
  const sim::Actor reader{ActorKind::client, 0};
  const sim::Actor writer{ActorKind::writer, 0};
  sim::Scenario base = empty_scenario(1);
  base.clients.front().delivery = sim::Delivery::redirect;
  return three_of({{reader, {"GET", "k"}}, {writer, {"SET", "k"}}}, base, {quiet_faults, 2});
}

/// Two clients with one memory, one of which reads and one of which writes.
std::vector<sim::Scenario> shared_memory() {
  const sim::Actor reader{ActorKind::client, 0};
  const sim::Actor writer{ActorKind::client, 1};
  sim::Scenario base = empty_scenario(2);
  base.clients.back().shares = 0;
  return three_of({{reader, {"GET", "k"}}, {writer, {"SET", "k"}}}, base, {quiet_faults, 2});
}

std::vector<sim::Scenario> two_caches() {
  const sim::Actor one{ActorKind::client, 0};
  const sim::Actor other{ActorKind::client, 1};
  return three_of({{one, {"GET", "k"}}, {other, {"SET", "k"}}, {other, {"GET", "l"}}}, empty_scenario(2),
                  {some_faults, 1});
}

constexpr std::array all{
    Scope{"reader-and-writer", "one cached client, one writer, one key, three operations, one fault at any point",
          &reader_and_writer},
    Scope{"own-writes", "one cached client that writes itself, one key, three operations, one fault", &own_writes},
    Scope{"redirected", "reader-and-writer, with invalidations by a connection of their own", &redirected},
    Scope{"shared-memory", "two clients with one memory, one key, three operations, one fault", &shared_memory},
    Scope{"two-caches", "two caches, two keys, three operations, one fault", &two_caches},
};

}  // namespace

std::span<const Scope> scopes() { return all; }

const Scope* find_scope(std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Scope& scope) { return scope.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace trackside::testing
