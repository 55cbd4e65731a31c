#include "properties/testing/generation/generator.hpp"

#include <algorithm>
#include <array>

#include "properties/testing/generation/choices.hpp"
#include "properties/testing/generation/cluster_generator.hpp"
#include "properties/testing/generation/fault_generator.hpp"
#include "properties/testing/generation/sentinel_generator.hpp"
#include "properties/testing/generation/stories.hpp"
#include "properties/testing/generation/workload.hpp"
#include "properties/testing/subjects/subjects.hpp"
#include "sim/kernel/strategy.hpp"
#include "sim/scenario_client.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::millisecond;
using sim::second;

constexpr std::uint64_t cluster_weight = 4;  // one in so many worlds has a cluster
constexpr std::uint64_t sentinels_weight = 5;  // one in so many of the others has sentinels

/// How a client is told, in every combination that the library takes.
void choose_tracking(Choices& choices, sim::ClientSetup& setup) {
  if (choices.below("client.redirect", 3) == 0) {
    setup.delivery = sim::Delivery::redirect;
    setup.data_connections = static_cast<std::uint32_t>(1 + choices.below("client.data_connections", 3));
    setup.protocol = choices.below("client.resp2", 3) == 0 ? sim::Dialect::resp2 : sim::Dialect::resp3;
  }
  constexpr std::array selections{sim::Selection::all,     sim::Selection::all,     sim::Selection::all,
                                  sim::Selection::opt_in,  sim::Selection::opt_out, sim::Selection::broadcast};
  setup.selection = selections[choices.below("client.selection", selections.size())];
  if (setup.selection == sim::Selection::broadcast) {
    switch (choices.below("client.prefixes", 4)) {
      case 0: setup.prefixes = {"s"}; break;
      case 1: setup.prefixes = {"h", "s0", "z1"}; break;
      default: break;
    }
  }
}

void choose_policy(Choices& choices, sim::ClientSetup& setup) {
  constexpr std::array<Instant, 4> ages{100 * millisecond, second, 3 * second, 20 * second};
  constexpr std::array<std::uint64_t, 4> confidences{0, 50, 90, 99};
  if (choices.below("client.max_ttl", 6) == 0) {
    setup.max_ttl = ages[choices.below("client.age", ages.size())];
  }
  setup.cache_nil = choices.below("client.nil", 8) != 0;
  if (choices.below("client.denies", 8) == 0) {
    setup.denied = choices.below("client.denied", 2) == 0 ? std::vector<std::string>{"s1", "h0"}
                                                          : std::vector<std::string>{"STRLEN", "HGETALL", "GET"};
  }
  if (choices.below("client.doubts", 6) == 0) {
    setup.confidence_thousandths = 1'000 * confidences[choices.below("client.confidence", confidences.size())];
    setup.dynamic_confidence = choices.below("client.dynamic", 2) == 0;
  }
}

/// Whether programs do more with the cache than to give it to a client. Not with a wrong one or anybody's own: what is
/// wrong with those is to be seen, and not what else they leave out.
bool is_used_in_every_way(const GeneratorOptions& options) { return !options.make && options.subject == "verified"; }

/// What few clients do, one in eight of them; and what none should.
void choose_habits(Choices& choices, const GeneratorOptions& options, sim::ClientSetup& setup) {
  if (!is_used_in_every_way(options)) {
    return;
  }
  if (choices.below("client.habits", 8) == 0) {
    for (std::uint64_t more = 1 + choices.below("client.more_habits", 2); more > 0; --more) {
      const std::string habit{sim::habit_names[choices.below("client.habit", sim::habits_that_work)]};
      if (!sim::has_habit(setup, habit)) {
        setup.habits.push_back(habit);
      }
      if (habit == "program") {
        setup.delivery = sim::Delivery::redirect;
        setup.dynamic_confidence = setup.dynamic_confidence || choices.below("client.program_learns", 2) == 0;
      }
    }
  }
  constexpr std::size_t mistakes = sim::habit_names.size() - sim::habits_that_work;
  if (options.subject == "verified" && choices.below("client.mistake", 48) == 0) {
    const std::size_t which = choices.below("client.which_mistake", mistakes);
    setup.habits.emplace_back(sim::habit_names[sim::habits_that_work + which]);
  }
}

