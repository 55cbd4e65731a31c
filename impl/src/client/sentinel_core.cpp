#include "client/sentinel_core.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "client/sane_options.hpp"
#include "cluster/redirection.hpp"
#include "seam/assertion.hpp"
#include "seam/mark.hpp"

namespace trackside {

using client::SentinelChannel;
using cluster::Redirection;
using sentinel::SentinelEvent;

namespace {

/// How long a sentinel's announcement, or its last word, counts: others hear of a switch within a few seconds.
constexpr Duration memory_min = std::chrono::seconds{5};

bool is_not_sent(error_code error) {
  return error == Errc::connect_failed || error == Errc::connect_timeout || error == Errc::wrong_role ||
         error == Errc::handshake_refused;
}

bool is_lost(error_code error) {  // perhaps executed
  return error == Errc::connection_lost || error == Errc::idle_breach || error == Errc::identity_changed;
}

/// Whether nobody tells of it any more.
bool is_left(const SentinelChannel& channel, const std::vector<sentinel::Peer>& peers) {
  return channel.origin() == SentinelChannel::Origin::told &&
         std::none_of(peers.begin(), peers.end(),
                      [&](const auto& peer) { return peer.endpoint == channel.endpoint() || peer.id == channel.id(); });
}

/// The cache that NodeCore claims, under the service's name until it is known who that is.
ClientOptions of_node(ClientOptions options) {
  options.endpoint = Endpoint{.unix_path = "sentinel:" + options.service};
  return options;
}

}  // namespace

SentinelCore::SentinelCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache)
    : Relay(runtime, options_),
      runtime_(runtime),
      options_(client::sane(std::move(options))),
      node_(runtime, of_node(options_), std::move(cache),
            NodeCore::Membership{.link_changed = {&run_link_changed, this, 0}}),
      max_idle_(client::max_idle_of(node_.cache())),
      electorate_(0, std::max(max_idle_, memory_min)),
      tidy_alarm_(runtime, {[](void* self, std::uint64_t) { static_cast<SentinelCore*>(self)->tidy(); }, this, 0}) {}

SentinelCore::~SentinelCore() { stop(); }

void SentinelCore::start() {
  TRACKSIDE_ASSERT(sentinels_.empty() && !is_stopped());
  add_sentinel(options_.endpoint, SentinelChannel::Origin::configured);
  for (const Endpoint& each : options_.more_endpoints) {
    add_sentinel(each, SentinelChannel::Origin::configured);
  }
  count_configured();
}

void SentinelCore::stop() {
  if (!begin_stop()) {
    return;
  }
  for (const auto& each : sentinels_) {
    each->stop(make_error_code(Errc::shut_down));
  }
  tidy_alarm_.clear();
  node_.stop();
  end_waiting();
}

error_code SentinelCore::link_error() const {
  if (primary_) {
    return node_.link_error();
  }
  for (const auto& each : sentinels_) {
    if (each->error()) {
      return each->error();
    }
  }
  return make_error_code(Errc::primary_unknown);
}

/// Nothing that speaks of effects it may have had.
error_code SentinelCore::reason_not_sent() const {
  const error_code error = link_error();
  const bool says_little = !error || error == Errc::connection_lost || error == Errc::idle_breach;
  return says_little ? make_error_code(Errc::connect_timeout) : error;
}

OperationId SentinelCore::hand(const Operation& operation, Completion completion) {
  return operation.is_transaction ? node_.submit_transaction_part(operation.transaction, completion,
                                                                  NodeCore::Manner::owned, operation.deadline)
                                  : node_.submit_part(operation.command, completion, &operation.doubted,
                                                      NodeCore::Manner::owned, operation.deadline);
}

/// A script's own error may read like the server's, and a transaction's like that of a part of it.
bool SentinelCore::waits_again(const Operation& operation, const Outcome& outcome) {
  if (outcome.error) {
    return is_not_sent(outcome.error) || (is_lost(outcome.error) && operation.repeatable);
  }
  const auto redirection = cluster::read_redirection(outcome.reply, node_.options().endpoint);
  const bool is_refused = redirection && (redirection->kind == Redirection::Kind::later ||
                                          redirection->kind == Redirection::Kind::elsewhere);
  if (is_refused && !operation.is_script && !operation.is_transaction) {
    ask_all();
    return true;
  }
  return false;
}

