// See watched_nodes.hpp.
#include "sim/watched_nodes.hpp"

#include <utility>

#include <fmt/format.h>

#include "resp/slot.hpp"
#include "sim/kernel/sites.hpp"
#include "sim/layout.hpp"

namespace trackside::sim {
namespace {

constexpr Instant tick_every = 100 * millisecond;
constexpr std::uint64_t ticks_of_replication = cluster::Replication::tick_period / tick_every;
constexpr cluster::SlotRange every_slot{0, redis::slot_count - 1};

cluster::ReplicationOptions replication_options() {
  cluster::ReplicationOptions options;
  options.diskless_delay = 0;  // worlds are short
  return options;
}

}  // namespace

/// A server with data, and its part in replication.
class WatchedNodes::Node final : private cluster::ReplicatedData, private redis::ReplicationFeed {
 public:
  Node(ServerPort& port, NodeReporter& reporter, std::uint32_t index)
      : port_(port), reporter_(reporter), replication_(server_index(index), replication_options(), data()) {
    port_.server().set_replication_feed(this);
  }

  ServerPort& port() { return port_; }
  redis::Server& server() { return port_.server(); }
  NodeReporter& reporter() { return reporter_; }
  cluster::Replication& replication() { return replication_; }
  const cluster::Replication& replication() const { return replication_; }

  void tick(Instant now) {
    if (++ticks_ % ticks_of_replication == 0) {
      replication_.tick(now);
    }
  }
  void follow(Instant now, ServerIndex primary) {
    if (!replication_.is_replica()) {
      server().become_replica(now);
    }
    replication_.follow(now, primary);
  }
  void lead(Instant now) {
    replication_.lead(now);
    server().become_primary(now);
  }
  void restart(Instant now) {
    const ServerIndex primary = replication_.is_replica() ? replication_.primary() : cluster::no_server;
    replication_.outbox().discard();
    replication_.restart(now);
    if (primary != cluster::no_server) {
      server().become_primary(now);
      follow(now, primary);
    }
  }

 private:
  cluster::ReplicatedData& data() { return *this; }

  cluster::SnapshotPointer snapshot() override {
    return std::make_shared<const cluster::Snapshot>(server().snapshot());
  }
  void load(Instant now, const cluster::Snapshot& snapshot) override {
    {
      const NodeReporter::Scope scope(reporter_, ChangeOrigin::discarded);
      server().begin_loading(now);
    }
    const NodeReporter::Scope scope(reporter_, ChangeOrigin::loaded);
    server().finish_loading(snapshot, now);
  }
  void apply(Instant now, std::span<const redis::ReplicatedChange> changes) override {
    const NodeReporter::Scope scope(reporter_, ChangeOrigin::replicated);
    server().apply(changes, now);
  }
  std::uint64_t append(std::span<const redis::ReplicatedChange> changes, std::uint64_t bytes) override {
    if (!replication_.is_replica()) {
      replication_.feed(changes, bytes);
    }
    return replication_.offset();
  }

