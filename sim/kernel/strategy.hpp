// A strategy gives decisions their shape: how long delays are and how they spread over a run.
//
// Spread decides which races can happen at all, so strategies differ mostly in scale, and each varies its scale from
// run to run. A strategy is immutable and sees only bits that were derived from a decision's name; so removing one
// message never moves another. Integers only. One small file each; `make_strategy` knows them all.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace trackside::sim {

class Strategy {
 public:
  virtual ~Strategy() = default;

  /// A delay in [0, bound], made of 64 uniform bits. 0 is the benign one.
  virtual std::uint64_t delay(std::uint64_t bits, std::uint64_t bound) const = 0;
};

/// Null if there is no strategy of that name.
std::unique_ptr<Strategy> make_strategy(std::string_view name, std::uint64_t seed);

/// For messages to people and for choosing one at random.
std::span<const std::string_view> strategy_names();

}  // namespace trackside::sim
