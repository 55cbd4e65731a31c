// One node's cluster process: it watches the others, believes what it hears by the rules of config epochs, votes, and
// takes over from its primary. A state machine without network or clock.
//
// It is called with a message, with news of a link, or each 100 ms with a tick; what it wants said lies in its outbox
// afterwards, what it believes in the node's `ClusterView`, and what follows for its own server it has told `BusHost`.
// Invariants: `peers_` and the view's nodes have the same positions; epochs never go down. Cost: a message costs its
// gossip, a tick the number of nodes (as in the real server); nothing else loops over nodes but what is rare.
// Sources: the Redis Cluster specification; cluster.c of redis-server 7.0.15, whose function stands in the comment
// where the order of steps is observable.
// Neighbours: election.hpp (an election's timing), member.hpp (joins this with replication).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/cluster/bus_host.hpp"
#include "sim/cluster/bus_message.hpp"
#include "sim/cluster/election.hpp"
#include "sim/cluster/identity.hpp"
#include "sim/cluster/outbox.hpp"
#include "sim/cluster/slot_set.hpp"
#include "sim/instant.hpp"
#include "sim/redis/cluster_requests.hpp"
#include "sim/redis/cluster_view.hpp"

namespace trackside::sim::cluster {

using redis::ClusterView;
using redis::FailoverKind;
using redis::itself;
using redis::KnownNode;
using redis::no_node;
using redis::ResetKind;
using Announce = redis::ClusterRequests::Announce;
using redis::NodeIndex;

struct BusOptions {
  NodeId self = no_id;
  Instant node_timeout = 15 * second;      // cluster-node-timeout
  std::uint32_t validity_factor = 10;      // cluster-replica-validity-factor; 0: data of any age may take over
  Instant replication_ping = 10 * second;  // repl-ping-replica-period, part of that age
  bool follow_new_owner = true;            // cluster-allow-replica-migration: who loses its last slot follows it
  bool may_fail_over = true;               // not cluster-replica-no-failover
};

class BusNode {
 public:
  /// The period of the cluster's cron.
  static constexpr Instant tick_period = 100 * millisecond;

  /// The four live as long as the node. The view is set up by `settle_into` or `start_alone`.
  BusNode(BusOptions options, ClusterView& view, const Directory& directory, BusHost& host, BusDecisions& decisions);
  BusNode(const BusNode&) = delete;
  BusNode& operator=(const BusNode&) = delete;

  /// The view holds a cluster in which this node has lived for long: all are well and have just been heard of.
  void settle_into(Instant now);
  /// A node that knows only itself and owns nothing, as after the first start.
  void start_alone(Instant now);
  /// The process died and starts again with its nodes.conf: it still knows all nodes, slots, epochs and its last vote,
  /// has no links, and finds the cluster down until it has looked for two seconds. Required before any other call.
  void restart(Instant now);

  // What happens to it.
  void tick(Instant now);
  void on_message(Instant now, LinkId link, const BusMessage& message);
  /// A link that this node opened is up.
  void on_open(Instant now, LinkId link);
  /// A link is gone, or could not be opened. Links that others opened need not be told.
  void on_closed(Instant now, LinkId link);

  Outbox<BusMessage>& outbox() { return outbox_; }

  // What administrators ask of it. Each answers the error that Redis answers ("ERR ..."), or nothing if it is done.
  std::string_view meet(Instant now, ServerIndex server);
  std::string_view forget(Instant now, NodeId node);
  std::string_view replicate(Instant now, NodeId primary);
  std::string_view fail_over(Instant now, FailoverKind kind);
  std::string_view reset(Instant now, ResetKind kind);
  /// CLUSTER BUMPEPOCH, and what SETSLOT NODE does on the node that imported the slot: a config epoch above all known,
  /// without asking anybody. False if it has the greatest already.
  bool bump_config_epoch(Instant now);
  /// This replica has applied more of its primary's stream: a manual failover may have waited for that.
  void offset_advanced(Instant now);
  /// CLUSTER SETSLOT, ADDSLOTS, BUMPEPOCH or their like changed owners or epochs in the view. Required after each of
  /// them. `at_once`: the others hear of it now and not by the next ping.
  void slots_changed(Instant now, Announce announce = Announce::later);

