// Priorities instead of chances, after PCT (Burckhardt et al., ASPLOS 2010): a race of depth d needs d - 1 reversals
// at the right places, and few reversals at random places find it with a stated probability, where many hide it.
//
// What PCT does to threads is done here to causal chains, which are the directions of connections and the links
// between servers: each has a rank, and whatever a chain carries takes as long as its rank says, almost without
// jitter, so that higher ranks overtake lower ones whenever they run side by side. At each of d - 1 instants some
// chains fall behind all others. d is 1, 2 or 3, by the seed. In a world where order comes from time, this is how far
// a scheduler's priorities go; timeouts keep their part in what happens.
#include <algorithm>

#include "sim/kernel/hash.hpp"
#include "sim/kernel/strategies.hpp"

namespace trackside::sim {
namespace {

constexpr std::uint64_t ranks = 8;
constexpr unsigned first_exponent = 12;  // 2^12 ns: 4 microseconds
constexpr std::uint64_t depth_max = 3;
constexpr std::uint64_t one_falls_of = 4;

class Pct final : public Strategy {
 public:
  Pct(std::uint64_t seed, Instant end)
      : seed_(mix(seed ^ hash_name("strategy.pct"))),
        end_(static_cast<std::uint64_t>(end)),
        octaves_(1 + static_cast<unsigned>(scale_down(mix(seed_ + 1), 1))),
        changes_(scale_down(mix(seed_ + 2), depth_max - 1)) {}

  std::uint64_t delay(const Whose& whose, std::uint64_t bits, std::uint64_t bound) const override {
    const std::uint64_t base = std::uint64_t{1} << (first_exponent + octaves_ * rank_of(whose));
    return std::min(bound, base + scale_down(bits, base / 4));
  }

 private:
  std::uint64_t rank_of(const Whose& whose) const {
    for (std::uint64_t change = 0; change < changes_; ++change) {
      const std::uint64_t named = mix(seed_ + 16 + change);
      const auto begins = static_cast<Instant>(scale_down(named, end_));
      if (whose.now >= begins && mix(named ^ whose.entity) % one_falls_of == 0) {
        return ranks;
      }
    }
    return mix(seed_ ^ whose.entity) % ranks;
  }

  std::uint64_t seed_;
  std::uint64_t end_;
  unsigned octaves_;  // between one rank and the next
  std::uint64_t changes_;
};

}  // namespace

std::unique_ptr<Strategy> make_pct(std::uint64_t seed, Instant end) {
  return std::make_unique<Pct>(seed, end);
}

}  // namespace trackside::sim