void SentinelCore::add_sentinel(const Endpoint& endpoint, SentinelChannel::Origin origin) {
  const bool is_known =
      std::any_of(sentinels_.begin(), sentinels_.end(), [&](const auto& each) { return each->endpoint() == endpoint; });
  if (is_known || sentinels_.size() >= 2 * sentinel::sentinels_max) {
    return;
  }
  sentinels_.push_back(std::make_unique<SentinelChannel>(SentinelChannel::Parts{runtime_, options_, *this}, endpoint,
                                                         origin, max_idle_));
  sentinels_.back()->connect();
}

/// Those that the program named, as many as they may be: two addresses may lead to one.
void SentinelCore::count_configured() {
  std::vector<std::string> ids;
  std::size_t count = 0;
  for (const auto& each : sentinels_) {
    const bool is_seen = !each->id().empty() && std::find(ids.begin(), ids.end(), each->id()) != ids.end();
    if (each->origin() == SentinelChannel::Origin::configured && !is_seen) {
      ++count;
      ids.push_back(each->id());
    }
  }
  electorate_.set_configured(count);
}

void SentinelCore::on_sentinel(SentinelChannel& channel, SentinelEvent& event) {
  switch (event.kind) {
    case SentinelEvent::Kind::up:
      count_configured();
      forget_former(channel.former_id());
      break;
    case SentinelEvent::Kind::answered:
      electorate_.answered(channel.id(), event.asked, event.primary, std::move(event.others));
      meet_others();
      judge();
      break;
    case SentinelEvent::Kind::announced:
      electorate_.announced(channel.id(), runtime_.now(), *event.primary);
      judge();
      ask_all();
      break;
    case SentinelEvent::Kind::failed: break;  // the channel's own business
  }
}

/// A lone sentinel that lost its configuration comes back as another one, and nobody is left to say so.
void SentinelCore::forget_former(const std::string& id) {
  const bool is_elsewhere =
      std::any_of(sentinels_.begin(), sentinels_.end(), [&](const auto& each) { return each->id() == id; });
  if (!id.empty() && !is_elsewhere) {
    electorate_.replaced(id);
  }
}

/// A connection to each that was told of. Those that nobody tells of any more are left in a later turn.
void SentinelCore::meet_others() {
  const std::vector<sentinel::Peer> peers = electorate_.peers();
  for (const sentinel::Peer& peer : peers) {
    const bool is_met = std::any_of(sentinels_.begin(), sentinels_.end(),
                                    [&](const auto& each) { return each->is_up() && each->id() == peer.id; });
    if (!is_met) {
      add_sentinel(peer.endpoint, SentinelChannel::Origin::told);
    }
  }
  if (std::any_of(sentinels_.begin(), sentinels_.end(), [&](const auto& each) { return is_left(*each, peers); })) {
    tidy_alarm_.set(runtime_.now());
  }
}

void SentinelCore::tidy() {
  const std::vector<sentinel::Peer> peers = electorate_.peers();
  std::erase_if(sentinels_, [&](const auto& each) { return is_left(*each, peers); });
}

void SentinelCore::ask_all() {
  for (const auto& each : sentinels_) {
    each->ask();
  }
}

/// Follows and vouches by what is known now. Completions that are called in here may stop the client.
void SentinelCore::judge() {
  const Time now = runtime_.now();
  const std::optional<Endpoint> elected = electorate_.elected(now - max_idle_, now);
  if (elected && elected != primary_) {
    follow(*elected);
  }
  if (primary_ && !is_stopped()) {
    vouch(electorate_.vouched(*primary_, now));
    hand_over_waiting();
  }
}

void SentinelCore::follow(const Endpoint& primary) {
  TRACKSIDE_MARK_IF(primary_changed_by_sentinels, primary_.has_value());
  vouch(long_ago);
  primary_ = primary;
  node_.lead_to(primary);
}

void SentinelCore::vouch(Time anchor) {
  if (node_.cache() != nullptr && std::exchange(vouched_, anchor) != anchor) {
    node_.cache()->authority_vouched(anchor);
  }
}

/// Its loss may be the first sign of a failover.
void SentinelCore::run_link_changed(void* self, std::uint64_t) {
  auto& core = *static_cast<SentinelCore*>(self);
  if (!core.is_stopped() && !core.node_.is_linked()) {
    core.ask_all();
  }
}

}  // namespace trackside
