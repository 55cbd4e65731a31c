// A primary, its replicas, and the sentinels that watch them, in a world without a cluster.
//
// Carries the messages of replication over links between the servers and runs all crons; what the sentinels do among
// themselves is watching_sentinels.hpp's. Data nodes come first, the primary of the beginning before its replicas; then
// the sentinels, each a server of its own that answers SENTINEL and publishes +switch-master. A server that comes back
// from the dead is empty; a replica follows whom it followed, as its rewritten configuration says.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/cluster/replication.hpp"
#include "sim/cluster_observer.hpp"
#include "sim/network/message_pool.hpp"
#include "sim/network/server_links.hpp"
#include "sim/network/server_port.hpp"
#include "sim/watching_sentinels.hpp"

namespace trackside::sim {

class WatchedNodes final : private LinkReceiver, private ServerTurns, private WatchedServers {
 public:
  struct Parts {
    Scheduler& scheduler;
    Decider& decider;
    Effects& effects;
    std::span<const std::unique_ptr<ServerPort>> ports;
    std::span<const std::unique_ptr<NodeReporter>> reporters;
  };
  /// `views` are those of the sentinels' servers, in order, and are kept true from now on.
  WatchedNodes(Parts parts, const SentinelSetup& setup, std::span<redis::SentinelView> views,
               std::span<const Address> addresses);
  ~WatchedNodes();
  WatchedNodes(const WatchedNodes&) = delete;
  WatchedNodes& operator=(const WatchedNodes&) = delete;

  ServerLinks& links() noexcept { return links_; }
  /// The node that was promoted last.
  std::uint32_t primary() const noexcept { return sentinels_.primary(); }
  /// SENTINEL FAILOVER. False if there is nobody to ask, or no replica to promote.
  bool fail_over() { return sentinels_.fail_over(parts_.scheduler.now()); }

  // Faults; the server's process itself is its port's business.
  void crash(std::uint32_t server);
  /// A sentinel may be another one then.
  void start_again(std::uint32_t server, bool as_another);
  void thaw(std::uint32_t server);
  void calm_down();

  /// What keeps the sentinels from naming one primary that all others follow; empty if nothing does.
  std::string disagreement() const;

 private:
  class Node;

  // LinkReceiver
  Instant ready_at(ServerIndex at) const override;
  bool listening(ServerIndex at) const override;
  void on_open(ServerIndex at, LinkId link) override;
  void on_message(ServerIndex at, LinkId link, MessageSlot message) override;
  void on_closed(ServerIndex at, LinkId link) override;
  void on_lost(LinkId link, MessageSlot message) override;

  void on_turn_over(ServerIndex server) override;

  // WatchedServers
  bool reaches(std::uint32_t from, std::uint32_t to) const override;
  bool runs(std::uint32_t server) const override { return parts_.ports[server]->running(); }
  std::uint64_t offset(std::uint32_t node) const override;
  bool follows(std::uint32_t node, std::uint32_t primary) const override;
  void promote(std::uint32_t node, std::uint64_t epoch) override;
  void demote(std::uint32_t node, std::uint32_t primary) override;
  void announce(std::uint32_t sentinel, const std::string& message) override;
  void confirmed(std::uint32_t node, ClusterObserver::Confirmation confirmation) override;

  void on_tick(const Event& event);
  void post_tick(std::uint32_t server);
  void settle(std::uint32_t node);

  Parts parts_;
  ServerLinks links_;
  MessagePool<cluster::ReplicationMessage> messages_;
  std::vector<cluster::LinkAction<cluster::ReplicationMessage>> actions_;  // scratch
  std::vector<std::unique_ptr<Node>> nodes_;
  WatchingSentinels sentinels_;
  std::vector<std::uint64_t> processes_;  // by server: how many it has had
  std::vector<bool> tick_waits_;          // by server: it is due, and the process is stopped
};

}  // namespace trackside::sim
