// Everybody at once about the same few keys: operations come within some latencies of each other, so that each meets
// the commands, replies and pushes of the others under way.
#include <algorithm>

#include "sim/kernel/hash.hpp"
#include "sim/kernel/strategies.hpp"

namespace trackside::sim {
namespace {

constexpr std::uint64_t shortest_exponent = 14;  // 2^14 ns: 16 microseconds
constexpr std::uint64_t octaves = 12;            // up to 67 milliseconds

class Burst final : public Strategy {
 public:
  explicit Burst(std::uint64_t seed)
      : top_(std::uint64_t{1} << (shortest_exponent +
                                  scale_down(mix(seed ^ hash_name("strategy.burst")), octaves))) {}

  std::uint64_t delay(const Whose&, std::uint64_t bits, std::uint64_t bound) const override {
    return scale_down(bits, std::min(bound, top_));
  }
  std::uint64_t burst_span() const override { return 8 * top_; }

 private:
  std::uint64_t top_;
};

}  // namespace

std::unique_ptr<Strategy> make_burst(std::uint64_t seed) {
  return std::make_unique<Burst>(seed);
}

}  // namespace trackside::sim
