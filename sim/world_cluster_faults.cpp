// Faults between the nodes of a cluster. See world.hpp; what each kind means stands in scenario.hpp.
//
// Whom a fault cuts off is asked once, when it begins: it follows nobody who changes his role meanwhile.
#include <algorithm>

#include "sim/layout.hpp"
#include "sim/world.hpp"

namespace trackside::sim {
namespace {

bool cuts_nodes(FaultKind kind) {
  return kind == FaultKind::isolate_primary || kind == FaultKind::partition || kind == FaultKind::stale_topology;
}

/// The node's own number in the world, out of what it believes.
std::uint32_t primary_in(const redis::ClusterView& view, std::uint32_t node) {
  const redis::NodeIndex primary = view.nodes[redis::itself].primary;
  return primary == redis::no_node
             ? node
             : static_cast<std::uint32_t>(cluster::server_of(cluster::parse_digits(view.nodes[primary].id)));
}

ServerCut cut_of(const Fault& fault, const std::vector<bool>& inside) {
  ServerCut cut{.kind = fault.kind, .inside = inside};
  if (fault.kind == FaultKind::stale_topology) {
    cut.outgoing = false;
  } else if (fault.kind == FaultKind::partition) {
    cut.outgoing = fault.direction != CutDirection::incoming;
    cut.incoming = fault.direction != CutDirection::outgoing;
  }
  return cut;
}

}  // namespace

std::vector<bool> World::nodes_cut_off(const Fault& fault) {
  std::vector<bool> inside;
  if (!cuts_nodes(fault.kind)) {
    return inside;
  }
  inside.resize(ports_.size());
  for (const std::uint32_t node : fault.nodes) {
    inside[node] = true;
  }
  const std::uint32_t node = fault.node.value_or(0);
  if (fault.kind == FaultKind::stale_topology) {
    inside[node] = true;
  } else if (fault.kind == FaultKind::isolate_primary) {
    const std::uint32_t primary =
        watched_ != nullptr ? watched_->primary() : primary_in(cluster_->node(node).view(), node);
    inside[primary] = true;
    const bool with_replicas = fault.side == IsolatedSide::with_replicas && cluster_ != nullptr;
    for (std::uint32_t each = 0; with_replicas && each < nodes(); ++each) {
      inside[each] = inside[each] || primary_in(cluster_->node(each).view(), each) == primary;
    }
    effects_.note(ClusterEffect::isolation);
  }
  return inside;
}

void World::refresh_links() {
  std::vector<ServerCut> cuts;
  for (const ActiveFault& each : active_) {
    if (cuts_nodes(each.fault->kind)) {
      cuts.push_back(cut_of(*each.fault, each.inside));
    }
  }
  ServerLinks& links = watched_ != nullptr ? watched_->links() : cluster_->links();
  links.set_cuts(std::move(cuts));
  for (std::uint32_t node = 0; node < nodes(); ++node) {
    links.set_lag(server_index(node), static_cast<Instant>(sum_of(FaultKind::replica_lag, node)));
  }
}

void World::heal_cluster() {
  if (watched_ != nullptr) {
    watched_->calm_down();
    refresh_links();
    return;
  }
  cluster_->links().calm_down();
  refresh_links();
  administrator_->repair();
}

}  // namespace trackside::sim