  // For those who watch.
  NodeId id() const { return options_.self; }
  NodeIndex position_of(NodeId node) const;
  NodeId id_of(NodeIndex node) const { return peers_[node].id; }
  /// COUNT-FAILURE-REPORTS: valid reports by others.
  std::size_t failure_reports(Instant now, NodeIndex node);
  bool manual_failover_in_progress() const { return manual_.deadline != 0; }
  std::uint64_t last_vote_epoch() const { return last_vote_epoch_; }

 private:
  enum class LinkPhase : std::uint8_t { none, connecting, up };
  enum class Verdict : std::uint8_t { done, refused };

  struct FailureReport {
    NodeIndex reporter;
    Instant at;
  };

  /// What the process knows of a node beside what the view shows.
  struct Peer {
    NodeId id = no_id;
    LinkPhase phase = LinkPhase::none;
    bool no_address = false;  // somebody else lives where it was
    bool introduce = false;   // the first message on the link is MEET
    std::vector<FailureReport> reports;
    SlotClaim claim;            // the view's slots of this node; null: not computed
    Instant data_received = 0;  // anything at all, on whichever link
    LinkId link{};
    Instant link_since = 0;
    Instant known_since = 0;
    Instant failed_since = 0;
    Instant voted_at = 0;             // when a replica of this primary last got this node's vote; 0: never
    Instant banned_until = 0;         // CLUSTER FORGET keeps gossip from bringing it back
    std::vector<BusMessage> waiting;  // said while the link is being opened
  };

  struct Resident {
    NodeId id = no_id;
    NodeIndex index = no_node;
  };

  /// A failover that an administrator asked for, on either side of it. It is under way while `deadline` is not 0.
  struct ManualFailover {
    Instant deadline = 0;
    bool may_start = false;       // the replica has everything, or need not
    NodeIndex replica = no_node;  // on the primary: for whom it paused its writers
    bool offset_known = false;
    std::uint64_t primary_offset = 0;  // on the replica: of the paused primary
  };

  // bus_node.cpp
  KnownNode& node(NodeIndex index) { return view_.nodes[index]; }
  const KnownNode& node(NodeIndex index) const { return view_.nodes[index]; }
  KnownNode& myself() { return view_.nodes[itself]; }
  const KnownNode& myself() const { return view_.nodes[itself]; }
  bool present(NodeIndex index) const { return !view_.nodes[index].forgotten; }
  /// Who owns this node's slots: itself, or its primary.
  NodeIndex leader_of(NodeIndex index) const { return node(index).is_primary() ? index : node(index).primary; }
  NodeIndex add_node(Instant now, NodeId id);
  NodeIndex remembered(NodeId id) const;
  void name_node(NodeIndex index, NodeId id);
  void note_server(NodeIndex index);
  void remove_node(NodeIndex index);
  NodeIndex provisional(Instant now, ServerIndex server);
  void open_link(Instant now, NodeIndex index);
  void drop_link(NodeIndex index);
  NodeIndex behind(LinkId link) const;
  void adopt_view(Instant now);

  // bus_cron.cpp
  void tend_links(Instant now);
  void tend_link(Instant now, NodeIndex index);
  void ping_somebody(Instant now);
  void look_after(Instant now, NodeIndex index);
  /// What the real server does before it sleeps: after each message and tick.
  void settle(Instant now);

  // bus_receive.cpp
  void learn_epochs(Instant now, NodeIndex sender, const BusMessage& message);
  Verdict learn_name(NodeIndex met, NodeIndex sender, const BusMessage& message);
  void note_pong(Instant now, NodeIndex index);
  void learn_role(Instant now, NodeIndex sender, const BusMessage& message);
  void receive_heartbeat(Instant now, LinkId link, NodeIndex sender, const BusMessage& message);
  Verdict receive_on_own_link(Instant now, LinkId link, NodeIndex sender, const BusMessage& message);
  void receive_fail(Instant now, const BusMessage& message);
  void receive_update(Instant now, const BusMessage& message);

