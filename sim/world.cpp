// Building and running a world; what faults do in it stands in world_faults.cpp. See world.hpp.
#include "sim/world.hpp"

#include <fmt/format.h>

#include "sim/kernel/assertion.hpp"
#include "sim/kernel/sites.hpp"
#include "sim/layout.hpp"

namespace trackside::sim {
namespace {

constexpr std::uint64_t postponed = std::uint64_t{1} << 63;  // marks timers that were made late already

redis::ServerConfig config_of(const ServerSetup& setup) {
  redis::ServerConfig config;
  config.password = setup.password;
  if (!setup.version.empty()) {
    config.version = setup.version;
  }
  config.idle_timeout = setup.idle_timeout;
  config.output_limit_bytes = setup.output_limit_bytes;
  if (setup.output_limit_bytes != 0) {
    config.subscriber_output_limit_bytes = setup.output_limit_bytes;
  }
  config.tracking_table_max_keys = setup.tracking_table_max_keys;
  return config;
}

/// Clients and writers are numbered apart, so that a client less does not rename the writers' decisions.
std::vector<std::uint32_t> host_names(const Scenario& scenario) {
  constexpr std::uint32_t first_writer = 1U << 16;
  std::vector<std::uint32_t> names;
  for (std::uint32_t index = 0; index < scenario.clients.size(); ++index) {
    names.push_back(index);
  }
  for (std::uint32_t index = 0; index < scenario.writers; ++index) {
    names.push_back(first_writer + index);
  }
  return names;
}

}  // namespace

template <void (World::*Member)(const Event&)>
void World::handle(EventKind kind) {
  scheduler_.handle(
      kind, [](void* self, const Event& event) { (static_cast<World*>(self)->*Member)(event); }, this);
}

World::World(const Scenario& scenario, redis::ServerObserver* observer, WorldOptions options)
    : scenario_(scenario),
      options_(options),
      timers_(scheduler_),
      decider_(scenario, options.recording, options.former),
      network_(scheduler_, decider_, trace_, effects_, host_names(scenario)) {
  if (options.trace) {
    trace_.switch_on();
  }
  scheduler_.record_steps(options.steps);
  decider_.tell_time_by(scheduler_);
  network_.set_observer(options.network_observer);
  make_servers(observer);
  handle<&World::on_serve>(EventKind::serve);
  handle<&World::on_server_timer>(EventKind::server_timer);
  handle<&World::on_timer>(EventKind::timer);
  handle<&World::on_fault_begin>(EventKind::fault_begin);
  handle<&World::on_fault_end>(EventKind::fault_end);
  handle<&World::on_heal>(EventKind::heal);
  handle<&World::on_writer_operation>(EventKind::writer_operation);
  const auto count = static_cast<std::uint32_t>(scenario.clients.size()) + scenario.writers;
  late_timers_.resize(count);
  for (std::uint32_t index = 0; index < count; ++index) {
    hosts_.push_back(std::make_unique<Host>(Host::Parts{scheduler_, timers_, decider_, network_}, index));
  }
  make_writers();
  for (std::uint32_t position = 0; position < scenario.faults.size(); ++position) {
    scheduler_.post(scenario.faults[position].at, EventKind::fault_begin, position, 0);
  }
  scheduler_.post(scenario.faults_end, EventKind::heal, 0, 0);
  if (decider_.strategy().decides_orders()) {
    decide_orders();
  } else {
    post_next_writer_operation(0);
  }
}

void World::decide_orders() {
  orders_ = std::make_unique<Orders>(Orders::Parts{scenario_, scheduler_, timers_, decider_, network_},
                                     options_.orders_observer);
  scheduler_.choose_by(orders_.get());
  for (std::uint32_t position = 0; position < scenario_.operations.size(); ++position) {
    if (scenario_.operations[position].actor.kind == ActorKind::writer) {
      scheduler_.post(scenario_.operations[position].at, EventKind::writer_operation, position, 0);
    }
  }
}

void World::make_sentinel_views() {
  const SentinelSetup& setup = *scenario_.sentinels;
  const auto view_of = [&](std::uint32_t sentinel) {
    const std::uint32_t node = setup.data_nodes() + sentinel;
    return redis::SentinelView::Peer{cluster::digits_of(cluster::node_id(server_index(node))),
                                     options_.addresses[node].host, options_.addresses[node].port};
  };
  sentinel_views_.resize(setup.sentinels);
  for (std::uint32_t sentinel = 0; sentinel < setup.sentinels; ++sentinel) {
    redis::SentinelView& view = sentinel_views_[sentinel];
    const Address& primary = options_.addresses[0];
    view = {view_of(sentinel).id, std::string{sentinel_service}, primary.host, primary.port, {}};
    for (std::uint32_t other = 0; other < setup.sentinels; ++other) {
      if (other != sentinel) {
        view.others.push_back(view_of(other));
      }
    }
  }
}

void World::make_servers(redis::ServerObserver* observer) {
  const bool made_up = options_.addresses.empty();
  for (std::uint32_t node = 0; made_up && node < scenario_.nodes(); ++node) {
    options_.addresses.push_back(address_of(node));
  }
  if (scenario_.sentinels) {
    make_sentinel_views();
  }
  for (std::uint32_t node = 0; node < scenario_.nodes(); ++node) {
    const Address& address = options_.addresses[node];
    reporters_.push_back(
        std::make_unique<NodeReporter>(node, node == 0 ? observer : nullptr, options_.cluster_observer));
    redis::ServerConfig config = config_of(scenario_.server);
    config.port = address.port;
    if (scenario_.cluster) {
      config.cluster_enabled = true;
      config.node_id = cluster::digits_of(cluster::node_id(server_index(node)));
      config.node_host = address.host;
      config.channels_allowed = scenario_.cluster->channels_allowed;
    }
    if (scenario_.sentinels && node >= scenario_.sentinels->data_nodes()) {
      config.sentinel = &sentinel_views_[node - scenario_.sentinels->data_nodes()];
    }
    ports_.push_back(std::make_unique<ServerPort>(ServerPort::Parts{scheduler_, decider_, network_, trace_, effects_},
                                                  server_index(node), config, reporters_.back().get()));
    network_.attach(*ports_.back(), address);
  }
  conditions_.resize(ports_.size());
  if (scenario_.cluster) {
    cluster_ = std::make_unique<ClusterNodes>(
        ClusterNodes::Parts{scheduler_, decider_, effects_, ports_, reporters_, options_.addresses},
        *scenario_.cluster);
    administrator_ = std::make_unique<Administrator>(scheduler_, *cluster_, effects_, scenario_.server.password);
  } else if (scenario_.sentinels) {
    watched_ = std::make_unique<WatchedNodes>(WatchedNodes::Parts{scheduler_, decider_, effects_, ports_, reporters_},
                                              *scenario_.sentinels, sentinel_views_, options_.addresses);
  }
}

void World::make_writers() {
  const std::string& password = scenario_.server.password;
  for (std::uint32_t index = 0; index < scenario_.writers; ++index) {
    if (scenario_.cluster) {
      std::vector<Endpoint> seeds;
      for (std::uint32_t node = 0; node < scenario_.cluster->members(); ++node) {
        seeds.push_back(endpoint_of(node));
      }
      cluster_writers_.push_back(
          std::make_unique<ClusterWriter>(writer(index), std::move(seeds), password, options_.writer_events));
      continue;
    }
    const std::uint32_t data_nodes = scenario_.sentinels ? scenario_.sentinels->data_nodes() : 1;
    for (std::uint32_t node = 0; node < data_nodes; ++node) {
      raw_clients_.push_back(std::make_unique<RawClient>(writer(index), node == 0 ? endpoint() : endpoint_of(node),
                                                         password, options_.writer_events,
                                                         scenario_.server.database));
      raw_clients_.back()->start();
    }
  }
}

Endpoint World::endpoint_of(std::uint32_t node) {
  const Address address = address_of(node);
  return {.host = address.host, .port = address.port};
}

void World::call_at(Instant at, Task task) {
  timers_.add(at, Timers::Owner{}, task);
}

bool World::run_until(Instant until) {
  while (scheduler_.events() < options_.events_max) {
    if (!scheduler_.step(until)) {
      if (scheduler_.stopped()) {
        return false;
      }
      scheduler_.advance_to(until);
      return true;
    }
  }
  return false;
}

void World::on_serve(const Event& event) { ports_[event.entity]->on_serve(); }

void World::on_server_timer(const Event& event) { ports_[event.entity]->on_timer(event); }

void World::on_timer(const Event& event) {
  if (!timers_.alive(event)) {
    return;
  }
  const Timers::Owner owner = timers_.owner(event);
  if (owner.host != Timers::world) {
    if (network_.paused(owner.host)) {
      network_.defer(owner.host, event);
      return;
    }
    const std::uint64_t late_max = network_.conditions(owner.host).all.late_timers_max;
    if (late_max > 0 && owner.punctuality == Timers::Punctuality::as_disturbed && (event.argument & postponed) == 0) {
      const std::uint64_t ordinal = late_timers_[owner.host]++;
      const std::uint64_t late = decider_.decide(site::late_timer, network_.name_of(owner.host), ordinal, late_max);
      if (late > 0) {
        effects_.note(FaultKind::late_timers);
        scheduler_.post(event.at + static_cast<Instant>(late), event.kind, event.entity, event.argument | postponed);
        return;
      }
    }
  }
  timers_.take(event)();
}

void World::post_next_writer_operation(std::size_t from) {
  for (std::size_t position = from; position < scenario_.operations.size(); ++position) {
    const Operation& operation = scenario_.operations[position];
    if (operation.actor.kind == ActorKind::writer) {
      scheduler_.post(operation.at, EventKind::writer_operation, static_cast<std::uint32_t>(position), 0);
      return;
    }
  }
}

void World::on_writer_operation(const Event& event) {
  const Operation& operation = scenario_.operations[event.entity];
  if (trace_.on()) {
    std::string text;
    for (const std::string& word : operation.words) {
      text += (text.empty() ? "" : " ") + word;
    }
    trace_.add(now(), fmt::format("writer {}", operation.actor.index), fmt::format("op {}: {}", operation.id, text));
  }
  if (cluster_ != nullptr) {
    cluster_writers_[operation.actor.index]->send(operation.id, operation.words);
  } else {
    // Who writes knows at once who is primary: what is tried is whether readers do.
    const std::size_t data_nodes = watched_ != nullptr ? scenario_.sentinels->data_nodes() : 1;
    const std::size_t node = watched_ != nullptr ? watched_->primary() : 0;
    raw_clients_[operation.actor.index * data_nodes + node]->send(operation.id, operation.words);
  }
  if (orders_ == nullptr) {
    post_next_writer_operation(event.entity + std::size_t{1});
  }
}

std::size_t World::writers_outstanding() const {
  std::size_t total = 0;
  for (const auto& each : raw_clients_) {
    total += each->outstanding();
  }
  for (const auto& each : cluster_writers_) {
    total += each->outstanding();
  }
  return total;
}

}  // namespace trackside::sim
