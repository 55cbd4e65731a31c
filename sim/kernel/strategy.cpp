// Finds a strategy by its name. `mixed` is one of the others, chosen by the seed, so that one batch of runs has all.
#include "sim/kernel/strategy.hpp"

#include <array>

#include "sim/kernel/hash.hpp"
#include "sim/kernel/strategies.hpp"

namespace trackside::sim {

std::unique_ptr<Strategy> make_mixed(std::uint64_t seed) {
  return (mix(seed ^ hash_name("strategy.mixed")) & 1U) != 0 ? make_heavy(seed) : make_uniform(seed);
}

std::unique_ptr<Strategy> make_strategy(std::string_view name, std::uint64_t seed) {
  if (name == "uniform") {
    return make_uniform(seed);
  }
  if (name == "heavy") {
    return make_heavy(seed);
  }
  if (name == "mixed") {
    return make_mixed(seed);
  }
  return nullptr;
}

std::span<const std::string_view> strategy_names() {
  static constexpr std::array<std::string_view, 3> names = {"uniform", "heavy", "mixed"};
  return names;
}

}  // namespace trackside::sim
