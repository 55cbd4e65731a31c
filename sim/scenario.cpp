// Names of faults, and how a scenario is written down. See scenario.hpp; scenario_parse.cpp reads it back.
#include "sim/scenario.hpp"

#include <array>

#include <fmt/format.h>

#include "sim/scenario_client.hpp"
#include "sim/scenario_words.hpp"

namespace trackside::sim {
namespace {

constexpr std::array<std::string_view, fault_kinds> fault_names = {
    "refuse",        "hang_connect",   "reset",       "close",        "half_open",       "hold_to_client",
    "hold_to_server", "delay",         "slow_reader", "freeze_server", "restart_server", "slow_server",
    "kill_client",   "forbid_tracking", "late_expiry", "clock_step",  "pause_client",    "late_timers",
    "push_drop"};

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

void print_fault(const Fault& fault, std::string& out) {
  out += fmt::format("fault {} at {} for {} {}", fault.id, seconds(fault.at), seconds(fault.duration),
                     name_of(fault.kind));
  if (fault.scope != FaultScope::all) {
    out += fmt::format(" only {}", name_of(fault.scope));
  }
  out += fmt::format(" target {} argument {}\n", fault.target, fault.argument);
}

}  // namespace

std::string_view name_of(FaultKind kind) {
  return fault_names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(FaultScope scope) {
  switch (scope) {
    case FaultScope::all: return "all";
    case FaultScope::invalidations: return "invalidations";
    case FaultScope::data: return "data";
  }
  return "?";
}

bool has_scope(FaultKind kind) {
  switch (kind) {
    case FaultKind::reset:
    case FaultKind::close:
    case FaultKind::half_open:
    case FaultKind::hold_to_client:
    case FaultKind::hold_to_server:
    case FaultKind::kill_client:
      return true;
    case FaultKind::refuse:
    case FaultKind::hang_connect:
    case FaultKind::delay:
    case FaultKind::slow_reader:
    case FaultKind::freeze_server:
    case FaultKind::restart_server:
    case FaultKind::slow_server:
    case FaultKind::forbid_tracking:
    case FaultKind::late_expiry:
    case FaultKind::clock_step:
    case FaultKind::pause_client:
    case FaultKind::late_timers:
    case FaultKind::push_drop:
      return false;
  }
  return false;
}

bool is_server_fault(FaultKind kind) {
  switch (kind) {
    case FaultKind::freeze_server:
    case FaultKind::restart_server:
    case FaultKind::slow_server:
    case FaultKind::forbid_tracking:
    case FaultKind::late_expiry:
    case FaultKind::clock_step:
      return true;
    case FaultKind::refuse:
    case FaultKind::hang_connect:
    case FaultKind::reset:
    case FaultKind::close:
    case FaultKind::half_open:
    case FaultKind::hold_to_client:
    case FaultKind::hold_to_server:
    case FaultKind::delay:
    case FaultKind::slow_reader:
    case FaultKind::kill_client:
    case FaultKind::pause_client:
    case FaultKind::late_timers:
    case FaultKind::push_drop:
      return false;
  }
  return false;
}

std::string print(const Scenario& scenario) {
  std::string out = "trackside scenario 1\n";
  out += fmt::format("subject {}\nseed {}\nstrategy {}\nfaults_end {}\n", quoted(scenario.subject), scenario.seed,
                     quoted(scenario.strategy), seconds(scenario.faults_end));
  out += fmt::format("server idle_timeout={} output_limit_bytes={} tracking_table_max_keys={} password={}\n",
                     seconds(scenario.server.idle_timeout), scenario.server.output_limit_bytes,
                     scenario.server.tracking_table_max_keys, quoted(scenario.server.password));
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
