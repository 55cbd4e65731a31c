// Delays over all scales: a power of two with jitter, from a microsecond up to a top that differs from run to run
// (at most the bound, about a second for messages). Most messages are quick and some are very late, which is what
// deep races need.
#include <algorithm>
#include <bit>

#include "sim/kernel/hash.hpp"
#include "sim/kernel/strategies.hpp"

namespace trackside::sim {
namespace {

constexpr unsigned smallest_exponent = 10;  // 2^10 ns: a microsecond
constexpr unsigned octaves_min = 6;         // even the quietest run spreads over a factor of 64
constexpr unsigned octaves_max = 21;        // 2^30 ns with its jitter: one to two seconds

class Heavy final : public Strategy {
 public:
  explicit Heavy(std::uint64_t seed)
      : octaves_(octaves_min + static_cast<unsigned>(scale_down(mix(seed ^ hash_name("strategy.heavy")),
                                                                octaves_max - octaves_min))) {}

  std::uint64_t delay(const Whose&, std::uint64_t bits, std::uint64_t bound) const override {
    const unsigned width = static_cast<unsigned>(std::bit_width(bound));
    const unsigned octaves = std::min(octaves_, width > smallest_exponent ? width - smallest_exponent : 1U);
    const std::uint64_t octave = scale_down(bits, octaves - 1);
    const std::uint64_t base = std::uint64_t{1} << (smallest_exponent + octave);
    return std::min(bound, base + scale_down(mix(bits), base - 1));
  }

 private:
  unsigned octaves_;
};

}  // namespace

std::unique_ptr<Strategy> make_heavy(std::uint64_t seed) {
  return std::make_unique<Heavy>(seed);
}

}  // namespace trackside::sim
