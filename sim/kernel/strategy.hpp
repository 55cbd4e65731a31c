// A strategy gives decisions their shape: how long delays are, how they spread over a run and over those who wait.
//
// Spread decides which races can happen at all, so strategies differ mostly in scale, and each varies its scale from
// run to run. A strategy is immutable and sees only whose delay it is, the time, and bits that were derived from the
// decision's name; so removing one message never moves another. Integers only. One small file each; `make_strategy`
// knows them all.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sim/instant.hpp"

namespace trackside::sim {

class Strategy {
 public:
  /// Which delay is asked for.
  struct Whose {
    std::uint64_t entity = 0;  // a direction of a connection, a link between servers, ... (see sites.hpp)
    Instant now = 0;
  };

  virtual ~Strategy() = default;

  /// A delay in [0, bound], made of 64 uniform bits. 0 is the benign one.
  virtual std::uint64_t delay(const Whose& whose, std::uint64_t bits, std::uint64_t bound) const = 0;

  /// Within how many nanoseconds the operations of a burst come, all about few keys; 0: as the workload likes.
  virtual std::uint64_t burst_span() const { return 0; }

  /// Whether the order of what happens at one instant is decided too (`site::order`), and nothing takes time that need
  /// not: then the decisions about orders are all that there is.
  virtual bool decides_orders() const { return false; }
};

/// For a run with faults until `end`. Null if there is no strategy of that name.
std::unique_ptr<Strategy> make_strategy(std::string_view name, std::uint64_t seed, Instant end);

/// Those that are chosen at random. `orders`, which explores small scopes, is not among them.
std::span<const std::string_view> strategy_names();

}  // namespace trackside::sim
