#include "properties/testing/search/simplify.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "properties/testing/generation/workload.hpp"
#include "properties/testing/judging/operation_kind.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::Scenario;

/// The client's turn goes to the first one, and what is aimed at it too.
void merge_client(Scenario& scenario, std::uint32_t gone) {
  const auto renumbered = [gone](std::uint32_t index) { return index == gone ? 0 : index - (index > gone ? 1 : 0); };
  scenario.clients.erase(scenario.clients.begin() + gone);
  for (sim::ClientSetup& client : scenario.clients) {
    if (client.shares) {
      client.shares = renumbered(*client.shares);
    }
  }
  for (sim::Operation& operation : scenario.operations) {
    if (operation.actor.kind == sim::ActorKind::client) {
      operation.actor.index = renumbered(operation.actor.index);
    }
  }
  for (sim::Fault& fault : scenario.faults) {
    if (sim::is_client_fault(fault.kind)) {
      fault.target = renumbered(fault.target);
    }
  }
}

void add_clients(const Scenario& scenario, std::vector<Simplification>& all) {
  for (std::uint32_t client = static_cast<std::uint32_t>(scenario.clients.size()); client-- > 1;) {
    const bool is_shared = std::any_of(scenario.clients.begin(), scenario.clients.end(),
                                       [=](const sim::ClientSetup& each) { return each.shares == client; });
    if (!is_shared) {
      all.push_back([=](Scenario& plain) {
        if (client < plain.clients.size()) merge_client(plain, client);
      });
    }
  }
  if (scenario.writers > 1) {
    all.push_back([](Scenario& plain) {
      plain.writers = 1;
      for (sim::Operation& operation : plain.operations) {
        if (operation.actor.kind == sim::ActorKind::writer) operation.actor.index = 0;
      }
    });
  }
}

void add_settings(const Scenario& scenario, std::vector<Simplification>& all) {
  all.push_back([](Scenario& plain) { plain.server = {}; });
  for (std::size_t client = 0; client < scenario.clients.size(); ++client) {
    const auto of = [client](auto change) {
      return [=](Scenario& plain) {
        if (client < plain.clients.size()) change(plain.clients[client]);
      };
    };
    all.push_back(of([](sim::ClientSetup& setup) {
      const auto shares = setup.shares;
      setup = {};
      setup.shares = shares;
    }));
    all.push_back(of([](sim::ClientSetup& setup) { setup.shares.reset(); }));
    all.push_back(of([](sim::ClientSetup& setup) {
      setup.max_keys = sim::ClientSetup{}.max_keys;
      setup.max_size_bytes = sim::ClientSetup{}.max_size_bytes;
      setup.denied.clear();
      setup.max_ttl = 0;
      setup.cache_nil = true;
      setup.confidence_thousandths = sim::ClientSetup{}.confidence_thousandths;
      setup.dynamic_confidence = false;
    }));
    all.push_back(of([](sim::ClientSetup& setup) {
      setup.selection = sim::Selection::all;
      setup.prefixes.clear();
    }));
    all.push_back(of([](sim::ClientSetup& setup) {
      setup.delivery = sim::Delivery::in_band;
      setup.protocol = sim::Dialect::resp3;
      setup.data_connections = 1;
    }));
    all.push_back(of([](sim::ClientSetup& setup) { setup.max_idle = sim::ClientSetup{}.max_idle; }));
    all.push_back(of([](sim::ClientSetup& setup) { setup.command_timeout = sim::ClientSetup{}.command_timeout; }));
    all.push_back(of([](sim::ClientSetup& setup) { setup.read_from = sim::ReadFrom::primary; }));
  }
}

void add_nodes(const Scenario& scenario, std::vector<Simplification>& all) {
  const auto names_nodes = [](const sim::Fault& fault) {
    return fault.node.value_or(0) != 0 || !fault.nodes.empty() || fault.kind == FaultKind::migrate_slot;
  };
  const bool is_named = std::any_of(scenario.faults.begin(), scenario.faults.end(), names_nodes);
  if (scenario.cluster || scenario.sentinels) {
    if (!is_named) {
      all.push_back([](Scenario& plain) {
        plain.cluster.reset();
        plain.sentinels.reset();
      });
    }
  }
  if (scenario.cluster && !is_named) {
    all.push_back([](Scenario& plain) { plain.cluster->spares = 0; });
    all.push_back([](Scenario& plain) { plain.cluster->replicas = std::min(plain.cluster->replicas, 1U); });
    all.push_back([](Scenario& plain) { plain.cluster->replicas = 0; });
  }
}

