// The life of the client's connections: which there are, what their loss means; and everything the clock does.
#include "seam/assertion.hpp"

#include <algorithm>
#include <utility>

#include "client/blocking_call.hpp"
#include "client/node_core.hpp"
#include "client/sane_options.hpp"
#include "client/server_name.hpp"
#include "resp/slot.hpp"
#include "seam/mark.hpp"

namespace trackside {

using client::nobody;

namespace {

error_code judge_node(const ClientOptions& options, const AbstractCache* cache) {
  if (cache == nullptr) {
    return {};
  }
  // A RESP2 subscriber can ask neither for the time nor for foreign connections: somebody else must.
  const bool nobody_asks = options.protocol == Protocol::resp2 && options.data_connections == 0;
  return nobody_asks ? make_error_code(Errc::tracking_invalid) : link::judge(cache->tracking(), options.protocol);
}

/// Refusals that another attempt will most likely meet again: who waits is told at once.
bool is_refusal(error_code error) {
  return error == Errc::not_redis || error == Errc::resp3_unsupported || error == Errc::authentication_failed ||
         error == Errc::tracking_refused || error == Errc::handshake_refused || error == Errc::wrong_role ||
         error == Errc::cluster_unsupported || error == Errc::sentinel_unsupported || error == Errc::protocol_error;
}

/// The cache is this client's from now on, or a share of it if it is another's already.
std::shared_ptr<AbstractCache> claim(std::shared_ptr<AbstractCache> cache, const Clock& clock,
                                     const ClientOptions& options, bool is_part) {
  if (cache == nullptr || is_part || judge_node(options, cache.get())) {
    return cache;
  }
  std::shared_ptr<AbstractCache> share = cache->initialize(clock, {.server = client::server_name(options.endpoint),
                                                                   .database = options.database,
                                                                   .user = options.username,
                                                                   .protocol = options.protocol,
                                                                   .topology = options.topology});
  return share != nullptr ? share : cache;
}

}  // namespace

NodeCore::NodeCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache, Membership membership)
    : runtime_(runtime),
      options_(client::sane(std::move(options))),
      cache_(claim(std::move(cache), runtime.clock(), options_, membership.in_cluster)),
      membership_(membership),
      unusable_(judge_node(options_, cache_.get())),
      caller_alarm_(runtime, {&run_expiry, this, 0}),
      failures_(runtime, callers_, {&run_failures, this, 0}),
      link_news_(runtime, membership.link_changed),
      slot_news_(runtime, membership.slot_lost),
      no_link_news_(runtime, membership.not_linked),
      sampling_(runtime.entropy()),
      guards_asked_(membership.in_cluster ? resp::slot_count : 0) {
  static const TrackingOptions none;
  add_channels(cache_ == nullptr ? none : cache_->tracking());
}

void NodeCore::add_channels(const TrackingOptions& tracking) {
  const Duration max_idle = client::max_idle_of(cache_.get());
  const Channel::Parts parts{runtime_, options_, *this};
  const auto channel = [&](link::Role role) {
    return std::make_unique<Channel>(parts, link::LinkTraits{.role = role,
                                                             .tracking = tracking,
                                                             .in_cluster = membership_.in_cluster,
                                                             .strict = membership_.not_linked.function != nullptr,
                                                             .max_idle = max_idle});
  };
  if (cache_ == nullptr || tracking.delivery == Delivery::in_band) {
    data_.push_back(channel(cache_ == nullptr ? link::Role::plain : link::Role::tracking));
    return;
  }
  invalidations_ = channel(link::Role::invalidations);
  for (std::uint32_t index = 0; index < options_.data_connections; ++index) {
    data_.push_back(channel(link::Role::data));
  }
}

NodeCore::~NodeCore() {
  drain_failures();
  TRACKSIDE_ASSERT(failures_.empty());  // a completion that submits again whenever it is told shut_down has no end
}

void NodeCore::drain_failures() {
  failures_.drain([this](std::uint32_t caller, error_code error) { complete(caller, {.error = error}); });
}

void NodeCore::start() {
  TRACKSIDE_ASSERT(state_ == State::stopped && !final_);
  state_ = State::running;
  if (unusable_) {
    return;
  }
  if (invalidations_ != nullptr) {
    invalidations_->connect();
  }
  for (const auto& channel : data_) {
    channel->connect();
  }
}

