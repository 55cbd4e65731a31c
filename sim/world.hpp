// The world of one scenario: clock, network, the Redis servers, the hosts, and the faults, all from one value.
//
// A harness makes a World, builds its clients on `host(i)`, adds its own turns with `call_at` or `Host::turn_at`, and
// runs it up to the times it wants. Foreign writers and faults run by themselves. The same scenario gives the same
// hash, always. Clients must be destroyed before the world; the scenario must outlive it.
// Neighbours: scenario.hpp (the value), host.hpp (what clients see), network/ (how bytes travel), kernel/ (time and
// chance).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/administrator.hpp"
#include "sim/cluster_nodes.hpp"
#include "sim/cluster_observer.hpp"
#include "sim/host.hpp"
#include "sim/kernel/decider.hpp"
#include "sim/kernel/scheduler.hpp"
#include "sim/kernel/timers.hpp"
#include "sim/kernel/trace.hpp"
#include "sim/network/cluster_writer.hpp"
#include "sim/network/network.hpp"
#include "sim/network/raw_client.hpp"
#include "sim/network/server_port.hpp"
#include "sim/orders.hpp"
#include "sim/scenario.hpp"
#include "sim/watched_nodes.hpp"

namespace trackside::sim {

/// What a run does beside running; none of it but `former` and `addresses` changes the run.
struct WorldOptions {
  Decider::Recording recording = Decider::Recording::off;
  const std::vector<Decision>* former = nullptr;  // of a run that is nearly the same: it is decided as there
  bool trace = false;
  RawClientEvents* writer_events = nullptr;
  OrdersObserver* orders_observer = nullptr;    // where the strategy decides orders; may stop the world
  NetworkObserver* network_observer = nullptr;
  ClusterObserver* cluster_observer = nullptr;  // told of every node; works without a cluster, too
  std::vector<Step>* steps = nullptr;           // every event is added to it
  std::uint64_t events_max = 50'000'000;  // a run that needs more is stuck
  std::vector<Address> addresses{};       // of the nodes; empty: made up by their numbers
};

class World {
 public:
  /// `observer` may be null; it is told of node 0. Requires a scenario such as `parse` accepts.
  World(const Scenario& scenario, redis::ServerObserver* observer, WorldOptions options = {});
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Clients come first, in the scenario's order; then the writers.
  Host& host(std::uint32_t index) { return *hosts_[index]; }
  Host& client(std::uint32_t index) { return *hosts_[index]; }
  Host& writer(std::uint32_t index) { return *hosts_[scenario_.clients.size() + index]; }
  std::uint32_t hosts() const noexcept { return static_cast<std::uint32_t>(hosts_.size()); }
  /// Of node 0, by a name that every world has.
  static Endpoint endpoint() { return {}; }
  /// As nodes of a cluster tell it, unless the options say otherwise.
  static Endpoint endpoint_of(std::uint32_t node);

  /// A turn of the harness itself, which no fault touches.
  void call_at(Instant at, Task task);

  /// Runs everything up to and at `until`. False if `events_max` was reached, or an observer stopped the world: then
  /// the run is over.
  bool run_until(Instant until);

  /// Ends all faults now, and latencies are short from now on. Happens by itself at `faults_end`.
  void heal();
  bool healed() const noexcept { return healed_; }

  Instant now() const noexcept { return scheduler_.now(); }
  /// When something happens next; end_of_time: never.
  Instant next_event_at() const noexcept { return scheduler_.next_at(); }
  std::uint64_t hash() const noexcept { return scheduler_.hash(); }
  /// Folds into the run's hash what a harness saw and no message shows.
  void note(std::uint64_t word) noexcept { scheduler_.note(word); }
  std::uint64_t events() const noexcept { return scheduler_.events(); }
  const Scheduler& scheduler() const noexcept { return scheduler_; }

  /// Which host talks through a session; UINT32_MAX for none, such as an administrator's.
  std::uint32_t host_of(redis::SessionId session, std::uint32_t node = 0) const {
    return ports_[node]->host_of(session);
  }
  ServerPort& port(std::uint32_t node) noexcept { return *ports_[node]; }
  redis::Server& server(std::uint32_t node = 0) noexcept { return ports_[node]->server(); }
  std::uint32_t nodes() const noexcept { return static_cast<std::uint32_t>(ports_.size()); }
  /// Null in a world without a cluster.
  ClusterNodes* cluster() noexcept { return cluster_.get(); }
  /// Null in a world without sentinels.
  WatchedNodes* watched() noexcept { return watched_.get(); }
  /// Whether all nodes agree that the cluster is up, with one primary for each slot, and no slot is open; or all
  /// sentinels on a primary that all replicas follow.
  bool cluster_settled() const { return unsettled().empty(); }
  /// What keeps it from that, for people; empty if nothing does.
  std::string unsettled() const {
    if (cluster_ == nullptr) {
      return watched_ == nullptr ? "" : watched_->disagreement();
    }
    return administrator_ != nullptr && administrator_->busy() > 0 ? "slots are on the move" : cluster_->disagreement();
  }
  /// What each kind of fault really did.
  const Effects& effects() const noexcept { return effects_; }
  /// Commands of foreign writers without an end.
  std::size_t writers_outstanding() const;
  /// Timers and connections that somebody still holds, for checks that nothing is left over.
  std::size_t timers_pending() const noexcept { return timers_.pending(); }
  std::size_t streams_in_use() const { return network_.streams_in_use(); }

