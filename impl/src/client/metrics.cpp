// Makes values of the counters. Every figure is read once; nothing here stops the client.
#include "trackside/metrics.hpp"

#include <algorithm>

#include "client/node_core.hpp"

namespace trackside {

std::uint64_t count_of(const std::vector<ReasonCount>& counts, Errc reason) {
  const auto at =
      std::find_if(counts.begin(), counts.end(), [=](const ReasonCount& count) { return count.reason == reason; });
  return at == counts.end() ? 0 : at->count;
}

void client::add_to(std::vector<ReasonCount>& sum, const std::vector<ReasonCount>& more) {
  for (const ReasonCount& each : more) {
    const auto at = std::find_if(sum.begin(), sum.end(), [&](const auto& one) { return one.reason == each.reason; });
    if (at == sum.end()) {
      sum.push_back(each);
    } else {
      at->count += each.count;
    }
  }
}

void client::Tally::count(Fill fill, PutResult result) {
  if (fill != Fill::none) {
    --fills_open;
  }
  switch (result) {
    case PutResult::kept: ++kept; break;
    case PutResult::refused_revoked: ++(fill == Fill::none ? unopened : revoked); break;
    case PutResult::refused_unhealthy: ++unhealthy; break;
    case PutResult::refused_bounds: ++bounds; break;
    case PutResult::refused_nil: ++nil; break;
    case PutResult::refused_error: ++abandoned; break;  // the client puts none
  }
}

Metrics NodeCore::metrics() const {
  const client::Tally& tally = tally_;
  Metrics metrics{
      .healthy = healthy(),
      .commands_in_flight = callers_.size(),
      .exchanges_outstanding = exchanges_.size(),
      .fills_open = tally.fills_open.value(),
      .fills = {.kept = tally.kept.value(),
                .revoked = tally.revoked.value(),
                .unhealthy = tally.unhealthy.value(),
                .bounds = tally.bounds.value(),
                .nil = tally.nil.value(),
                .abandoned = tally.abandoned.value(),
                .unopened = tally.unopened.value()},
      .mget = {.cached = tally.mget_cached.load(std::memory_order_relaxed),
               .mixed = tally.mget_mixed.value(),
               .repeated = tally.mget_repeated.value()},
      .hits_checked = tally.hits_checked.value(),
      .commands_submitted = tally.submitted.value(),
      .readers_joined = tally.joined.value(),
      .commands_failed = tally.failed.counts(Errc::no_data_connection),
      .links_established = tally.links.value(),
      .links_lost = tally.lost.counts(Errc::identity_changed),
      .connections_registered = tally.registered.value(),
      .bypasses_begun = tally.bypasses.value(),
      .barriers_passed = tally.barriers.value(),
      .flushes = tally.flushes.value(),
      .invalidation_messages = tally.invalidation_messages.value(),
  };
  if (cache_ != nullptr) {
    metrics.cache = cache_->stats()->summary();
    metrics.usage = cache_->usage();
    metrics.confidence = cache_->confidence();
  }
  const std::int64_t anchor = tally.anchor.load(std::memory_order_relaxed);
  if (anchor != client::Tally::no_anchor) {
    metrics.lease_age = runtime_.now() - Time{Duration{anchor}};
  }
  return metrics;
}

}  // namespace trackside