/// The words that name keys, as far as the table of commands knows.
std::set<std::string> keys_of(const Scenario& scenario) {
  std::set<std::string> keys;
  for (const sim::Operation& operation : scenario.operations) {
    if (operation.words.size() > 1 && !is_by_the_harness(operation) && operation.words.front() != "EVAL") {
      keys.insert(operation.words[1]);
    }
  }
  return keys;
}

void add_keys(const Scenario& scenario, std::vector<Simplification>& all) {
  const std::set<std::string> keys = keys_of(scenario);
  for (const std::string& key : keys) {
    if (key != *keys.begin() && key.front() == keys.begin()->front()) {
      all.push_back([key, first = *keys.begin()](Scenario& plain) {
        for (sim::Operation& operation : plain.operations) {
          std::replace(operation.words.begin() + 1, operation.words.end(), key, first);
        }
      });
    }
  }
}

/// Every operation becomes one of two.
void add_commands(const Scenario& scenario, std::vector<Simplification>& all) {
  const auto plain_words = [](const sim::Operation& operation) -> std::vector<std::string> {
    if (operation.words.size() < 2 || is_by_the_harness(operation)) {
      return operation.words;
    }
    if (is_cacheable(operation.words)) {
      return {"GET", operation.words[1]};
    }
    return {"SET", operation.words[1], "v" + std::to_string(operation.id)};
  };
  all.push_back([=](Scenario& plain) {
    for (sim::Operation& operation : plain.operations) operation.words = plain_words(operation);
  });
  for (std::size_t index = 0; index < scenario.operations.size(); ++index) {
    if (plain_words(scenario.operations[index]) != scenario.operations[index].words) {
      all.push_back([=](Scenario& plain) {
        if (index < plain.operations.size()) plain.operations[index].words = plain_words(plain.operations[index]);
      });
    }
  }
}

void add_faults(const Scenario& scenario, std::vector<Simplification>& all) {
  for (std::size_t index = 0; index < scenario.faults.size(); ++index) {
    const FaultKind kind = scenario.faults[index].kind;
    const auto of = [index](auto change) {
      return [=](Scenario& plain) {
        if (index < plain.faults.size()) change(plain.faults[index]);
      };
    };
    if (kind == FaultKind::close || kind == FaultKind::kill_client || kind == FaultKind::restart_server ||
        kind == FaultKind::load_server) {
      all.push_back(of([](sim::Fault& fault) {
        fault = {.id = fault.id, .kind = FaultKind::reset, .at = fault.at, .scope = fault.scope};
      }));
    }
    if (kind == FaultKind::garbage) {
      all.push_back(of([](sim::Fault& fault) {
        fault = {.id = fault.id, .kind = FaultKind::reset, .at = fault.at};
      }));
    }
    if (scenario.faults[index].scope != sim::FaultScope::all) {
      all.push_back(of([](sim::Fault& fault) { fault.scope = sim::FaultScope::all; }));
    }
    if (scenario.faults[index].duration != 0) {
      all.push_back(of([](sim::Fault& fault) { fault.duration = 0; }));
    }
  }
}

Instant end_of(const Scenario& scenario) {
  Instant end = 0;
  for (const sim::Operation& operation : scenario.operations) end = std::max(end, operation.at);
  for (const sim::Fault& fault : scenario.faults) end = std::max(end, fault.at + fault.duration);
  return end;
}

void add_times(const Scenario& scenario, std::vector<Simplification>& all) {
  const Instant end = end_of(scenario) + sim::millisecond;
  if (end < scenario.faults_end) {
    all.push_back([=](Scenario& plain) {
      if (end_of(plain) <= end) plain.faults_end = end;
    });
  }
}

}  // namespace

std::vector<Simplification> simplifications_of(const Scenario& scenario) {
  std::vector<Simplification> all;
  add_clients(scenario, all);
  add_nodes(scenario, all);
  add_settings(scenario, all);
  add_faults(scenario, all);
  add_commands(scenario, all);
  add_keys(scenario, all);
  add_times(scenario, all);
  return all;
}

}  // namespace trackside::testing
