// Names of faults, and how a scenario is written down. See scenario.hpp; scenario_parse.cpp reads it back.
#include "sim/scenario.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/kernel/assertion.hpp"

namespace trackside::sim {
namespace {

constexpr std::array<std::string_view, fault_kinds> fault_names = {
    "refuse",        "hang_connect",   "reset",       "close",        "half_open",       "hold_to_client",
    "hold_to_server", "delay",         "slow_reader", "freeze_server", "restart_server", "slow_server",
    "kill_client",   "forbid_tracking", "late_expiry", "clock_step",  "pause_client",    "late_timers",
    "push_drop"};

std::string seconds(Instant at) {
  require(at >= 0, "times in a scenario are not negative");
  return fmt::format("{}.{:09}", at / second, at % second);
}

bool is_plain(char letter) {
  return letter > ' ' && letter < 0x7f && letter != '"' && letter != '\\' && letter != '#';
}

std::string quoted(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
    return std::string(word);
  }
  std::string out = "\"";
  for (const char letter : word) {
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (letter >= ' ' && letter < 0x7f) {
      out += letter;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(letter));
    }
  }
  return out + '"';
}

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

std::string_view name_of(FaultKind kind) {
  return fault_names[static_cast<std::size_t>(kind)];
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
    out += fmt::format("client max_keys={} max_size_bytes={} max_idle={} command_timeout={} confidence={}\n",
                       client.max_keys, client.max_size_bytes, seconds(client.max_idle),
                       seconds(client.command_timeout), client.confidence);
  }
  for (const Operation& operation : scenario.operations) {
    print_operation(operation, out);
  }
  for (const Fault& fault : scenario.faults) {
    out += fmt::format("fault {} at {} for {} {} target {} argument {}\n", fault.id, seconds(fault.at),
                       seconds(fault.duration), name_of(fault.kind), fault.target, fault.argument);
  }
  out += fmt::format("replay_tape {}\n", scenario.replay_tape ? "yes" : "no");
  for (const TapeEntry& entry : scenario.tape) {
    out += fmt::format("tape {} {:x} {:x} = {}\n", quoted(entry.site), entry.entity, entry.ordinal, entry.value);
  }
  return out;
}

}  // namespace trackside::sim
