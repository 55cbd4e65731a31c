// Counts what each kind of fault really did, and what it came to in a cluster, so that a fault that never bites is
// noticed.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/scenario.hpp"

namespace trackside::sim {

/// What became of a cluster, whatever the cause.
enum class ClusterEffect : std::uint8_t {
  failover,    // a replica took its primary's place
  migration,   // a slot has been moved
  isolation,   // a primary was cut off from its peers
  lost_write,  // a change that a primary had made, and its successor does not have
};
inline constexpr std::size_t cluster_effects = 4;
constexpr std::string_view name_of(ClusterEffect effect) {
  switch (effect) {
    case ClusterEffect::failover: return "failover";
    case ClusterEffect::migration: return "migration";
    case ClusterEffect::isolation: return "isolation";
    case ClusterEffect::lost_write: return "lost_write";
  }
  return {};
}

class Effects {
 public:
  void note(FaultKind kind) noexcept { ++counts_[static_cast<std::size_t>(kind)]; }
  std::uint64_t of(FaultKind kind) const noexcept { return counts_[static_cast<std::size_t>(kind)]; }
  void note(ClusterEffect effect) noexcept { ++cluster_counts_[static_cast<std::size_t>(effect)]; }
  std::uint64_t of(ClusterEffect effect) const noexcept { return cluster_counts_[static_cast<std::size_t>(effect)]; }
  const std::array<std::uint64_t, fault_kinds>& all() const noexcept { return counts_; }
  const std::array<std::uint64_t, cluster_effects>& of_clusters() const noexcept { return cluster_counts_; }

 private:
  std::array<std::uint64_t, fault_kinds> counts_{};
  std::array<std::uint64_t, cluster_effects> cluster_counts_{};
};

}  // namespace trackside::sim
