// Finds a strategy by its name.
#include "sim/kernel/strategy.hpp"

#include <array>

#include "sim/kernel/strategies.hpp"

namespace trackside::sim {

std::unique_ptr<Strategy> make_strategy(std::string_view name, std::uint64_t seed, Instant end) {
  if (name == "uniform") {
    return make_uniform(seed);
  }
  if (name == "heavy") {
    return make_heavy(seed);
  }
  if (name == "pct") {
    return make_pct(seed, end);
  }
  if (name == "swizzle") {
    return make_swizzle(seed, end);
  }
  if (name == "burst") {
    return make_burst(seed);
  }
  if (name == "orders") {
    return make_orders();
  }
  return nullptr;
}

std::span<const std::string_view> strategy_names() {
  static constexpr std::array<std::string_view, 5> names = {"uniform", "heavy", "pct", "swizzle", "burst"};
  return names;
}

}  // namespace trackside::sim