void NodeCore::rest() {
  if (final_ || state_ == State::stopped) {
    return;
  }
  state_ = State::stopped;
  for (const auto& channel : data_) {
    channel->stop(make_error_code(Errc::shut_down));
  }
}

void NodeCore::lead_to(const Endpoint& endpoint) {
  options_.endpoint = endpoint;
  if (unusable_) {
    return;  // there is no link, and there shall be none
  }
  const error_code reason = make_error_code(Errc::connection_lost);
  if (state_ == State::running && invalidations_ != nullptr) {
    invalidations_->restart(reason);
  }
  for (const auto& channel : data_) {
    if (state_ == State::running) {
      channel->restart(reason);
    }
  }
  if (cache_ != nullptr && !final_) {
    cache_->server_changed(client::server_name(endpoint));
  }
  if (state_ == State::stopped && !final_) {
    start();
  }
}

void NodeCore::stop() {
  if (final_) {
    return;
  }
  retire(make_error_code(Errc::shut_down));
  if (cache_ != nullptr) {
    cache_->shutdown();
  }
  drain_failures();
}

std::shared_ptr<AbstractCache> NodeCore::give_back_cache() {
  if (cache_ != nullptr) {
    cache_->release();
  }
  return cache_;
}

void NodeCore::retire(error_code reason) {
  final_ = true;
  state_ = State::stopped;
  if (invalidations_ != nullptr) {
    invalidations_->stop(reason);
  }
  for (const auto& channel : data_) {
    channel->stop(reason);
  }
  fail_waiting(reason);
  while (!blocking_.empty()) {
    blocking_.back()->end(reason);
  }
  caller_alarm_.clear();
  link_news_.clear();
  slot_news_.clear();
  no_link_news_.clear();
}

bool NodeCore::healthy() const {
  return (link_up_.load(std::memory_order_acquire) || data_.empty()) && (cache_ == nullptr || cache_->healthy());
}

error_code NodeCore::link_error() const {
  if (unusable_) {
    return unusable_;
  }
  for (const auto& channel : data_) {
    if (channel->error()) {
      return channel->error();
    }
  }
  return invalidations_ == nullptr ? error_code{} : invalidations_->error();
}

bool NodeCore::any_data_up() const {
  return std::any_of(data_.begin(), data_.end(), [](const auto& channel) { return channel->is_up(); });
}

/// A connection is of no use any more: the cache forgets what it vouched for, everything sent by it ends.
void NodeCore::on_lost(Channel& channel, error_code reason) {
  const bool had_vouched = std::exchange(channel.has_vouched, false);
  tally_.lost.count(reason);
  TRACKSIDE_MARK_IF(link_was_silent, reason == Errc::idle_breach);
  TRACKSIDE_MARK_IF(handshake_took_too_long, reason == Errc::connect_timeout);
  if (&channel == &vouching()) {
    tally_.anchor.store(client::Tally::no_anchor, std::memory_order_relaxed);
    if (cache_ != nullptr) {
      cache_->link_down();  // before anybody can see that the link is not healthy
    }
    for (; !barriers_.empty(); barriers_.pop_back()) {
      TRACKSIDE_MARK(barrier_lost_with_its_link);
      cache_->end_bypass();
    }
  } else if (cache_ != nullptr) {
    cache_->data_down(identity_of(channel), runtime_.now());
    if (had_vouched && vouches_together() && invalidations_->is_up()) {
      TRACKSIDE_MARK(broadcast_lost_its_second_voucher);
      cache_->link_up(invalidations_->client_id());  // anew, and without what it vouched for before
    }
  }
  if (membership_.not_linked.function != nullptr && !was_linked() && !final_) {
    no_link_news_.set(runtime_.now());
  }
  if (&channel != invalidations_.get()) {
    on_data_lost(channel, reason);
  }
}

