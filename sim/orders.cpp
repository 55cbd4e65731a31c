// See orders.hpp.
#include "sim/orders.hpp"

#include <algorithm>
#include <tuple>

#include "sim/kernel/sites.hpp"

namespace trackside::sim {

Orders::Orders(Parts parts, OrdersObserver* observer)
    : parts_(parts),
      observer_(observer),
      first_server_(static_cast<std::uint32_t>(parts.scenario.clients.size()) + parts.scenario.writers),
      met_(first_server_ + parts.scenario.nodes()) {
  for (const Operation& operation : parts.scenario.operations) {
    moments_.push_back(operation.at);
  }
  for (const Fault& fault : parts.scenario.faults) {
    moments_.push_back(fault.at);
  }
  std::sort(moments_.begin(), moments_.end());
}

/// Clients that share a store may notice each other without a message.
std::uint32_t Orders::process_of_host(std::uint32_t host) const {
  const auto& clients = parts_.scenario.clients;
  return host < clients.size() ? clients[host].shares.value_or(host) : host;
}

Orders::Step Orders::step_of(const Event& event) const {
  const auto kind = static_cast<std::uint64_t>(event.kind);
  switch (event.kind) {
    case EventKind::to_server:
    case EventKind::to_client:
    case EventKind::client_told:
    case EventKind::connect: {
      const Network::Step step = parts_.network.step_of(event);
      const auto server = process_of_server(static_cast<std::uint32_t>(step.server));
      const std::uint32_t host = process_of_host(step.host);
      if (event.kind == EventKind::connect) {
        return {.name = step.name, .process = host, .other = server, .is_dead = step.is_over};
      }
      const bool at_server = event.kind == EventKind::to_server;
      return {.name = step.name, .process = at_server ? server : host, .is_dead = step.is_over};
    }
    case EventKind::timer: {
      if (!parts_.timers.alive(event)) {
        return {.is_dead = true};
      }
      const std::uint32_t host = parts_.timers.owner(event).host;
      const std::uint64_t name = fold(kind, parts_.timers.ordinal(event));
      return host == Timers::world ? Step{.name = name, .touches_all = true}
                                   : Step{.name = fold(name, host), .process = process_of_host(host)};
    }
    case EventKind::serve:
    case EventKind::server_timer: return {.name = kind, .process = process_of_server(event.entity)};
    case EventKind::writer_operation: {
      const auto writer = parts_.scenario.operations[event.entity].actor.index;
      const auto host = static_cast<std::uint32_t>(parts_.scenario.clients.size()) + writer;
      return {.name = fold(kind, event.entity), .process = host};
    }
    case EventKind::fault_begin:
    case EventKind::fault_end: return step_of_fault(fold(kind, event.entity), parts_.scenario.faults[event.entity]);
    case EventKind::heal:
    case EventKind::link_connect:
    case EventKind::link_arrival:
    case EventKind::cluster_tick:
    case EventKind::key_transfer:
    case EventKind::slot_move: break;
  }
  return {.name = fold(kind, event.entity), .touches_all = true};
}

/// A fault of a client changes what it and the server meet of each other.
Orders::Step Orders::step_of_fault(std::uint64_t name, const Fault& fault) const {
  if (is_cluster_fault(fault.kind)) {
    return {.name = name, .touches_all = true};
  }
  const std::uint32_t server = process_of_server(fault.node.value_or(0));
  return {.name = name,
          .process = server,
          .other = is_server_fault(fault.kind) ? nobody : process_of_host(fault.target)};
}

void Orders::take(const Step& step) {
  const std::uint64_t what = fold(step.name, static_cast<std::uint64_t>(parts_.scheduler.now()));
  for (std::uint32_t process = 0; process < met_.size(); ++process) {
    if (step.touches_all || process == step.process || process == step.other) {
      met_[process] = fold(met_[process], what);
    }
  }
}

std::uint64_t Orders::state() const {
  auto hash = static_cast<std::uint64_t>(parts_.scheduler.now());
  for (const std::uint64_t each : met_) {
    hash = fold(hash, each);
  }
  return mix(hash);
}

std::size_t Orders::choose(std::span<const Event> events) {
  options_.clear();
  for (std::size_t position = 0; position < events.size(); ++position) {
    const Step step = step_of(events[position]);
    if (step.is_dead) {
      return position;
    }
    options_.push_back({step, position});
  }
  const Instant now = parts_.scheduler.now();
  if (chosen_at_ >= 0 && now > chosen_at_) {
    chosen_at_ = -1;  // named apart: there may be a choice in the same state
    if (observer_ != nullptr && !observer_->on_choice(mix(state()), 1)) {
      return none;
    }
  }
  // By what they are and not by when they were posted, which may differ where nothing else does.
  std::stable_sort(options_.begin(), options_.end(), [](const Option& left, const Option& right) {
    return std::tie(left.step.process, left.step.name) < std::tie(right.step.process, right.step.name);
  });
  std::size_t chosen = 0;
  if (options_.size() > 1 && std::binary_search(moments_.begin(), moments_.end(), now)) {
    if (observer_ != nullptr && !observer_->on_choice(state(), static_cast<std::uint32_t>(options_.size()))) {
      return none;
    }
    chosen_at_ = now;
    chosen = parts_.decider.decide(site::order, 0, choices_++, options_.size() - 1);
  }
  take(options_[chosen].step);
  return options_[chosen].position;
}

}  // namespace trackside::sim
