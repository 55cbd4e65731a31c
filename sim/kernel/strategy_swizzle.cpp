// Many ways stop at once and are released one after the other, in an order of their own ("swizzle", as FoundationDB's
// simulator does to its network): what was sent in one order is learnt in another, by everybody.
//
// A run has up to four such times. In each, half of the chains (directions of connections, links between servers)
// carry nothing from its beginning to a release of their own in its second half; the others, and all at other times,
// are quick.
#include <algorithm>

#include "sim/kernel/hash.hpp"
#include "sim/kernel/strategies.hpp"

namespace trackside::sim {
namespace {

constexpr std::uint64_t times_max = 4;
constexpr std::uint64_t silence_exponent = 20;  // 2^20 ns: a millisecond
constexpr std::uint64_t silence_octaves = 10;   // up to about a second
constexpr std::uint64_t quiet_exponent = 12;    // 4 microseconds
constexpr std::uint64_t quiet_octaves = 10;     // up to 4 milliseconds

class Swizzle final : public Strategy {
 public:
  Swizzle(std::uint64_t seed, Instant end)
      : seed_(mix(seed ^ hash_name("strategy.swizzle"))),
        end_(static_cast<std::uint64_t>(end)),
        times_(1 + scale_down(mix(seed_ + 1), times_max - 1)),
        quiet_max_(std::uint64_t{1} << (quiet_exponent + scale_down(mix(seed_ + 2), quiet_octaves))) {}

  std::uint64_t delay(const Whose& whose, std::uint64_t bits, std::uint64_t bound) const override {
    const std::uint64_t quiet = scale_down(bits, std::min(bound, quiet_max_));
    for (std::uint64_t time = 0; time < times_; ++time) {
      const std::uint64_t named = mix(seed_ + 16 + time);
      const auto begins = static_cast<Instant>(scale_down(named, end_));
      const std::uint64_t length = std::uint64_t{1} << (silence_exponent + scale_down(mix(named), silence_octaves));
      const std::uint64_t chain = mix(named ^ whose.entity);
      const Instant release = begins + static_cast<Instant>(length / 2 + scale_down(mix(chain), length / 2));
      if ((chain & 1U) != 0 && whose.now >= begins && whose.now < release) {
        return std::min(bound, static_cast<std::uint64_t>(release - whose.now));
      }
    }
    return quiet;
  }

 private:
  std::uint64_t seed_;
  std::uint64_t end_;
  std::uint64_t times_;
  std::uint64_t quiet_max_;
};

}  // namespace

std::unique_ptr<Strategy> make_swizzle(std::uint64_t seed, Instant end) {
  return std::make_unique<Swizzle>(seed, end);
}

}  // namespace trackside::sim
