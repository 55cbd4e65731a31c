// See layout.hpp.
#include "sim/layout.hpp"

#include <fmt/format.h>

#include "resp/slot.hpp"

namespace trackside::sim {

Address address_of(std::uint32_t node) {
  constexpr std::uint32_t in_a_net = 250;
  return {fmt::format("10.1.{}.{}", node / in_a_net, 1 + node % in_a_net), Endpoint{}.port};
}

std::uint32_t first_slot(const ClusterSetup& cluster, std::uint32_t primary) noexcept {
  // Rounded to the nearest, as `redis-cli --cluster create` does.
  const std::uint64_t twice = 2 * std::uint64_t{resp::slot_count} * primary;
  return static_cast<std::uint32_t>((twice + cluster.primaries) / (2 * std::uint64_t{cluster.primaries}));
}

}  // namespace trackside::sim
