#include "client/detecting_core.hpp"

#include <utility>

#include "client/cluster_core.hpp"
#include "client/sane_options.hpp"
#include "client/sentinel_core.hpp"
#include "seam/assertion.hpp"
#include "seam/mark.hpp"

namespace trackside {

namespace {

/// Of operations that the relay has, among those of the core behind it.
constexpr std::uint64_t relayed = std::uint64_t{1} << 31;

OperationId as_relayed(OperationId id) { return OperationId{static_cast<std::uint64_t>(id) | relayed}; }

bool is_another_topology(error_code error) {
  return error == Errc::cluster_unsupported || error == Errc::sentinel_unsupported;
}

}  // namespace

DetectingCore::DetectingCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache)
    : Relay(runtime, options_),
      runtime_(runtime),
      options_(client::sane(std::move(options))),
      node_(runtime, options_, std::move(cache),
            {.not_linked = {[](void* self, std::uint64_t) { static_cast<DetectingCore*>(self)->on_not_linked(); }, this,
                            0}}),
      now_(&node_),
      next_endpoint_(
          runtime,
          {[](void* self, std::uint64_t) { static_cast<DetectingCore*>(self)->try_next_endpoint(); }, this, 0}) {}

DetectingCore::~DetectingCore() { stop(); }

void DetectingCore::start() { node_.start(); }

void DetectingCore::stop() {
  if (!begin_stop()) {
    return;
  }
  next_endpoint_.clear();
  now().stop();
  end_waiting();
}

OperationId DetectingCore::submit(Command command, Completion completion, const Reply* doubted, Time deadline) {
  return is_decided() ? now().submit(std::move(command), completion, doubted, deadline)
                      : as_relayed(Relay::submit(std::move(command), completion, doubted, deadline));
}

OperationId DetectingCore::submit_transaction(std::vector<Command> commands, Completion completion, Time deadline) {
  return is_decided() ? now().submit_transaction(std::move(commands), completion, deadline)
                      : as_relayed(Relay::submit_transaction(std::move(commands), completion, deadline));
}

void DetectingCore::cancel(OperationId operation) {
  const auto number = static_cast<std::uint64_t>(operation);
  if ((number & relayed) != 0) {
    Relay::cancel(OperationId{number & ~relayed});
  } else {
    now().cancel(operation);
  }
}

Metrics DetectingCore::metrics() const {
  Metrics metrics = now().metrics();
  add_commands(metrics);
  return metrics;
}

OperationId DetectingCore::hand(const Operation& operation, Completion completion) {
  return operation.is_transaction
             ? now().submit_transaction(operation.transaction, completion, operation.deadline)
             : now().submit(operation.command, completion, &operation.doubted, operation.deadline);
}

/// The refusal of the link that tells, not one of a core that knows better.
bool DetectingCore::waits_again(const Operation&, const Outcome& outcome) {
  return is_another_topology(outcome.error) && (other_ == nullptr || !is_another_topology(other_->link_error()));
}

error_code DetectingCore::reason_not_sent() const {
  const error_code error = link_error();
  const bool says_little = !error || error == Errc::connection_lost || error == Errc::idle_breach;
  return says_little ? make_error_code(Errc::connect_timeout) : error;
}

void DetectingCore::on_not_linked() {
  if (is_stopped() || is_decided()) {
    return;
  }
  const error_code error = node_.link_error();
  if (error == Errc::cluster_unsupported) {
    TRACKSIDE_MARK(cluster_found_behind_the_endpoint);
    become(Topology::cluster);
  } else if (error == Errc::sentinel_unsupported) {
    TRACKSIDE_MARK(sentinel_found_behind_the_endpoint);
    become(Topology::sentinel);
  } else if (error && !options_.more_endpoints.empty()) {
    next_endpoint_.set(runtime_.now() + options_.backoff.first);
  }
}

void DetectingCore::try_next_endpoint() {
  if (is_stopped() || is_decided() || !node_.link_error()) {
    return;
  }
  const std::size_t count = options_.more_endpoints.size() + 1;
  tried_ = (tried_ + 1) % count;
  node_.lead_to(tried_ == 0 ? options_.endpoint : options_.more_endpoints[tried_ - 1]);
}

/// The server that told comes first; it knows the others.
void DetectingCore::become(Topology topology) {
  TRACKSIDE_ASSERT(other_ == nullptr);
  ClientOptions options = options_;
  options.topology = topology;
  std::swap(options.endpoint, tried_ == 0 ? options.endpoint : options.more_endpoints[tried_ - 1]);
  node_.retire(make_error_code(topology == Topology::cluster ? Errc::cluster_unsupported : Errc::sentinel_unsupported));
  if (is_stopped()) {
    return;
  }
  std::shared_ptr<AbstractCache> cache = node_.give_back_cache();
  if (topology == Topology::cluster) {
    other_ = std::make_unique<ClusterCore>(runtime_, std::move(options), std::move(cache));
  } else {
    other_ = std::make_unique<SentinelCore>(runtime_, std::move(options), std::move(cache));
  }
  forget_handed();
  now_.store(other_.get(), std::memory_order_release);
  other_->start();
  hurry();
}

}  // namespace trackside
