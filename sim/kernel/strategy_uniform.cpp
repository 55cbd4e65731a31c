// Delays spread evenly from nothing to a top that differs from run to run by factors of two: dense worlds where
// everything overlaps with everything, and slow ones where timeouts come into play.
#include "sim/kernel/hash.hpp"
#include "sim/kernel/strategies.hpp"

namespace trackside::sim {
namespace {

class Uniform final : public Strategy {
 public:
  explicit Uniform(std::uint64_t seed)
      : shift_(2 + static_cast<unsigned>(scale_down(mix(seed ^ hash_name("strategy.uniform")), 10))) {}

  std::uint64_t delay(const Whose&, std::uint64_t bits, std::uint64_t bound) const override {
    return scale_down(bits, bound >> shift_);
  }

 private:
  unsigned shift_;
};

}  // namespace

std::unique_ptr<Strategy> make_uniform(std::uint64_t seed) {
  return std::make_unique<Uniform>(seed);
}

}  // namespace trackside::sim