void add_clients(Choices& choices, sim::Scenario& scenario, const GeneratorOptions& options) {
  constexpr std::array<Instant, 4> idle{5 * second, second, 200 * millisecond, 2 * second};
  constexpr std::array<Instant, 3> timeouts{2 * second, 200 * millisecond, second};
  constexpr std::array<std::int64_t, 5> keys{4096, 2, 1, -1, 0};
  constexpr std::array<std::int64_t, 3> bytes{64 * 1024 * 1024, -1, 400};
  const std::uint64_t count = 1 + choices.below("client.count", 3);
  // Now and then all are of a kind, since what two of them do to one another is rare otherwise.
  const bool one_store = choices.below("client.one_store", 8) == 0;
  const bool all_redirect = choices.below("client.all_redirect", 8) == 0;
  for (std::uint64_t index = 0; index < count; ++index) {
    sim::ClientSetup setup;
    setup.max_idle = idle[choices.below("client.max_idle", idle.size())];
    setup.command_timeout = timeouts[choices.below("client.timeout", timeouts.size())];
    setup.max_keys =
        choices.below("client.bounded", 4) == 0 ? keys[choices.below("client.max_keys", keys.size())] : 4096;
    setup.max_size_bytes =
        choices.below("client.sized", 4) == 0 ? bytes[choices.below("client.max_bytes", bytes.size())] : bytes[0];
    choose_tracking(choices, setup);
    choose_policy(choices, setup);
    choose_habits(choices, options, setup);
    if (all_redirect && setup.delivery == sim::Delivery::in_band) {
      setup.delivery = sim::Delivery::redirect;
      setup.data_connections = static_cast<std::uint32_t>(1 + choices.below("client.more_connections", 2));
    }
    if (index > 0 && (choices.below("client.shares", 3) == 0 || one_store)) {
      setup.shares = 0;
    }
    keep_to(options.features, setup);
    if (options.make) {
      set_as_the_cache_says(options.make, setup);
    }
    scenario.clients.push_back(setup);
  }
}

/// For subjects that are not asked for several keys at once.
void ask_for_single_keys(sim::Scenario& scenario) {
  for (sim::Operation& operation : scenario.operations) {
    if (operation.words.front() == "MGET") {
      const std::string key = operation.words.size() > 1 ? operation.words[1] : "s0";
      operation.words = {"GET", key};
    }
  }
}

/// With the very cache of another client come all of its settings; without that one's consent it has its own.
void share_all(const sim::Scenario& scenario, sim::ClientSetup& client) {
  const bool can = client.shares && scenario.clients[*client.shares].habits.empty();
  std::erase(client.habits, "same_cache");
  if (can) {
    const sim::ClientSetup own = client;
    client = scenario.clients[*own.shares];
    client.command_timeout = own.command_timeout;
    client.shares = own.shares;
    client.habits = {"same_cache"};
  }
}

/// Where each node has its own connections a client without any has nothing to drive its cache by, nor has one that
/// speaks RESP2.
void settle_mistakes(sim::Scenario& scenario) {
  for (sim::ClientSetup& client : scenario.clients) {
    if (scenario.has_successors() || client.protocol == sim::Dialect::resp2) {
      std::erase(client.habits, "no_connections");
    }
    if (sim::is_refused(client)) {
      client.habits.assign(1, client.habits.back());  // with a habit beside it, it may be no mistake
    }
    if (sim::has_habit(client, "same_cache")) {
      share_all(scenario, client);
    }
    if (sim::has_habit(client, "plain_cache")) {
      client = sim::ClientSetup{.command_timeout = client.command_timeout, .habits = {"plain_cache"}};
    }
  }
}

/// Whoever never gets a link waits for each command as long as may be, so that chains of them would have no end; nor
/// does what comes behind a command that waits for ever.
void break_chains(sim::Scenario& scenario) {
  std::vector<std::uint32_t> endless;
  for (const sim::Operation& operation : scenario.operations) {
    if (waits_without_end(operation) != nullptr) {
      endless.push_back(operation.id);
    }
  }
  for (sim::Operation& operation : scenario.operations) {
    const bool is_client = operation.actor.kind == sim::ActorKind::client;
    const bool is_late = is_client && sim::is_refused(scenario.clients[operation.actor.index]);
    if (is_late || std::find(endless.begin(), endless.end(), operation.after) != endless.end()) {
      operation.after = 0;
    }
  }
}

