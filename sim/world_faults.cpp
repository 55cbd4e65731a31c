// Faults begin, overlap and end; then the world heals. See world.hpp; what each kind means stands in scenario.hpp.
//
// Lasting faults are a list of what is active now, from which the conditions of a host and of the server are computed
// anew whenever it changes; so overlapping faults of one kind need no counting. Others strike once. Which connections a
// fault keeps to is asked once, when it begins: connections that come later are never among them.
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "sim/layout.hpp"
#include "sim/world.hpp"

namespace trackside::sim {
namespace {

constexpr std::uint64_t delay_max = 1'000'000 * static_cast<std::uint64_t>(second);  // keeps sums of times in range

/// What an administrator of a cluster is told to do.
bool is_order(FaultKind kind) {
  return kind == FaultKind::failover_manual || kind == FaultKind::failover_takeover ||
         kind == FaultKind::migrate_slot || kind == FaultKind::add_node || kind == FaultKind::remove_node;
}

bool strikes_once(FaultKind kind) {
  return kind == FaultKind::reset || kind == FaultKind::close || kind == FaultKind::kill_client ||
         kind == FaultKind::clock_step || kind == FaultKind::evict || kind == FaultKind::table_overflow ||
         is_order(kind);
}

std::string described(const Fault& fault) {
  const std::string scope = fault.scope == FaultScope::all ? "" : fmt::format(" only {}", name_of(fault.scope));
  return fmt::format("{}{} {}", name_of(fault.kind), scope, fault.id);
}

Instant as_delay(std::uint64_t argument) { return static_cast<Instant>(std::min(argument, delay_max)); }

/// What the fault holds back; nothing if it is of another kind.
Holds holds_of(FaultKind kind) {
  return {.half_open = kind == FaultKind::half_open,
          .to_client = kind == FaultKind::hold_to_client,
          .to_server = kind == FaultKind::hold_to_server,
          .cut = kind == FaultKind::cut_client};
}

/// What one fault more does to a path, but for connections that it holds apart.
void add(Conditions& conditions, const Fault& fault) {
  conditions.refuse = conditions.refuse || fault.kind == FaultKind::refuse;
  conditions.hang_connect = conditions.hang_connect || fault.kind == FaultKind::hang_connect;
  conditions.push_drop = conditions.push_drop || fault.kind == FaultKind::push_drop;
  conditions.garbage = conditions.garbage || fault.kind == FaultKind::garbage;
  conditions.slow_reader = conditions.slow_reader || fault.kind == FaultKind::slow_reader;
  if (fault.scope == FaultScope::all) {
    conditions.holds.add(holds_of(fault.kind));
  }
  if (fault.kind == FaultKind::slow_reader) {
    conditions.reader_rate = std::min(conditions.reader_rate, fault.argument);
  } else if (fault.kind == FaultKind::delay && fault.scope == FaultScope::all) {
    conditions.delay = std::min(conditions.delay + as_delay(fault.argument), as_delay(delay_max));
  } else if (fault.kind == FaultKind::late_timers) {
    conditions.late_timers_max = std::max(conditions.late_timers_max, std::min(fault.argument, delay_max));
  }
}

}  // namespace

void World::on_fault_begin(const Event& event) {
  if (!healed_) {
    begin(scenario_.faults[event.entity]);
    scheduler_.post(now() + scenario_.faults[event.entity].duration, EventKind::fault_end, event.entity, 0);
  }
}

void World::on_fault_end(const Event& event) {
  if (!healed_) {
    end(scenario_.faults[event.entity]);
  }
}

void World::on_heal(const Event&) {
  heal();
}

void World::begin(const Fault& fault) {
  if (trace_.on()) {
    trace_.add(now(), "fault", described(fault) + " begins");
  }
  const bool has_it = scenario_.cluster || (scenario_.sentinels && is_sentinel_fault(fault.kind));
  if (is_cluster_fault(fault.kind) && !has_it) {
    return;
  }
  if (is_order(fault.kind) && watched_ != nullptr) {
    if (watched_->fail_over()) {
      effects_.note(fault.kind);
    }
  } else if (is_order(fault.kind)) {
    administrator_->strike(fault);
  } else if (strikes_once(fault.kind)) {
    strike(fault);
  } else {
    active_.push_back({&fault, connections_meant(fault), nodes_cut_off(fault)});
    refresh(fault);
  }
}

void World::end(const Fault& fault) {
  const auto found =
      std::find_if(active_.begin(), active_.end(), [&](const ActiveFault& each) { return each.fault == &fault; });
  if (found == active_.end()) {
    return;
  }
  if (trace_.on()) {
    trace_.add(now(), "fault", described(fault) + " ends");
  }
  active_.erase(found);
  refresh(fault);
}

void World::strike(const Fault& fault) {
  std::size_t times = 0;
  for (const std::uint32_t node : nodes_meant(fault)) {
    ServerPort& port = *ports_[node];
    if (fault.kind == FaultKind::reset) {
      const std::vector<StreamId> connections = port.connections_of(fault.target, fault.scope);
      network_.reset(connections);
      times += connections.size();
    } else if (fault.kind == FaultKind::close) {
      times += port.close_connections(fault.target, fault.scope);
    } else if (fault.kind == FaultKind::kill_client) {
      times += port.kill_connections(fault.target, fault.scope);
    } else if (fault.kind == FaultKind::evict || fault.kind == FaultKind::table_overflow) {
      times += lose_keys(fault, node);
    } else {
      port.server().step_clock(static_cast<std::int64_t>(fault.argument));
      port.clock_stepped();
      ++times;
    }
  }
  for (; times > 0; --times) {
    effects_.note(fault.kind);
  }
}

/// A process that stands still does nothing, and one that is down has nothing.
std::size_t World::lose_keys(const Fault& fault, std::uint32_t node) {
  ServerPort& port = *ports_[node];
  if (!port.running()) {
    return 0;
  }
  const bool evicts = fault.kind == FaultKind::evict;
  const std::size_t lost =
      evicts ? port.server().evict(fault.argument, now()) : port.server().forget_tracked(fault.argument, now());
  port.settle();
  if (cluster_ != nullptr) {
    cluster_->settle(node);
  }
  return lost;
}

std::vector<std::uint32_t> World::nodes_meant(const Fault& fault) const {
  if (fault.node || !is_connection_fault(fault.kind)) {
    return {fault.node.value_or(0)};
  }
  std::vector<std::uint32_t> all(ports_.size());
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

std::vector<Conditions::HeldApart> World::connections_meant(const Fault& fault) const {
  std::vector<Conditions::HeldApart> held;
  if (fault.scope == FaultScope::all) {
    return held;
  }
  for (const std::uint32_t node : nodes_meant(fault)) {
    for (const StreamId connection : ports_[node]->connections_of(fault.target, fault.scope)) {
      held.push_back({.connection = network_.connection_of(connection),
                      .holds = holds_of(fault.kind),
                      .delay = fault.kind == FaultKind::delay ? as_delay(fault.argument) : 0,
                      .server = server_index(node)});
    }
  }
  return held;
}

bool World::active_on_host(FaultKind kind, std::uint32_t host) const {
  return std::any_of(active_.begin(), active_.end(),
                     [&](const ActiveFault& each) { return each.fault->kind == kind && each.fault->target == host; });
}

bool World::active_on_node(FaultKind kind, std::uint32_t node) const {
  return std::any_of(active_.begin(), active_.end(), [&](const ActiveFault& each) {
    return each.fault->kind == kind && each.fault->node.value_or(0) == node;
  });
}

std::uint64_t World::sum_of(FaultKind kind, std::uint32_t node) const {
  std::uint64_t sum = 0;
  for (const ActiveFault& each : active_) {
    const bool counts = each.fault->kind == kind && each.fault->node.value_or(0) == node;
    sum += counts ? std::min(each.fault->argument, delay_max) : 0;
  }
  return std::min(sum, delay_max);
}

void World::refresh(const Fault& fault) {
  if (is_server_fault(fault.kind)) {
    refresh_server(fault.node.value_or(0));
  } else if (is_client_fault(fault.kind)) {
    refresh_host(fault.target);
  } else {
    refresh_links();
  }
}

HostConditions World::conditions_of(std::uint32_t host) const {
  HostConditions result;
  result.all.reader_rate = UINT64_MAX;
  std::vector<std::uint32_t> apart;
  for (const auto& [fault, connections, inside] : active_) {
    if (!is_client_fault(fault->kind) || fault->target != host) {
      continue;
    }
    if (fault->node) {
      apart.push_back(*fault->node);
    } else {
      add(result.all, *fault);
      result.all.held_apart.insert(result.all.held_apart.end(), connections.begin(), connections.end());
    }
  }
  std::sort(apart.begin(), apart.end());
  apart.erase(std::unique(apart.begin(), apart.end()), apart.end());
  for (const std::uint32_t node : apart) {
    result.apart.push_back({server_index(node), result.all});
    for (const auto& [fault, connections, inside] : active_) {
      if (is_client_fault(fault->kind) && fault->target == host && fault->node == node) {
        Conditions& here = result.apart.back().conditions;
        add(here, *fault);
        here.held_apart.insert(here.held_apart.end(), connections.begin(), connections.end());
      }
    }
  }
  return result;
}

void World::refresh_host(std::uint32_t host) {
  network_.set_host_conditions(host, conditions_of(host));
  const bool paused = active_on_host(FaultKind::pause_client, host);
  if (paused && !network_.paused(host)) {
    network_.pause(host);
  } else if (!paused && network_.paused(host)) {
    network_.resume(host);
  }
}

void World::crash(std::uint32_t node) {
  ports_[node]->crash();
  if (cluster_ != nullptr) {
    cluster_->crash(node);
  } else if (watched_ != nullptr) {
    watched_->crash(node);
  }
}

void World::start_again(std::uint32_t node) {
  ports_[node]->start_again();
  if (cluster_ != nullptr) {
    cluster_->start_again(node);
  } else if (watched_ != nullptr) {
    watched_->start_again(node, std::exchange(conditions_[node].has_lost_itself, false));
  }
}

/// While it is loading, nobody waits for its end but those who come then.
void World::refresh_loading(std::uint32_t node) {
  ServerPort& port = *ports_[node];
  ProcessCondition& condition = conditions_[node];
  const bool loading = active_on_node(FaultKind::load_server, node) && !condition.down;
  if (loading && !condition.loading) {
    crash(node);
    start_again(node);
    port.server().begin_loading(now());
    effects_.note(FaultKind::load_server);
  } else if (!loading && condition.loading && !condition.down) {
    port.server().finish_loading({}, now());
    port.settle();
  }
  condition.loading = loading;
}

std::vector<ForbiddenCommand> World::forbidden_on(std::uint32_t node) const {
  constexpr std::array<std::string_view, 3> questions{"latency|histogram", "time", "ping"};
  std::vector<ForbiddenCommand> commands;
  if (active_on_node(FaultKind::forbid_tracking, node)) {
    commands.push_back({"client|tracking", FaultKind::forbid_tracking});
    commands.push_back({"client|caching", FaultKind::forbid_tracking});
  }
  if (active_on_node(FaultKind::forbid_question, node)) {
    const std::uint64_t question = sum_of(FaultKind::forbid_question, node) % questions.size();
    commands.push_back({questions[question], FaultKind::forbid_question});
  }
  return commands;
}

void World::refresh_server(std::uint32_t node) {
  ServerPort& port = *ports_[node];
  ProcessCondition& condition = conditions_[node];
  const bool down = active_on_node(FaultKind::restart_server, node);
  if (down && !condition.down) {
    condition.has_lost_itself = sum_of(FaultKind::restart_server, node) != 0;
    crash(node);
  } else if (!down && condition.down) {
    start_again(node);
  }
  condition.down = down;
  refresh_loading(node);
  const bool frozen = active_on_node(FaultKind::freeze_server, node);
  if (frozen && !condition.frozen) {
    port.freeze();
  } else if (!frozen && condition.frozen) {
    port.thaw();
    if (cluster_ != nullptr) {
      cluster_->thaw(node);
    } else if (watched_ != nullptr) {
      watched_->thaw(node);
    }
  }
  condition.frozen = frozen;
  port.set_slowness(as_delay(sum_of(FaultKind::slow_server, node)));
  port.set_expiry_lag(sum_of(FaultKind::late_expiry, node));
  port.set_odd_answers(active_on_node(FaultKind::odd_answers, node) ? sum_of(FaultKind::odd_answers, node) + 1 : 0);
  port.forbid(forbidden_on(node));
}

void World::heal() {
  if (healed_) {
    return;
  }
  healed_ = true;
  if (trace_.on()) {
    trace_.add(now(), "world", "heals");
  }
  active_.clear();
  network_.calm_down();
  for (std::uint32_t index = 0; index < hosts(); ++index) {
    refresh_host(index);
  }
  for (std::uint32_t node = 0; node < nodes(); ++node) {
    refresh_server(node);  // a process that starts again reads its configuration again
    server(node).lift_output_limits();  // a limit below a reply's size would cut its readers off for ever
  }
  if (cluster_ != nullptr || watched_ != nullptr) {
    heal_cluster();
  }
}

}  // namespace trackside::sim
