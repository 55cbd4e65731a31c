// The nodes of a world's cluster, and what passes between them.
//
// Carries the messages of their cluster processes and of replication over links, runs their crons, and carries keys for
// MIGRATE. After whatever a node does, what it wants said leaves and what it was asked to have done is done. Costs
// depend on no number of nodes; only faults and the promotion of a replica look at others. Neighbours: cluster_node.hpp
// (one of them), network/server_links.hpp (the links), administrator.hpp (who gives orders).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "sim/cluster_node.hpp"
#include "sim/network/message_pool.hpp"
#include "sim/network/server_links.hpp"

namespace trackside::sim {

class ClusterNodes final : private LinkReceiver, private cluster::Directory, private ServerTurns {
 public:
  struct Parts {
    Scheduler& scheduler;
    Decider& decider;
    Effects& effects;
    std::span<const std::unique_ptr<ServerPort>> ports;
    std::span<const std::unique_ptr<NodeReporter>> reporters;
    std::span<const Address> addresses;
  };
  /// The ports' servers are in cluster mode.
  ClusterNodes(Parts parts, const ClusterSetup& setup);
  ClusterNodes(const ClusterNodes&) = delete;
  ClusterNodes& operator=(const ClusterNodes&) = delete;

  ClusterNode& node(std::uint32_t index) { return *nodes_[index]; }
  const ClusterNode& node(std::uint32_t index) const { return *nodes_[index]; }
  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(nodes_.size()); }
  ServerPort& port(std::uint32_t index) { return *parts_.ports[index]; }
  /// How often the node's process has died.
  std::uint64_t process(std::uint32_t index) const { return processes_[index]; }
  const cluster::Directory& directory() const noexcept { return *this; }
  ServerLinks& links() noexcept { return links_; }

  /// To be called after the node or its server was changed from outside.
  void settle(std::uint32_t node);

  // Faults; the server's process itself is its port's business.
  void crash(std::uint32_t node);
  void start_again(std::uint32_t node);
  void thaw(std::uint32_t node);

  /// What keeps the nodes that know others from agreeing that the cluster is up, with one primary for each slot and no
  /// slot open; empty if nothing does.
  std::string disagreement() const;

 private:
  /// MIGRATE: keys on their way to another node, or the answer on its way back.
  struct Transfer {
    redis::Migration keys{};
    ServerIndex target = cluster::no_server;
    Instant given_up_at = 0;
    std::vector<std::string> errors{};
    bool answered = false;
    std::uint64_t step = 0;  // tells old events
    bool under_way = false;
  };

  // LinkReceiver
  Instant ready_at(ServerIndex at) const override;
  bool listening(ServerIndex at) const override;
  void on_open(ServerIndex at, LinkId link) override;
  void on_message(ServerIndex at, LinkId link, MessageSlot message) override;
  void on_closed(ServerIndex at, LinkId link) override;
  void on_lost(LinkId link, MessageSlot message) override;

  // Directory
  std::string_view host(ServerIndex server) const override { return addresses_[static_cast<std::size_t>(server)].host; }
  std::uint16_t port(ServerIndex server) const override { return addresses_[static_cast<std::size_t>(server)].port; }

  void on_turn_over(ServerIndex server) override;
  void on_tick(const Event& event);
  void on_key_transfer(const Event& event);

  template <class Message>
  void carry(ServerIndex self, cluster::Outbox<Message>& outbox, MessagePool<Message>& pool);
  void carry_all(ClusterNode& node);
  void start_transfer(std::uint32_t source, redis::Migration keys);
  void continue_transfer(std::uint32_t source, Instant delay);
  void finish_transfer(std::uint32_t source, std::string_view failure);
  Instant transfer_latency(ServerIndex from, ServerIndex to);
  void note_promotion(ClusterNode& node);
  void post_tick(std::uint32_t node, Instant at);

  Parts parts_;
  std::vector<Address> addresses_;
  ServerLinks links_;
  MessagePool<cluster::BusMessage> bus_messages_;
  MessagePool<cluster::ReplicationMessage> replication_messages_;
  std::vector<cluster::LinkAction<cluster::BusMessage>> bus_actions_;                  // scratch
  std::vector<cluster::LinkAction<cluster::ReplicationMessage>> replication_actions_;  // scratch
  std::vector<std::unique_ptr<ClusterNode>> nodes_;
  std::vector<Transfer> transfers_;       // by source
  std::vector<std::uint64_t> processes_;  // by node: how many it has had
  std::vector<bool> tick_waits_;          // by node: it is due, and the process is stopped
};

}  // namespace trackside::sim