  ServerPort& port_;
  NodeReporter& reporter_;
  cluster::Replication replication_;
  std::uint64_t ticks_ = 0;
};

WatchedNodes::WatchedNodes(Parts parts, const SentinelSetup& setup, std::span<redis::SentinelView> views,
                           std::span<const Address> addresses)
    : parts_(parts),
      links_(parts.scheduler, parts.decider, parts.effects, *this, parts.ports.size()),
      sentinels_(parts.decider, parts.effects, *this, setup, views, addresses),
      processes_(parts.ports.size()),
      tick_waits_(parts.ports.size()) {
  parts_.scheduler.handle(
      EventKind::cluster_tick, [](void* self, const Event& event) { static_cast<WatchedNodes*>(self)->on_tick(event); },
      this);
  for (std::uint32_t index = 0; index < setup.data_nodes(); ++index) {
    nodes_.push_back(std::make_unique<Node>(*parts_.ports[index], *parts_.reporters[index], index));
    parts_.ports[index]->tell_turns_to(*this);
  }
  if (ClusterObserver* observer = parts_.reporters[0]->observer()) {
    observer->on_ownership(0, 0, every_slot, ClusterObserver::Belief::owns, 1);
  }
  for (std::uint32_t index = 1; index < setup.data_nodes(); ++index) {
    nodes_[index]->follow(0, server_index(0));
  }
  for (std::uint32_t server = 0; server < parts_.ports.size(); ++server) {
    post_tick(server);
  }
}

WatchedNodes::~WatchedNodes() = default;

/// The first tick of a process comes at any moment of the period.
void WatchedNodes::post_tick(std::uint32_t server) {
  const auto phase = static_cast<Instant>(
      parts_.decider.decide(site::tick_phase, server, processes_[server], static_cast<std::uint64_t>(tick_every - 1)));
  parts_.scheduler.post(parts_.scheduler.now() + 1 + phase, EventKind::cluster_tick, server, processes_[server]);
}

void WatchedNodes::on_tick(const Event& event) {
  const std::uint32_t index = event.entity;
  const Instant ready = ready_at(server_index(index));
  if (event.argument != processes_[index] || parts_.ports[index]->down()) {
    return;
  }
  if (ready == end_of_time) {
    tick_waits_[index] = true;
    return;
  }
  if (ready > event.at) {
    parts_.scheduler.post(ready, event.kind, index, event.argument);
    return;
  }
  if (index < nodes_.size()) {
    nodes_[index]->tick(event.at);
    settle(index);
  } else {
    sentinels_.tick(event.at, index);
  }
  parts_.scheduler.post(event.at + tick_every, event.kind, index, event.argument);
}

Instant WatchedNodes::ready_at(ServerIndex at) const {
  const ServerPort& port = *parts_.ports[number_of(at)];
  return port.running() ? port.busy_until() : end_of_time;
}

bool WatchedNodes::listening(ServerIndex at) const {
  return number_of(at) < nodes_.size() && !parts_.ports[number_of(at)]->down();
}

void WatchedNodes::on_open(ServerIndex at, LinkId link) {
  nodes_[number_of(at)]->replication().on_open(parts_.scheduler.now(), link);
  settle(number_of(at));
}

void WatchedNodes::on_message(ServerIndex at, LinkId link, MessageSlot message) {
  const cluster::ReplicationMessage said = messages_.take(message);
  nodes_[number_of(at)]->replication().on_message(parts_.scheduler.now(), link, said);
  settle(number_of(at));
}

void WatchedNodes::on_closed(ServerIndex at, LinkId link) {
  nodes_[number_of(at)]->replication().on_closed(parts_.scheduler.now(), link);
  settle(number_of(at));
}

void WatchedNodes::on_lost(LinkId, MessageSlot message) { messages_.take(message); }

void WatchedNodes::on_turn_over(ServerIndex server) {
  nodes_[number_of(server)]->replication().outbox().take(actions_);
  for (auto& action : actions_) {
    switch (action.verb) {
      case cluster::LinkVerb::open: links_.open(action.link, action.server); break;
      case cluster::LinkVerb::send: links_.send(action.link, server, messages_.put(std::move(action.message))); break;
      case cluster::LinkVerb::close: links_.close(action.link, server); break;
    }
  }
  actions_.clear();
}

void WatchedNodes::settle(std::uint32_t node) {
  on_turn_over(server_index(node));
  parts_.ports[node]->settle();
}

bool WatchedNodes::reaches(std::uint32_t from, std::uint32_t to) const {
  return runs(to) && !links_.cut(server_index(from), server_index(to)) &&
         !links_.cut(server_index(to), server_index(from));
}

std::uint64_t WatchedNodes::offset(std::uint32_t node) const { return nodes_[node]->replication().offset(); }

bool WatchedNodes::follows(std::uint32_t node, std::uint32_t primary) const {
  const cluster::Replication& replication = nodes_[node]->replication();
  return replication.is_replica() && replication.primary() == server_index(primary);
}

void WatchedNodes::promote(std::uint32_t node, std::uint64_t epoch) {
  nodes_[node]->lead(parts_.scheduler.now());
  if (ClusterObserver* observer = parts_.reporters[node]->observer()) {
    observer->on_ownership(parts_.scheduler.now(), node, every_slot, ClusterObserver::Belief::owns, epoch);
  }
  settle(node);
}

void WatchedNodes::demote(std::uint32_t node, std::uint32_t primary) {
  nodes_[node]->follow(parts_.scheduler.now(), server_index(primary));
  settle(node);
}

void WatchedNodes::announce(std::uint32_t sentinel, const std::string& message) {
  parts_.ports[sentinel]->server().deliver_published("+switch-master", message, redis::PublishKind::everywhere,
                                                     parts_.scheduler.now());
  parts_.ports[sentinel]->settle();
}

void WatchedNodes::confirmed(std::uint32_t node, ClusterObserver::Confirmation confirmation) {
  if (ClusterObserver* observer = parts_.reporters[node]->observer()) {
    observer->on_confirmed(parts_.scheduler.now(), node, confirmation);
  }
}

void WatchedNodes::crash(std::uint32_t server) {
  ++processes_[server];
  tick_waits_[server] = false;
  links_.crash(server_index(server));
}

void WatchedNodes::start_again(std::uint32_t server, bool as_another) {
  if (server < nodes_.size()) {
    nodes_[server]->restart(parts_.scheduler.now());
    settle(server);
  } else if (as_another) {
    sentinels_.become_another(server);
  }
  sentinels_.woke(parts_.scheduler.now(), server);
  post_tick(server);
}

void WatchedNodes::thaw(std::uint32_t server) {
  links_.thaw(server_index(server));
  sentinels_.woke(parts_.scheduler.now(), server);
  if (tick_waits_[server]) {
    tick_waits_[server] = false;
    parts_.scheduler.post(parts_.scheduler.now(), EventKind::cluster_tick, server, processes_[server]);
  }
}

void WatchedNodes::calm_down() {
  links_.calm_down();
  sentinels_.calm_down();
}

std::string WatchedNodes::disagreement() const {
  if (!sentinels_.agree()) {
    return "a sentinel does not know of the last failover";
  }
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
    const bool is_primary = node == primary();
    const cluster::Replication& replication = nodes_[node]->replication();
    if (is_primary ? replication.is_replica()
                   : !follows(node, primary()) || replication.state() != cluster::ReplicaState::streaming) {
      return fmt::format("node {} does not do what the sentinels say", node);
    }
  }
  return {};
}

}  // namespace trackside::sim
