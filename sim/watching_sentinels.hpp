// The sentinels of a world: what each believes, how they agree on a failover, and when each hears of it.
//
// Each looks every 100 ms whether it reaches the primary that it names, and finds it down after `down_after` without.
// One that a majority agrees with, and that reaches a majority, has the best replica promoted by a greater epoch; it
// names it up to a second later, and the others up to two seconds later if nothing cuts them off, as with hellos in the
// real world. Those that know the newest epoch make every other data node follow. What they believe survives them, also
// where a sentinel loses its configuration and comes back with another id.
// Simplified: they know of each other's beliefs directly, as far as no cut is between them; there are no two failovers
// at a time; one that stood still does not hold its standing still against others (TILT).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/cluster_observer.hpp"
#include "sim/kernel/decider.hpp"
#include "sim/network/effects.hpp"
#include "sim/network/network.hpp"
#include "sim/redis/sentinel_view.hpp"
#include "sim/scenario.hpp"

namespace trackside::sim {

/// The servers, as sentinels see them and act on them. All are named by their number in the world.
class WatchedServers {
 public:
  /// Messages pass both ways, and the process there answers.
  virtual bool reaches(std::uint32_t from, std::uint32_t to) const = 0;
  virtual bool runs(std::uint32_t server) const = 0;
  virtual std::uint64_t offset(std::uint32_t node) const = 0;
  virtual bool follows(std::uint32_t node, std::uint32_t primary) const = 0;
  virtual void promote(std::uint32_t node, std::uint64_t epoch) = 0;
  virtual void demote(std::uint32_t node, std::uint32_t primary) = 0;
  virtual void announce(std::uint32_t sentinel, const std::string& message) = 0;
  /// Whether a majority names the node from now on.
  virtual void confirmed(std::uint32_t node, ClusterObserver::Confirmation confirmation) = 0;

 protected:
  ~WatchedServers() = default;
};

class WatchingSentinels {
 public:
  WatchingSentinels(Decider& decider, Effects& effects, WatchedServers& servers, const SentinelSetup& setup,
                    std::span<redis::SentinelView> views, std::span<const Address> addresses);

  void tick(Instant now, std::uint32_t server);
  /// The sentinel's process runs again.
  void woke(Instant now, std::uint32_t server);
  /// It has another id, which the others know at once.
  void become_another(std::uint32_t server);
  bool fail_over(Instant now);
  void calm_down() { calm_ = true; }

  std::uint32_t primary() const { return primary_; }
  bool agree() const;

 private:
  struct Sentinel {
    std::uint32_t names = 0;
    std::uint64_t epoch = 1;
    Instant reached_at = 0;     // its primary
    Instant elects_at = end_of_time;
    Instant learns_at = end_of_time;  // of the newest epoch
    std::vector<Instant> wrong_since{};  // by data node: it follows somebody else
  };

  std::uint32_t server_of(std::size_t sentinel) const {
    return setup_.data_nodes() + static_cast<std::uint32_t>(sentinel);
  }
  bool finds_down(Instant now, std::size_t sentinel) const;
  std::size_t majority() const { return sentinels_.size() / 2 + 1; }
  bool may_fail_over(Instant now, std::size_t sentinel) const;
  bool promote_best(Instant now, std::size_t leader);
  void learn(std::size_t sentinel);
  void reconfigure(Instant now, std::size_t sentinel);
  void tell_confirmed();
  Instant delay(Site site, std::size_t sentinel, Instant most);

  Decider& decider_;
  Effects& effects_;
  WatchedServers& servers_;
  const SentinelSetup setup_;
  const std::span<redis::SentinelView> views_;
  const std::span<const Address> addresses_;
  std::vector<Sentinel> sentinels_;
  std::uint32_t primary_ = 0;
  std::uint64_t epoch_ = 1;
  std::vector<bool> confirmed_;  // by data node, as told last
  bool calm_ = false;
};

}  // namespace trackside::sim