  // bus_send.cpp
  BusMessage header(BusMessageKind kind);
  void post(NodeIndex to, BusMessage message);
  void send_heartbeat(Instant now, NodeIndex to, BusMessageKind kind);
  void answer(LinkId link);
  void broadcast(const BusMessage& message);
  void broadcast_pong(Instant now);
  void pong_to_siblings(Instant now);
  std::uint64_t choose(BusChoice choice, std::uint64_t& ordinal, std::uint64_t bound);

  // bus_gossip.cpp
  void fill_gossip(BusMessage& message);
  bool worth_telling(NodeIndex index) const;
  void process_gossip(Instant now, NodeIndex sender, const BusMessage& message);
  void consider(Instant now, NodeIndex sender, NodeIndex subject, const GossipEntry& entry);
  void meet_by_hearsay(Instant now, const GossipEntry& entry);

  // bus_failures.cpp
  void report_failure(Instant now, NodeIndex subject, NodeIndex reporter);
  void withdraw_report(Instant now, NodeIndex subject, NodeIndex reporter);
  void forget_old_reports(Instant now, Peer& peer);
  void mark_failed_if_agreed(Instant now, NodeIndex index);
  void mark_failed(Instant now, NodeIndex index);
  void clear_failure_if_over(Instant now, NodeIndex index);
  void update_state(Instant now);
  bool cluster_should_be_up(Instant now);
  bool must_wait_before_up(Instant now) const;

  // bus_slots.cpp
  const SlotClaim& claim_of(NodeIndex index);
  void renew_claims();
  void set_owner(Slot slot, NodeIndex owner);
  void take_over_slots(Instant now, NodeIndex owner, std::uint64_t epoch, const SlotSet& slots);
  void learn_slots(Instant now, NodeIndex sender, const BusMessage& message);
  void warn_stale(NodeIndex sender, const BusMessage& message);
  bool is_unclaimed(Slot slot) const { return view_.owner[slot] == no_node || not_claimed_.contains(slot); }
  void note_unclaimed(NodeIndex owner, const SlotSet& claimed);
  void resolve_collision(NodeIndex sender, const BusMessage& message);
  void become_primary_in_view(NodeIndex index);
  void follow(Instant now, NodeIndex primary);

  // bus_election.cpp
  void consider_election(Instant now);
  bool may_be_elected(Instant now) const;
  std::uint32_t rank() const;
  void replace_primary(Instant now);
  void vote_if_due(Instant now, NodeIndex candidate, const BusMessage& message);
  std::uint32_t quorum() const { return voters_ / 2 + 1; }

  // bus_requests.cpp
  void start_pause(Instant now, NodeIndex replica);
  void advance_manual_failover(Instant now);
  void end_manual_failover(Instant now);

  BusOptions options_;
  ClusterView& view_;
  const Directory& directory_;
  BusHost& host_;
  BusDecisions& decisions_;
  Outbox<BusMessage> outbox_;

  std::vector<Peer> peers_;
  std::vector<Resident> by_server_;  // the latest node at each server; a shortcut for position_of
  std::uint32_t voters_ = 0;                 // primaries with slots
  std::uint32_t suspects_ = 0;               // nodes that are suspected, as the last tick counted them
  bool host_follows_ = false;                // the host knows whom it follows
  bool election_in_doubt_ = false;           // a vote came, or an election may begin at once
  bool state_in_doubt_ = true;               // something changed that decides whether the cluster is up
  bool view_is_news_ = false;                // the host has not been told of the latest view
  std::optional<Instant> first_judged_{};    // when this process first judged whether the cluster is up
  std::optional<Instant> in_minority_at_{};  // when it last saw less than a majority
  std::uint64_t last_vote_epoch_ = 0;
  Election election_;
  ManualFailover manual_;

  std::uint64_t ticks_ = 0;
  std::uint64_t gossip_choices_ = 0;
  std::uint64_t ping_choices_ = 0;
  std::uint64_t election_choices_ = 0;
  std::uint32_t gossip_next_ = 0;
  std::uint32_t ping_next_ = 0;
  std::uint16_t provisional_names_ = 0;
  std::vector<Slot> lost_slots_;  // scratch
  // Slots whose owner, who still is, did not claim them when it last claimed others: anybody's claim will do.
  std::map<Slot, NodeIndex> not_claimed_;
};

}  // namespace trackside::sim::cluster
