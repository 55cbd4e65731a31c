// Faults begin, overlap and end; then the world heals. See world.hpp; what each kind means stands in scenario.hpp.
//
// Lasting faults are a list of what is active now, from which the conditions of a host and of the server are computed
// anew whenever it changes; so overlapping faults of one kind need no counting. Others strike once. Which connections a
// fault keeps to is asked once, when it begins: connections that come later are never among them.
#include <algorithm>

#include <fmt/format.h>

#include "sim/world.hpp"

namespace trackside::sim {
namespace {

constexpr std::uint64_t delay_max = 1'000'000 * static_cast<std::uint64_t>(second);  // keeps sums of times in range

bool strikes_once(FaultKind kind) {
  return kind == FaultKind::reset || kind == FaultKind::close || kind == FaultKind::kill_client ||
         kind == FaultKind::clock_step;
}

std::string described(const Fault& fault) {
  const std::string scope = fault.scope == FaultScope::all ? "" : fmt::format(" only {}", name_of(fault.scope));
  return fmt::format("{}{} {}", name_of(fault.kind), scope, fault.id);
}

/// What the fault holds back; nothing if it is of another kind.
Holds holds_of(FaultKind kind) {
  return {.half_open = kind == FaultKind::half_open,
          .to_client = kind == FaultKind::hold_to_client,
          .to_server = kind == FaultKind::hold_to_server};
}

Instant as_delay(std::uint64_t argument) {
  return static_cast<Instant>(std::min(argument, delay_max));
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
  if (strikes_once(fault.kind)) {
    strike(fault);
  } else {
    active_.push_back({&fault, connections_meant(fault)});
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
  std::size_t times = 1;
  if (fault.kind == FaultKind::reset) {
    const std::vector<StreamId> connections = port_.connections_of(fault.target, fault.scope);
    network_.reset(connections);
    times = connections.size();
  } else if (fault.kind == FaultKind::close) {
    times = port_.close_connections(fault.target, fault.scope);
  } else if (fault.kind == FaultKind::kill_client) {
    times = port_.kill_connections(fault.target, fault.scope);
  } else {
    port_.server().step_clock(static_cast<std::int64_t>(fault.argument));
    port_.clock_stepped();
  }
  for (; times > 0; --times) {
    effects_.note(fault.kind);
  }
}

std::vector<std::uint32_t> World::connections_meant(const Fault& fault) const {
  std::vector<std::uint32_t> numbers;
  if (fault.scope != FaultScope::all) {
    for (const StreamId connection : port_.connections_of(fault.target, fault.scope)) {
      numbers.push_back(network_.connection_of(connection));
    }
  }
  return numbers;
}

bool World::active(FaultKind kind) const {
  return std::any_of(active_.begin(), active_.end(),
                     [&](const ActiveFault& each) { return each.fault->kind == kind; });
}

bool World::active(FaultKind kind, std::uint32_t target) const {
  return std::any_of(active_.begin(), active_.end(),
                     [&](const ActiveFault& each) { return each.fault->kind == kind && each.fault->target == target; });
}

std::uint64_t World::sum_of(FaultKind kind) const {
  std::uint64_t sum = 0;
  for (const ActiveFault& each : active_) {
    sum += each.fault->kind == kind ? std::min(each.fault->argument, delay_max) : 0;
  }
  return std::min(sum, delay_max);
}

void World::refresh(const Fault& fault) {
  if (is_server_fault(fault.kind)) {
    refresh_server();
  } else {
    refresh_host(fault.target);
  }
}

Conditions World::conditions_of(std::uint32_t host) const {
  Conditions result;
  result.refuse = active(FaultKind::refuse, host);
  result.hang_connect = active(FaultKind::hang_connect, host);
  result.push_drop = active(FaultKind::push_drop, host);
  result.slow_reader = active(FaultKind::slow_reader, host);
  result.reader_rate = UINT64_MAX;
  for (const auto& [fault, connections] : active_) {
    if (fault->target != host) {
      continue;
    }
    if (fault->scope == FaultScope::all) {
      result.holds.add(holds_of(fault->kind));
    }
    for (const std::uint32_t connection : connections) {
      result.held_apart.push_back({connection, holds_of(fault->kind)});
    }
    if (fault->kind == FaultKind::slow_reader) {
      result.reader_rate = std::min(result.reader_rate, fault->argument);
    } else if (fault->kind == FaultKind::delay) {
      result.delay = std::min(result.delay + as_delay(fault->argument), as_delay(delay_max));
    } else if (fault->kind == FaultKind::late_timers) {
      result.late_timers_max = std::max(result.late_timers_max, std::min(fault->argument, delay_max));
    }
  }
  return result;
}

void World::refresh_host(std::uint32_t host) {
  network_.set_conditions(host, conditions_of(host));
  const bool paused = active(FaultKind::pause_client, host);
  if (paused && !network_.paused(host)) {
    network_.pause(host);
  } else if (!paused && network_.paused(host)) {
    network_.resume(host);
  }
}

void World::refresh_server() {
  const bool down = active(FaultKind::restart_server);
  if (down && !down_) {
    port_.crash();
  } else if (!down && down_) {
    port_.start_again();
  }
  down_ = down;
  const bool frozen = active(FaultKind::freeze_server);
  if (frozen && !frozen_) {
    port_.freeze();
  } else if (!frozen && frozen_) {
    port_.thaw();
  }
  frozen_ = frozen;
  port_.set_slowness(as_delay(sum_of(FaultKind::slow_server)));
  port_.set_expiry_lag(sum_of(FaultKind::late_expiry));
  port_.set_tracking_forbidden(active(FaultKind::forbid_tracking));
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
  port_.server().lift_output_limits();  // a limit below a reply's size would cut its readers off for ever
  for (std::uint32_t index = 0; index < hosts(); ++index) {
    refresh_host(index);
  }
  refresh_server();
}

}  // namespace trackside::sim
