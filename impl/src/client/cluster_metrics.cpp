// A cluster's figures: the sum of its nodes' figures, and what they have in common once.
#include <algorithm>

#include "client/cluster_core.hpp"

namespace trackside {
namespace {

using client::add_to;

void add_to(FillCounts& sum, const FillCounts& more) {
  sum.kept += more.kept;
  sum.revoked += more.revoked;
  sum.unhealthy += more.unhealthy;
  sum.bounds += more.bounds;
  sum.nil += more.nil;
  sum.abandoned += more.abandoned;
  sum.unopened += more.unopened;
}

void add_to(Metrics& sum, const Metrics& more) {
  sum.exchanges_outstanding += more.exchanges_outstanding;
  sum.fills_open += more.fills_open;
  add_to(sum.fills, more.fills);
  sum.mget.cached += more.mget.cached;
  sum.mget.mixed += more.mget.mixed;
  sum.mget.repeated += more.mget.repeated;
  sum.hits_checked += more.hits_checked;
  sum.commands_submitted += more.commands_submitted;
  sum.readers_joined += more.readers_joined;
  add_to(sum.commands_failed, more.commands_failed);
  sum.links_established += more.links_established;
  add_to(sum.links_lost, more.links_lost);
  sum.connections_registered += more.connections_registered;
  sum.bypasses_begun += more.bypasses_begun;
  sum.barriers_passed += more.barriers_passed;
  sum.flushes += more.flushes;
  sum.invalidation_messages += more.invalidation_messages;
  if (more.lease_age) {
    sum.lease_age = std::max(sum.lease_age.value_or(Duration::zero()), *more.lease_age);  // of the worst link
  }
}

}  // namespace

Metrics ClusterCore::metrics() const {
  Metrics sum;
  for (const auto& each : nodes_) {
    if (const Node* const found = each.load(std::memory_order_acquire)) {
      add_to(sum, found->core->metrics());
    }
  }
  {
    const std::lock_guard guard{left_mutex_};
    for (const auto& each : left_nodes_) {
      add_to(sum, each->core->metrics());
    }
  }
  // What its nodes were asked besides, and what failed at one of them and was answered by another, is nobody's command.
  sum.commands_submitted = submitted_.value();
  sum.commands_failed = failed_.counts(Errc::no_data_connection);
  sum.exchanges_outstanding -= std::min(sum.exchanges_outstanding, questions_.value());  // likewise
  sum.healthy = healthy();
  sum.commands_in_flight = callers_.size();
  if (cache_ != nullptr) {
    sum.cache = cache_->stats()->summary();
    sum.usage = cache_->usage();
    sum.confidence = cache_->confidence();
  }
  return sum;
}

}  // namespace trackside
