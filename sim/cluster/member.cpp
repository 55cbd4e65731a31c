#include "sim/cluster/member.hpp"

namespace trackside::sim::cluster {

Member::Member(const MemberOptions& options, ClusterView& view, const Directory& directory, MemberServer& server,
               BusDecisions& decisions)
    : view_(view),
      server_(server),
      replication_(server_of(options.bus.self), options.replication, server),
      bus_(options.bus, view, directory, *this, decisions) {}

void Member::tick(Instant now) {
  constexpr std::uint64_t ratio = Replication::tick_period / BusNode::tick_period;
  bus_.tick(now);
  if (++ticks_ % ratio == 0) {
    replication_.tick(now);
  }
  show_offset();
}

void Member::restart(Instant now) {
  replication_.restart(now);
  bus_.restart(now);
  show_offset();
}

void Member::on_message(Instant now, LinkId link, const BusMessage& message) {
  bus_.on_message(now, link, message);
  show_offset();
}

void Member::on_message(Instant now, LinkId link, const ReplicationMessage& message) {
  replication_.on_message(now, link, message);
  show_offset();
  bus_.offset_advanced(now);
}

void Member::on_open(Instant now, LinkId link) {
  switch (link.purpose) {
    case LinkPurpose::bus: bus_.on_open(now, link); break;
    case LinkPurpose::replication: replication_.on_open(now, link); break;
  }
}

void Member::on_closed(Instant now, LinkId link) {
  switch (link.purpose) {
    case LinkPurpose::bus: bus_.on_closed(now, link); break;
    case LinkPurpose::replication: replication_.on_closed(now, link); break;
  }
}

void Member::feed(std::span<const ReplicatedChange> changes, std::uint64_t bytes) {
  replication_.feed(changes, bytes);
  show_offset();
}

void Member::follow(Instant now, ServerIndex primary) {
  if (!replication_.is_replica()) {
    server_.become_replica(now);
  }
  replication_.follow(now, primary);
}

void Member::lead(Instant now) {
  replication_.lead(now);
  server_.become_primary(now);
}

void Member::pause_writers(Instant now, Instant until) {
  replication_.set_quiet(true);
  server_.pause_writers(now, until);
}

void Member::resume_writers(Instant now) {
  replication_.set_quiet(false);
  server_.resume_writers(now);
}

}  // namespace trackside::sim::cluster
