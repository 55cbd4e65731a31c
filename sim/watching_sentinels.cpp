// See watching_sentinels.hpp.
#include "sim/watching_sentinels.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "seam/mark.hpp"
#include "sim/kernel/sites.hpp"

namespace trackside::sim {
namespace {

constexpr Instant election_delay = second;
constexpr Instant leader_delay = second;
constexpr Instant hello_delay = 2 * second;
constexpr Instant patience_with_others = second;  // before a node that follows somebody else is told
constexpr Instant when_calm = 100 * millisecond;

}  // namespace

WatchingSentinels::WatchingSentinels(Decider& decider, Effects& effects, WatchedServers& servers,
                                     const SentinelSetup& setup, std::span<redis::SentinelView> views,
                                     std::span<const Address> addresses)
    : decider_(decider),
      effects_(effects),
      servers_(servers),
      setup_(setup),
      views_(views),
      addresses_(addresses),
      sentinels_(setup.sentinels),
      confirmed_(setup.data_nodes()) {
  for (Sentinel& each : sentinels_) {
    each.wrong_since.assign(setup.data_nodes(), end_of_time);
  }
  tell_confirmed();
}

Instant WatchingSentinels::delay(Site site, std::size_t sentinel, Instant most) {
  const auto decided = static_cast<Instant>(
      decider_.decide(site, sentinel, epoch_, static_cast<std::uint64_t>(most)));
  return calm_ ? std::min(decided, when_calm) : decided;
}

void WatchingSentinels::woke(Instant now, std::uint32_t server) {
  if (server >= setup_.data_nodes()) {
    sentinels_[server - setup_.data_nodes()].reached_at = now;
  }
}

void WatchingSentinels::become_another(std::uint32_t server) {
  std::string& id = views_[server - setup_.data_nodes()].id;
  const std::string former = id;
  std::rotate(id.begin(), id.begin() + 1, id.end());
  id.front() = id.front() == 'f' ? '0' : 'f';  // where all its digits are alike
  for (redis::SentinelView& other : views_) {
    for (redis::SentinelView::Peer& peer : other.others) {
      if (peer.id == former) peer.id = id;
    }
  }
}

bool WatchingSentinels::finds_down(Instant now, std::size_t sentinel) const {
  return now - sentinels_[sentinel].reached_at > setup_.down_after;
}

bool WatchingSentinels::may_fail_over(Instant now, std::size_t sentinel) const {
  if (!finds_down(now, sentinel) || sentinels_[sentinel].epoch != epoch_) {
    return false;
  }
  std::size_t agreeing = 0;
  for (std::size_t other = 0; other < sentinels_.size(); ++other) {
    const bool hears = other == sentinel || servers_.reaches(server_of(sentinel), server_of(other));
    agreeing += hears && finds_down(now, other) && sentinels_[other].names == sentinels_[sentinel].names ? 1 : 0;
  }
  return agreeing >= majority();
}

/// The one with the most data among those it reaches.
bool WatchingSentinels::promote_best(Instant now, std::size_t leader) {
  std::optional<std::uint32_t> best;
  for (std::uint32_t node = 0; node < setup_.data_nodes(); ++node) {
    const bool fits = node != primary_ && servers_.reaches(server_of(leader), node) && servers_.follows(node, primary_);
    if (fits && (!best || servers_.offset(node) > servers_.offset(*best))) {
      best = node;
    }
  }
  if (!best) {
    TRACKSIDE_MARK(sentinels_found_no_successor);
    return false;
  }
  ++epoch_;
  primary_ = *best;
  servers_.promote(*best, epoch_);
  effects_.note(ClusterEffect::failover);
  for (std::size_t sentinel = 0; sentinel < sentinels_.size(); ++sentinel) {
    Sentinel& each = sentinels_[sentinel];
    each.elects_at = end_of_time;
    each.learns_at = now + (sentinel == leader ? delay(site::sentinel_config, sentinel, leader_delay)
                                               : delay(site::sentinel_hello, sentinel, hello_delay));
    each.wrong_since.assign(setup_.data_nodes(), end_of_time);
  }
  return true;
}

void WatchingSentinels::learn(std::size_t sentinel) {
  Sentinel& self = sentinels_[sentinel];
  const Address& from = addresses_[self.names];
  const Address& to = addresses_[primary_];
  self.names = primary_;
  self.epoch = epoch_;
  self.learns_at = end_of_time;
  views_[sentinel].host = to.host;
  views_[sentinel].port = to.port;
  tell_confirmed();
  servers_.announce(server_of(sentinel), fmt::format("{} {} {} {} {}", views_[sentinel].service, from.host, from.port,
                                                     to.host, to.port));
}

void WatchingSentinels::tell_confirmed() {
  using Confirmation = ClusterObserver::Confirmation;
  for (std::uint32_t node = 0; node < setup_.data_nodes(); ++node) {
    const auto naming = static_cast<std::size_t>(std::count_if(
        sentinels_.begin(), sentinels_.end(), [&](const Sentinel& each) { return each.names == node; }));
    const bool is_confirmed = naming >= majority();
    if (is_confirmed != confirmed_[node]) {
      confirmed_[node] = is_confirmed;
      servers_.confirmed(node, is_confirmed ? Confirmation::by_majority : Confirmation::none);
    }
  }
}

void WatchingSentinels::reconfigure(Instant now, std::size_t sentinel) {
  Sentinel& self = sentinels_[sentinel];
  for (std::uint32_t node = 0; node < setup_.data_nodes(); ++node) {
    const bool is_wrong = node != primary_ && !servers_.follows(node, primary_);
    if (!is_wrong || !servers_.reaches(server_of(sentinel), node)) {
      self.wrong_since[node] = end_of_time;
    } else if (self.wrong_since[node] == end_of_time) {
      self.wrong_since[node] = now;
    } else if (now - self.wrong_since[node] >= patience_with_others) {
      TRACKSIDE_MARK(sentinel_demoted_a_former_primary);
      servers_.demote(node, primary_);
    }
  }
}

void WatchingSentinels::tick(Instant now, std::uint32_t server) {
  const std::size_t sentinel = server - setup_.data_nodes();
  Sentinel& self = sentinels_[sentinel];
  if (servers_.reaches(server, self.names)) {
    self.reached_at = now;
  }
  if (self.epoch != epoch_) {
    // From the new primary itself, through which hellos pass.
    if (now >= self.learns_at && servers_.reaches(server, primary_)) {
      learn(sentinel);
      self.reached_at = now;
    }
    return;
  }
  reconfigure(now, sentinel);
  if (!may_fail_over(now, sentinel)) {
    self.elects_at = end_of_time;
  } else if (self.elects_at == end_of_time) {
    self.elects_at = now + delay(site::sentinel_election, sentinel, election_delay);
  } else if (now >= self.elects_at) {
    promote_best(now, sentinel);
  }
}

bool WatchingSentinels::fail_over(Instant now) {
  for (std::size_t sentinel = 0; sentinel < sentinels_.size(); ++sentinel) {
    if (servers_.runs(server_of(sentinel)) && sentinels_[sentinel].epoch == epoch_) {
      return promote_best(now, sentinel);
    }
  }
  return false;
}

bool WatchingSentinels::agree() const {
  return std::all_of(sentinels_.begin(), sentinels_.end(), [&](const Sentinel& each) { return each.epoch == epoch_; });
}

}  // namespace trackside::sim
