// How a scenario is written down. See scenario.hpp; scenario_parse.cpp reads it back.
#include "sim/scenario.hpp"

#include <fmt/format.h>

#include "sim/scenario_client.hpp"
#include "sim/scenario_cluster.hpp"
#include "sim/scenario_fault.hpp"
#include "sim/scenario_words.hpp"

namespace trackside::sim {
namespace {

void print_operation(const Operation& operation, std::string& out) {
  out += fmt::format("op {} at {}", operation.id, seconds(operation.at));
  if (operation.after != 0) {
    out += fmt::format(" after {}", operation.after);
  }
  out += fmt::format(" {} {} :", operation.actor.kind == ActorKind::client ? "client" : "writer",
                     operation.actor.index);
  for (const std::string& word : operation.words) {
    out += ' ';
    out += quoted(word);
  }
  out += '\n';
}

}  // namespace

std::string print(const Scenario& scenario) {
  std::string out = "trackside scenario 1\n";
  out += fmt::format("subject {}\nseed {}\nstrategy {}\nfaults_end {}\n", quoted(scenario.subject), scenario.seed,
                     quoted(scenario.strategy), seconds(scenario.faults_end));
  out += fmt::format("server idle_timeout={} output_limit_bytes={} tracking_table_max_keys={} password={}",
                     seconds(scenario.server.idle_timeout), scenario.server.output_limit_bytes,
                     scenario.server.tracking_table_max_keys, quoted(scenario.server.password));
  if (!scenario.server.version.empty()) {
    out += fmt::format(" version={}", quoted(scenario.server.version));
  }
  if (scenario.server.database != 0) {
    out += fmt::format(" database={}", scenario.server.database);
  }
  out += '\n';
  if (scenario.cluster) {
    print_cluster(*scenario.cluster, out);
  }
  if (scenario.sentinels) {
    print_sentinels(*scenario.sentinels, out);
  }
  out += fmt::format("writers {}\n", scenario.writers);
  for (const ClientSetup& client : scenario.clients) {
    print_client(client, out);
  }
  for (const Operation& operation : scenario.operations) {
    print_operation(operation, out);
  }
  for (const Fault& fault : scenario.faults) {
    print_fault(fault, out);
  }
  out += fmt::format("replay_tape {}\n", scenario.replay_tape ? "yes" : "no");
  for (const TapeEntry& entry : scenario.tape) {
    out += fmt::format("tape {} {:x} {:x} = {}\n", quoted(entry.site), entry.entity, entry.ordinal, entry.value);
  }
  return out;
}

}  // namespace trackside::sim
