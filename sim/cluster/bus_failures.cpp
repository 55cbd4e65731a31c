// Who has failed, and whether this node's cluster is up.
//
// One node's suspicion becomes a failure when a majority of the primaries that own slots shares it at about the same
// time. Sources: markNodeAsFailingIfNeeded, clearNodeFailureIfNeeded, clusterUpdateState.
#include <algorithm>

#include "seam/mark.hpp"
#include "sim/cluster/bus_node.hpp"

namespace trackside::sim::cluster {
namespace {

constexpr Instant delay_after_start = 2 * second;

/// How long a primary that saw no majority waits once it sees one: others may be about to tell it that it was replaced.
constexpr Instant delay_after_minority(Instant node_timeout) {
  return std::clamp(node_timeout, 500 * millisecond, 5 * second);
}

}  // namespace

void BusNode::report_failure(Instant now, NodeIndex subject, NodeIndex reporter) {
  for (FailureReport& report : peers_[subject].reports) {
    if (report.reporter == reporter) {
      report.at = now;
      return;
    }
  }
  peers_[subject].reports.push_back({reporter, now});
}

void BusNode::withdraw_report(Instant now, NodeIndex subject, NodeIndex reporter) {
  Peer& peer = peers_[subject];
  if (!peer.reports.empty()) {
    std::erase_if(peer.reports, [reporter](const FailureReport& report) { return report.reporter == reporter; });
    forget_old_reports(now, peer);
  }
}

void BusNode::forget_old_reports(Instant now, Peer& peer) {
  std::erase_if(peer.reports,
                [this, now](const FailureReport& report) { return now - report.at > 2 * options_.node_timeout; });
}

void BusNode::mark_failed_if_agreed(Instant now, NodeIndex index) {
  if (!node(index).suspected || node(index).failed) {
    return;
  }
  forget_old_reports(now, peers_[index]);
  const std::size_t own = myself().is_primary() ? 1 : 0;
  if (peers_[index].reports.size() + own >= quorum()) {
    mark_failed(now, index);
  }
}

void BusNode::mark_failed(Instant now, NodeIndex index) {
  node(index).suspected = false;
  node(index).failed = true;
  peers_[index].failed_since = now;
  state_in_doubt_ = true;
  view_is_news_ = true;
  // A replica, too, helps to spread what the primaries agree on.
  BusMessage message = header(BusMessageKind::fail);
  message.subject = peers_[index].id;
  broadcast(message);
}

/// It answers again. A primary whose slots nobody took over is trusted only after a while: an election may be under
/// way.
void BusNode::clear_failure_if_over(Instant now, NodeIndex index) {
  const bool owns_slots = node(index).is_primary() && view_.owner.count(index) > 0;
  TRACKSIDE_MARK(failed_node_came_back);
  if (!owns_slots || now - peers_[index].failed_since > 2 * options_.node_timeout) {
    node(index).failed = false;
    state_in_doubt_ = true;
    view_is_news_ = true;
  }
}

void BusNode::update_state(Instant now) {
  if (!first_judged_) {
    first_judged_ = now;
  }
  const bool up = cluster_should_be_up(now);
  TRACKSIDE_MARK_IF(node_waits_before_it_serves_again, up && !view_.ok && must_wait_before_up(now));
  if (up != view_.ok && !(up && must_wait_before_up(now))) {
    view_.ok = up;
    view_is_news_ = true;
  }
}

/// Counts the voters on the way.
bool BusNode::cluster_should_be_up(Instant now) {
  std::uint32_t reachable = 0;
  bool failed_owner = false;
  voters_ = 0;
  for (NodeIndex index = 0; index < peers_.size(); ++index) {
    if (present(index) && node(index).is_primary() && view_.owner.count(index) > 0) {
      ++voters_;
      reachable += node(index).suspected || node(index).failed ? 0 : 1;
      failed_owner = failed_owner || node(index).failed;
    }
  }
  bool up = !view_.require_full_coverage || (view_.owner.unowned() == 0 && !failed_owner);
  if (reachable < quorum()) {
    TRACKSIDE_MARK(node_sees_no_majority);
    up = false;
    in_minority_at_ = now;
  }
  return up;
}

/// Only a primary waits: others tell it meanwhile who owns what.
bool BusNode::must_wait_before_up(Instant now) const {
  if (!myself().is_primary()) {
    return false;
  }
  const bool just_started = now - *first_judged_ < delay_after_start;
  const bool just_rejoined = in_minority_at_ && now - *in_minority_at_ < delay_after_minority(options_.node_timeout);
  return just_started || just_rejoined;
}

}  // namespace trackside::sim::cluster
