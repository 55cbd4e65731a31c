// One server's whole part in a cluster: its cluster process and its replication, joined with its keys and clients.
//
// The two know nothing of each other: here the bus's decisions become replication's ("follow that server", "lead"), and
// replication's offsets the bus's facts. Whoever carries messages calls a member and empties both outboxes after each
// call. A server outside of a cluster has a `Replication` alone. Invariant: outside of calls, replication follows the
// server of the view's primary, or nobody if the view says that this node is one. Neighbours: bus_node.hpp,
// replication.hpp, sim/redis/server.hpp (what stands behind `MemberServer`).
#pragma once

#include <cstdint>
#include <span>

#include "sim/cluster/bus_host.hpp"
#include "sim/cluster/bus_node.hpp"
#include "sim/cluster/replication.hpp"

namespace trackside::sim::cluster {

/// The server's keys and clients, as far as the cluster acts on them. The verbs are those of `BusHost`, whose contract
/// they share; where they change what clients see, that is the server's business.
class MemberServer : public ReplicatedData {
 public:
  virtual bool holds_keys() const = 0;
  virtual bool holds_keys_in(Slot slot) const = 0;
  virtual void view_changed(Instant now) = 0;
  virtual void drop_keys_in(Instant now, std::span<const Slot> slots) = 0;
  virtual void flush(Instant now) = 0;
  /// Its role changed. Not called when a replica only changes its primary.
  virtual void become_replica(Instant now) = 0;
  virtual void become_primary(Instant now) = 0;
  virtual void pause_writers(Instant now, Instant until) = 0;
  virtual void resume_writers(Instant now) = 0;

 protected:
  ~MemberServer() = default;
};

struct MemberOptions {
  BusOptions bus{};
  ReplicationOptions replication{};
};

class Member final : private BusHost {
 public:
  static constexpr Instant tick_period = BusNode::tick_period;

  /// All but the options live as long as the member. Then `bus().settle_into` or `bus().start_alone`.
  Member(const MemberOptions& options, ClusterView& view, const Directory& directory, MemberServer& server,
         BusDecisions& decisions);

  /// Every 100 ms while the process runs.
  void tick(Instant now);
  /// The process died and starts again with its nodes.conf and without its keys.
  void restart(Instant now);

  void on_message(Instant now, LinkId link, const BusMessage& message);
  void on_message(Instant now, LinkId link, const ReplicationMessage& message);
  void on_open(Instant now, LinkId link);
  void on_closed(Instant now, LinkId link);
  /// A command or transaction here changed the data; `bytes` stand for it in the stream. Requires: the node is a
  /// primary.
  void feed(std::span<const ReplicatedChange> changes, std::uint64_t bytes);

  BusNode& bus() { return bus_; }
  const BusNode& bus() const { return bus_; }
  Replication& replication() { return replication_; }
  const Replication& replication() const { return replication_; }

 private:
  std::uint64_t replication_offset() const override { return replication_.offset(); }
  Instant data_age(Instant now) const override { return replication_.data_age(now); }
  bool holds_keys() const override { return server_.holds_keys(); }
  bool holds_keys_in(Slot slot) const override { return server_.holds_keys_in(slot); }
  void view_changed(Instant now) override { server_.view_changed(now); }
  void drop_keys_in(Instant now, std::span<const Slot> slots) override { server_.drop_keys_in(now, slots); }
  void follow(Instant now, ServerIndex primary) override;
  void lead(Instant now) override;
  void flush(Instant now) override { server_.flush(now); }
  void pause_writers(Instant now, Instant until) override;
  void resume_writers(Instant now) override;

  void show_offset() { view_.nodes[redis::itself].replication_offset = replication_.offset(); }

  ClusterView& view_;
  MemberServer& server_;
  Replication replication_;
  BusNode bus_;
  std::uint64_t ticks_ = 0;
};

}  // namespace trackside::sim::cluster
