// One node of the world's cluster: its Redis server and its cluster process, joined.
//
// What the server is asked and cannot do alone it notes here (`ClusterRequests`), and it is done when the turn is over;
// what the cluster process decides is done to the server at once (`MemberServer`). Changes of keys go into the stream
// (`ReplicationFeed`) in the order of execution. Invariant: outside of a turn nothing is noted. Neighbours:
// cluster_nodes.hpp (all of them, and what passes between them), cluster/member.hpp, redis/server.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/cluster/member.hpp"
#include "sim/cluster_observer.hpp"
#include "sim/kernel/decider.hpp"
#include "sim/network/server_port.hpp"

namespace trackside::sim {

class ClusterNode final : private cluster::MemberServer,
                          private redis::ReplicationFeed,
                          private redis::ClusterRequests,
                          private cluster::BusDecisions {
 public:
  struct Parts {
    Decider& decider;
    Effects& effects;
    ServerPort& port;
    NodeReporter& reporter;
    const cluster::Directory& directory;
  };
  /// A member knows the whole cluster from the beginning, a spare only itself.
  ClusterNode(Parts parts, const ClusterSetup& setup, std::uint32_t node);
  ClusterNode(const ClusterNode&) = delete;
  ClusterNode& operator=(const ClusterNode&) = delete;

  cluster::Member& member() noexcept { return *member_; }
  redis::Server& server() const noexcept { return parts_.port.server(); }
  ServerPort& port() noexcept { return parts_.port; }
  const cluster::ClusterView& view() const { return *server().cluster(); }
  std::uint32_t index() const noexcept { return index_; }
  bool is_primary() const { return view().nodes[redis::itself].is_primary(); }
  /// Takes part in a cluster: knows others.
  bool knows_others() const;

  void tick(Instant now);
  /// The process died and has started again; its server, too.
  void restart(Instant now);
  /// After each turn of its server: does what that was asked to have done. Returns whether there was anything.
  bool do_wishes(Instant now);
  /// The keys that the server wants moved, once.
  std::optional<redis::Migration> take_migration() { return std::exchange(migration_, std::nullopt); }
  std::string import_key(const redis::MovingKey& key, redis::Server::IfPresent if_present, Instant now);
  void finish_migration(std::span<const std::string> errors, std::string_view failure, Instant now);

  /// Its writes up to `offset` survive in another node, which has taken its place; what is beyond is lost, and whatever
  /// it acknowledges from now on.
  void depose(std::uint64_t offset);
  /// After each turn of its own.
  void turn_over();
  /// How far its replicas are: somebody may WAIT for it.
  void refresh_facts(Instant now);
  /// Once after each promotion: the primary that it had before.
  std::optional<ServerIndex> take_promotion() { return std::exchange(promoted_over_, std::nullopt); }

 private:
  struct Wish {
    enum class Kind : std::uint8_t { slots, meet, forget, replicate, fail_over, reset };
    Kind kind;
    ServerIndex server = cluster::no_server;
    redis::NodeIndex node = redis::no_node;
    redis::FailoverKind failover{};
    redis::ResetKind reset{};
    Announce announce{};
  };

  // MemberServer
  cluster::SnapshotPointer snapshot() override;
  void load(Instant now, const cluster::Snapshot& snapshot) override;
  void apply(Instant now, std::span<const redis::ReplicatedChange> changes) override;
  bool holds_keys() const override;
  bool holds_keys_in(cluster::Slot slot) const override { return server().keys_in_slot(slot) > 0; }
  void view_changed(Instant now) override;
  void drop_keys_in(Instant now, std::span<const cluster::Slot> slots) override;
  void flush(Instant now) override;
  void become_replica(Instant now) override;
  void become_primary(Instant now) override;
  void pause_writers(Instant now, Instant until) override { server().pause_writes(until, now); }
  void resume_writers(Instant now) override { server().resume_writes(now); }

  // ReplicationFeed
  std::uint64_t append(std::span<const redis::ReplicatedChange> changes, std::uint64_t bytes) override;
  void bring_up_to_date(redis::ReplicationFacts& facts) const override;

  // ClusterRequests
  void view_changed(Announce announce) override {
    wishes_.push_back({.kind = Wish::Kind::slots, .announce = announce});
  }
  void meet(std::string_view host, std::uint16_t port) override;
  void forget(redis::NodeIndex node) override { wishes_.push_back({.kind = Wish::Kind::forget, .node = node}); }
  void replicate(redis::NodeIndex node) override { wishes_.push_back({.kind = Wish::Kind::replicate, .node = node}); }
  void fail_over(redis::FailoverKind kind) override {
    wishes_.push_back({.kind = Wish::Kind::fail_over, .failover = kind});
  }
  void reset(redis::ResetKind kind) override { wishes_.push_back({.kind = Wish::Kind::reset, .reset = kind}); }
  void migrate(const redis::Migration& migration) override { migration_ = migration; }

  std::uint64_t decide(cluster::BusChoice choice, std::uint64_t ordinal, std::uint64_t bound) override;

  void do_wish(const Wish& wish, Instant now);
  void tell_ownership(Instant now);
  void tell_openings(Instant now, ClusterObserver& observer);

  Parts parts_;
  std::uint32_t index_;
  std::uint32_t nodes_;
  std::unique_ptr<cluster::Member> member_;
  std::vector<Wish> wishes_;
  std::optional<redis::Migration> migration_;
  std::uint64_t ticks_ = 0;
  std::deque<std::uint64_t> recent_changes_;  // offsets behind them, of a primary
  bool deposed_ = false;                      // and does not know it yet
  ServerIndex last_primary_ = cluster::no_server;
  std::optional<ServerIndex> promoted_over_;
  std::array<bool, redis::slot_count> owned_{};  // as told last
  std::uint64_t told_epoch_ = 0;
  std::uint64_t told_changes_ = 0;  // of the slots' owners
  std::optional<bool> state_told_;
  std::map<cluster::Slot, ClusterObserver::Opening> openings_told_;
};

}  // namespace trackside::sim
