// Whom the sentinels name: what each of them said last, and what a majority of them says.
//
// A sentinel is known by its id, whatever addresses lead to it, so that nobody votes twice. Those known are the ones
// that were met and the ones that these tell of; one that a majority does not tell of any more is forgotten. As many as
// the program named count at least, so that a few who have forgotten the others are no majority.
//
// A majority proves something because a failover takes one: the two have a sentinel in common. What it proves is true
// up to when its questions were sent: of the answers that name an address, the majority's oldest question counts.
// A sentinel that announces a switch vetoes the address it leaves, for a while, unless it names that again itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trackside/runtime.hpp"

namespace trackside::sentinel {

/// Sentinels known at most: what a sentinel says must not grow us without bound.
inline constexpr std::size_t sentinels_max = 32;

/// As a sentinel tells of another one.
struct Peer {
  std::string id;
  Endpoint endpoint;
};

class Electorate {
 public:
  /// `configured`: sentinels that the program named. `memory`: for how long an announcement counts against an address.
  Electorate(std::size_t configured, Duration memory) : configured_(configured), memory_(memory) {}

  /// The sentinel `id` answered questions sent at `asked`: the primary is there (nothing: it knows of none), and these
  /// are the other sentinels.
  void answered(std::string_view id, Time asked, const std::optional<Endpoint>& primary, std::vector<Peer> others);
  /// The sentinel `id` announced that the primary is not at `left` any more.
  void announced(std::string_view id, Time now, const Endpoint& left);
  /// Where the sentinel `id` was there is another one now, and nowhere else is it known to be: it counts no more,
  /// unless another sentinel tells of it.
  void replaced(std::string_view id);
  /// Two of the addresses that the program named lead to one sentinel.
  void set_configured(std::size_t configured) { configured_ = configured; }

  /// Whom a majority named in answers to questions sent at `since` or later, if nobody vetoes it.
  std::optional<Endpoint> elected(Time since, Time now) const;
  /// Up to when a majority vouches for this address; long_ago if none ever did, or somebody vetoes it.
  Time vouched(const Endpoint& primary, Time now) const;

  /// How many of one mind it takes.
  std::size_t majority() const;
  /// Those that were told of, for who has no connection to them yet.
  std::vector<Peer> peers() const;

 private:
  struct Sentinel {
    std::string id;
    std::optional<Endpoint> endpoint{};  // as others tell it
    std::optional<Endpoint> names{};
    Time asked = long_ago;  // when the question for that was sent
    std::vector<Peer> others{};
    std::optional<Endpoint> left{};
    Time left_at = long_ago;
    bool is_replaced = false;  // where it was is another one now; it may be elsewhere, if somebody tells of it
  };

  Sentinel* find(std::string_view id);
  Sentinel* find_or_add(std::string_view id);
  template <class MayGo, class Counts>
  void forget(const MayGo& may_go, const Counts& counts);
  void forget_replaced();
  void forget_strangers();
  bool vetoed(const Endpoint& primary, Time now) const;

  std::size_t configured_;
  const Duration memory_;
  std::vector<Sentinel> sentinels_;
};

}  // namespace trackside::sentinel