void NodeCore::on_data_lost(Channel& channel, error_code reason) {
  link_up_.store(any_data_up(), std::memory_order_release);
  guards_asked_.assign(guards_asked_.size(), false);
  if (std::exchange(is_read_only_, false)) {
    data_.front()->expect_duty(link::Probe::Duty::primary);
  }
  unguarded_.clear();
  tell_link_changed();
  fail_sent(channel, reason);
  if (is_refusal(reason) && !any_data_up()) {
    TRACKSIDE_MARK_IF(waiting_failed_by_refusal, !waiting_.empty());
    fail_waiting(reason);
  }
  if (reason != Errc::connect_failed && reason != Errc::connect_timeout) {
    end_blocking(reason == Errc::shut_down ? reason : make_error_code(Errc::connection_lost));
  }
}

/// A call that blocks without end has no other sign that its server is gone. Whoever is told may start another call,
/// which comes last and is spared, or stop the client, which ends them all.
void NodeCore::end_blocking(error_code reason) {
  for (std::size_t left = blocking_.size(); left > 0 && !blocking_.empty(); --left) {
    blocking_.front()->end(reason);
  }
}

void NodeCore::fail_waiting(error_code reason) {
  std::deque<std::uint32_t> waiting;
  waiting.swap(waiting_);
  for (const std::uint32_t index : waiting) {
    finish(index, {.error = reason});
  }
}

void NodeCore::fail_sent(const Channel& channel, error_code reason) {
  const auto is_its = [&](const Exchange& exchange) {
    return exchange.state == Exchange::State::sent && data_[exchange.channel].get() == &channel;
  };
  std::vector<std::uint32_t> sent;
  for (std::uint32_t index = 0; index < exchanges_.slot_count(); ++index) {
    if (is_its(exchanges_[index])) {
      sent.push_back(index);
    }
  }
  for (const std::uint32_t index : sent) {
    if (is_its(exchanges_[index])) {  // a completion before it may have stopped the client
      TRACKSIDE_MARK_IF(write_lost_under_way, exchanges_[index].kind == Exchange::Kind::write);
      TRACKSIDE_MARK_IF(fetch_lost_under_way, exchanges_[index].kind == Exchange::Kind::fetch);
      finish(index, {.error = reason});
    }
  }
}

/// Why there is no link, for a command that was never sent: nothing that speaks of effects it may have had.
error_code NodeCore::reason_not_sent() const {
  const error_code error = data_.empty() ? error_code{} : data_.front()->error();
  const bool lost = !error || error == Errc::connection_lost || error == Errc::idle_breach;
  return lost ? make_error_code(Errc::connect_timeout) : error;
}

void NodeCore::expire_callers() {
  const Time now = runtime_.now();
  while (callers_.first_due() != nobody && callers_[callers_.first_due()].deadline <= now) {
    const std::uint32_t caller = callers_.first_due();
    const std::uint32_t exchange = callers_[caller].exchange;
    const bool waited_for_link = exchange != nobody && exchanges_[exchange].state == Exchange::State::queued;
    TRACKSIDE_MARK_IF(timed_out_without_link, waited_for_link);
    TRACKSIDE_MARK_IF(timed_out_under_way, !waited_for_link);
    detach(caller);
    const error_code why = waited_for_link ? reason_not_sent() : make_error_code(Errc::command_timeout);
    complete(caller, {.error = why});
  }
  if (callers_.first_due() != nobody) {
    caller_alarm_.set(callers_[callers_.first_due()].deadline);
  }
}

void NodeCore::blocking_ended(client::BlockingCall& call, std::uint32_t caller, const Outcome& outcome) {
  for (auto at = blocking_.begin(); at != blocking_.end(); ++at) {
    if (at->get() == &call) {
      ended_blocking_.push_back(std::move(*at));
      blocking_.erase(at);
      break;
    }
  }
  failures_.wake();
  complete(caller, outcome);
}

void NodeCore::run_expiry(void* self, std::uint64_t) { static_cast<NodeCore*>(self)->expire_callers(); }
/// In a later turn.
void NodeCore::tell_link_changed() {
  if (membership_.link_changed.function != nullptr && !final_) {
    link_news_.set(runtime_.now());
  }
}

void NodeCore::run_failures(void* self, std::uint64_t) {
  auto& impl = *static_cast<NodeCore*>(self);
  impl.ended_blocking_.clear();  // here and not in `stop`, which may be called from inside one of them
  impl.failures_.deliver([&](std::uint32_t caller, error_code error) { impl.complete(caller, {.error = error}); });
}

}  // namespace trackside
