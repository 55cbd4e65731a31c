#include "properties/serving/served_world.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>

namespace trackside::serving {
namespace {

using boost::asio::ip::tcp;
using sim::Fault;
using sim::FaultKind;
using sim::Instant;

constexpr Instant never = 100LL * 365 * 24 * 3600 * sim::second;
constexpr Instant idle_turn = 50 * sim::millisecond;  // so often is looked whether it is time to stop

/// Faults of connections are the doors' business; the world has all others.
sim::Scenario scenario_of(const ServingOptions& options) {
  sim::Scenario scenario;
  scenario.seed = options.seed;
  scenario.faults_end = never;
  scenario.writers = 0;
  scenario.server.password = options.password;
  if (options.primaries > 0) {
    scenario.cluster = sim::ClusterSetup{.primaries = options.primaries,
                                         .replicas = options.replicas,
                                         .spares = options.spares,
                                         .node_timeout = options.node_timeout};
  }
  std::copy_if(options.faults.begin(), options.faults.end(), std::back_inserter(scenario.faults),
               [](const Fault& fault) { return !sim::is_connection_fault(fault.kind); });
  return scenario;
}

std::string announced(const ServingOptions& options) {
  if (!options.announce.empty()) {
    return options.announce;
  }
  const auto address = boost::asio::ip::make_address(options.bind);
  return address.is_unspecified() ? "127.0.0.1" : options.bind;
}

sim::WorldOptions world_options(const ServingOptions& options) {
  sim::WorldOptions world;
  world.events_max = UINT64_MAX;
  for (std::uint32_t node = 0; node < options.nodes(); ++node) {
    world.addresses.push_back({announced(options), static_cast<std::uint16_t>(options.port + node)});
  }
  return world;
}

std::int64_t unix_milliseconds_now() {
  const auto wall_clock = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(wall_clock).count();
}

bool strikes_once(FaultKind kind) {
  return kind == FaultKind::reset || kind == FaultKind::close || kind == FaultKind::kill_client;
}

/// What happens at once has no end that is worth telling.
bool lasts(const Fault& fault) {
  constexpr std::array at_once = {FaultKind::reset,       FaultKind::close,           FaultKind::kill_client,
                                  FaultKind::clock_step,  FaultKind::failover_manual, FaultKind::failover_takeover,
                                  FaultKind::migrate_slot};
  return std::find(at_once.begin(), at_once.end(), fault.kind) == at_once.end();
}

std::string described(const Fault& fault) {
  std::string text(sim::name_of(fault.kind));
  if (fault.kind == FaultKind::migrate_slot) {
    return text + fmt::format(" {} to node {}", fault.move.slot, fault.move.to);
  }
  if (fault.kind == FaultKind::partition) {
    return text + fmt::format(" node {}", fault.nodes.front());
  }
  if (fault.node || !sim::is_connection_fault(fault.kind)) {
    return text + fmt::format(" node {}", fault.node.value_or(0));
  }
  return text;
}

}  // namespace

ServedWorld::ServedWorld(const ServingOptions& options, Tell tell)
    : scenario_(scenario_of(options)),
      faults_(options.faults),
      tell_(std::move(tell)),
      start_(std::chrono::steady_clock::now()),
      world_(std::make_unique<sim::World>(scenario_, nullptr, world_options(options))) {
  if (world_->cluster() != nullptr) {
    world_->cluster()->links().calm_down();  // the nodes are neighbours
  }
  const auto address = boost::asio::ip::make_address(options.bind);
  for (std::uint32_t node = 0; node < options.nodes(); ++node) {
    world_->server(node).step_clock(unix_milliseconds_now() - world_->server(node).unix_milliseconds(0));
    const tcp::endpoint endpoint(address, static_cast<std::uint16_t>(options.port + node));
    doors_.push_back(std::make_unique<Door>(Door::Parts{io_, world_->port(node), *this}, endpoint));
    try {
      doors_.back()->open();
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error(
          fmt::format("cannot listen on {}:{}: {}", options.bind, endpoint.port(), error.code().message()));
    }
  }
  post_next_fault();
}

ServedWorld::~ServedWorld() = default;

Instant ServedWorld::real_now() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start_).count();
}

void ServedWorld::catch_up() { world_->run_until(std::max(world_->now(), real_now())); }

void ServedWorld::run_until(const std::atomic<bool>& stop) {
  while (!stop) {
    catch_up();
    attend_all();
    const Instant pause = std::max<Instant>(0, next_turn() - real_now());
    io_.restart();
    io_.run_one_for(std::chrono::nanoseconds{pause});
    io_.poll();
  }
}

void ServedWorld::attend_all() {
  for (const auto& door : doors_) {
    door->attend();
  }
}

Instant ServedWorld::next_turn() const {
  Instant next = std::min(world_->next_event_at(), world_->now() + idle_turn);
  for (const auto& door : doors_) {
    if (door->waited_for() && door->port().running()) {
      next = std::min(next, std::max(door->port().busy_until(), world_->now() + sim::millisecond));
    }
  }
  return next;
}

Figures ServedWorld::figures() const {
  Figures all;
  for (const auto& door : doors_) {
    all.connections += door->figures().connections;
    all.commands += door->figures().commands;
  }
  return all;
}

// ---- faults: each posts the next

void ServedWorld::post_next_fault() {
  if (next_fault_ < faults_.size()) {
    const auto begin = [](void* self, std::uint64_t index) { static_cast<ServedWorld*>(self)->on_fault_begin(index); };
    world_->call_at(faults_[next_fault_].at, {begin, this, next_fault_});
    ++next_fault_;
  }
}

std::vector<Door*> ServedWorld::doors_meant(const Fault& fault) {
  std::vector<Door*> meant;
  for (std::uint32_t node = 0; node < doors_.size(); ++node) {
    if (!fault.node || *fault.node == node) {
      meant.push_back(doors_[node].get());
    }
  }
  return meant;
}

void ServedWorld::on_fault_begin(std::size_t index) {
  const Fault& fault = faults_[index];
  tell_(world_->now(), described(fault) + (lasts(fault) ? " begins" : ""));
  if (sim::is_connection_fault(fault.kind)) {
    for (Door* const door : doors_meant(fault)) {
      if (strikes_once(fault.kind)) {
        door->strike(fault.kind);
      } else {
        door->begin(fault.kind);
      }
    }
  }
  if (lasts(fault)) {
    const auto end = [](void* self, std::uint64_t which) { static_cast<ServedWorld*>(self)->on_fault_end(which); };
    world_->call_at(fault.at + fault.duration, {end, this, index});
  }
  post_next_fault();
}

void ServedWorld::on_fault_end(std::size_t index) {
  const Fault& fault = faults_[index];
  tell_(world_->now(), described(fault) + " ends");
  if (sim::is_connection_fault(fault.kind)) {
    for (Door* const door : doors_meant(fault)) {
      door->end(fault.kind);
    }
  }
}

}  // namespace trackside::serving