/// A program that reads by itself too: by a connection of its own, and what it reads is kept in the same cache.
void read_beside(Choices& choices, sim::Scenario& scenario) {
  for (sim::Operation& operation : scenario.operations) {
    const bool is_plain = operation.words.size() == 2 && operation.words.front() == "GET";
    if (is_plain && operation.actor.kind == sim::ActorKind::client &&
        sim::has_habit(scenario.clients[operation.actor.index], "program") && choices.below("program.reads", 3) == 0) {
      operation.words = {"CACHE", "READ", operation.words[1]};
    }
  }
}

bool has_cluster(Choices& choices, const GeneratorOptions& options) {
  switch (options.world) {
    case WorldKind::any: return options.features.clusters && choices.below("cluster", cluster_weight) == 0;
    case WorldKind::node: return false;
    case WorldKind::cluster: return true;
    case WorldKind::sentinels: return false;
  }
  return false;
}

/// Of a world without a cluster.
bool has_sentinels(Choices& choices, const GeneratorOptions& options) {
  const bool any = options.world == WorldKind::any && options.features.clusters;
  return options.world == WorldKind::sentinels || (any && choices.below("sentinels", sentinels_weight) == 0);
}

void set_server(Choices& choices, sim::Scenario& scenario) {
  sim::ServerSetup& server = scenario.server;
  if (choices.below("server.idle", 8) == 0) {
    server.idle_timeout = second * static_cast<Instant>(2 + choices.below("server.idle_seconds", 3));
  }
  if (choices.below("server.output", 8) == 0) {
    server.output_limit_bytes = 512 + choices.scaled("server.output_bytes", 4096);
  }
  if (choices.below("server.table", 8) == 0) {
    server.tracking_table_max_keys = 1 + choices.below("server.table_keys", 3);
  }
  if (choices.below("server.password", 8) == 0) {
    server.password = "secret";
  }
  if (choices.below("server.version", 16) == 0) {
    server.version = "7.4.0";
  }
  if (!scenario.cluster && choices.below("server.database", 8) == 0) {
    server.database = 1;
  }
}

}  // namespace

sim::Scenario generate(std::uint64_t seed, const GeneratorOptions& options) {
  Choices choices{seed};
  sim::Scenario scenario;
  scenario.subject = options.subject;
  scenario.seed = seed;
  const auto strategies = sim::strategy_names();
  scenario.strategy = options.strategy.empty()
                          ? std::string{strategies[choices.below("strategy", strategies.size())]}
                          : options.strategy;
  constexpr std::array<Instant, 5> lengths{10 * second, 100 * millisecond, second, 3 * second, 30 * second};
  scenario.faults_end = lengths[choices.below("length", lengths.size())];
  add_clients(choices, scenario, options);
  if (has_cluster(choices, options)) {
    add_cluster(choices, scenario);
  } else if (has_sentinels(choices, options)) {
    add_sentinels(choices, scenario);
  }
  scenario.writers = static_cast<std::uint32_t>(1 + choices.below("writers", 2));
  set_server(choices, scenario);
  add_workload(choices, scenario, options.operations,
               is_used_in_every_way(options) ? ProgramsOwn::included : ProgramsOwn::left_out);
  settle_mistakes(scenario);
  break_chains(scenario);
  if (!scenario.has_successors()) {
    read_beside(choices, scenario);
  }
  if (!options.features.several_keys) {
    ask_for_single_keys(scenario);
  }
  if (scenario.cluster) {
    spread_over_slots(choices, scenario);
  }
  add_faults(choices, scenario, options.features);
  if (is_used_in_every_way(options)) {
    add_own_use(choices, scenario);
  }
  for (sim::ClientSetup& setup : scenario.clients) {
    if (options.make) {
      set_as_the_cache_says(options.make, setup);  // also where a story would have had it otherwise
    }
  }
  return scenario;
}

}  // namespace trackside::testing