  /// Decisions that were not benign; with them as its tape the scenario runs alike. Empty unless recording.
  std::vector<TapeEntry> tape() const { return decider_.recorded(); }
  /// All of them, benign ones included, in the order in which they were made. Empty unless recording.
  std::vector<Decision> decisions() const { return decider_.decisions(); }
  Trace& trace() noexcept { return trace_; }

 private:
  struct ActiveFault {
    const Fault* fault;
    std::vector<Conditions::HeldApart> connections;  // that it holds apart from the others; none of all of them
    std::vector<bool> inside;                        // of one that cuts nodes off: by node, as it was when it began
  };
  /// What faults did to a node's process.
  struct ProcessCondition {
    bool frozen = false;
    bool down = false;
    bool has_lost_itself = false;  // it is down, and comes back as another one
    bool loading = false;
  };

  template <void (World::*Member)(const Event&)>
  void handle(EventKind kind);

  void make_servers(redis::ServerObserver* observer);
  void make_sentinel_views();
  void make_writers();
  void on_serve(const Event& event);
  void on_server_timer(const Event& event);
  void on_timer(const Event& event);
  void on_fault_begin(const Event& event);
  void on_fault_end(const Event& event);
  void on_heal(const Event& event);
  void on_writer_operation(const Event& event);
  void post_next_writer_operation(std::size_t from);
  void decide_orders();

  void begin(const Fault& fault);
  void end(const Fault& fault);
  void strike(const Fault& fault);
  std::size_t lose_keys(const Fault& fault, std::uint32_t node);
  /// The target's connections that a fault which keeps to some of them hits now, and how.
  std::vector<Conditions::HeldApart> connections_meant(const Fault& fault) const;
  /// The nodes whose connections, or whose process, the fault strikes.
  std::vector<std::uint32_t> nodes_meant(const Fault& fault) const;
  bool active_on_host(FaultKind kind, std::uint32_t host) const;
  bool active_on_node(FaultKind kind, std::uint32_t node) const;
  void refresh(const Fault& fault);
  void refresh_host(std::uint32_t host);
  void crash(std::uint32_t node);
  void start_again(std::uint32_t node);
  void refresh_loading(std::uint32_t node);
  std::vector<ForbiddenCommand> forbidden_on(std::uint32_t node) const;
  void refresh_server(std::uint32_t node);

  // world_cluster_faults.cpp
  /// The nodes that a fault cuts off from the others; none if it is no such fault.
  std::vector<bool> nodes_cut_off(const Fault& fault);
  void refresh_links();
  void heal_cluster();

  HostConditions conditions_of(std::uint32_t host) const;
  std::uint64_t sum_of(FaultKind kind, std::uint32_t node) const;

  const Scenario& scenario_;
  WorldOptions options_;
  Scheduler scheduler_;
  Timers timers_;
  Decider decider_;
  Trace trace_;
  Effects effects_;
  Network network_;
  std::unique_ptr<Orders> orders_;  // null: events of one instant run as they were posted
  std::vector<std::unique_ptr<NodeReporter>> reporters_;  // one for each node
  std::vector<std::unique_ptr<ServerPort>> ports_;        // likewise
  std::unique_ptr<ClusterNodes> cluster_;                 // null: a standalone server
  std::unique_ptr<Administrator> administrator_;
  std::vector<redis::SentinelView> sentinel_views_;  // of a fixed size
  std::unique_ptr<WatchedNodes> watched_;            // null: no sentinels
  std::vector<std::unique_ptr<Host>> hosts_;
  /// By writer, in a world without a cluster; with sentinels, for each data node in turn.
  std::vector<std::unique_ptr<RawClient>> raw_clients_;
  std::vector<std::unique_ptr<ClusterWriter>> cluster_writers_;  // by writer, in one with a cluster
  std::vector<ProcessCondition> conditions_;                     // by node
  std::vector<ActiveFault> active_;  // in order of their beginning
  std::vector<std::uint64_t> late_timers_;  // per host, so far
  bool healed_ = false;
};

}  // namespace trackside::sim
