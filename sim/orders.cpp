// See orders.hpp.
#include "sim/orders.hpp"

#include <algorithm>

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
    moments_.push_back(fault.at + fault.duration);
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
      return {.name = step.name, .process = event.kind == EventKind::to_server ? server : host, .is_dead = step.is_over};
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
    case EventKind::fault_end:
    case EventKind::heal:
    case EventKind::link_connect:
    case EventKind::link_arrival:
    case EventKind::cluster_tick:
    case EventKind::key_transfer:
    case EventKind::slot_move: break;
  }
  return {.name = fold(kind, event.entity), .touches_all = true};
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
  std::vector<std::size_t> options;
  for (std::size_t position = 0; position < events.size(); ++position) {
    if (step_of(events[position]).is_dead) {
      return position;
    }
    options.push_back(position);
  }
  const Instant now = parts_.scheduler.now();
  if (chosen_at_ >= 0 && now > chosen_at_) {
    chosen_at_ = -1;
    if (observer_ != nullptr && !observer_->on_choice(state(), 1)) {
      return none;
    }
  }
  std::size_t chosen = options.front();
  if (options.size() > 1 && std::binary_search(moments_.begin(), moments_.end(), now)) {
    if (observer_ != nullptr && !observer_->on_choice(state(), static_cast<std::uint32_t>(options.size()))) {
      return none;
    }
    chosen_at_ = now;
    chosen = options[parts_.decider.decide(site::order, 0, choices_++, options.size() - 1)];
  }
  take(step_of(events[chosen]));
  return chosen;
}

}  // namespace trackside::sim
