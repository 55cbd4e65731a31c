// Counts what each kind of fault really did, so that a fault that never bites is noticed.
#pragma once

#include <array>
#include <cstdint>

#include "sim/scenario.hpp"

namespace trackside::sim {

class Effects {
 public:
  void note(FaultKind kind) noexcept { ++counts_[static_cast<std::size_t>(kind)]; }
  std::uint64_t of(FaultKind kind) const noexcept { return counts_[static_cast<std::size_t>(kind)]; }
  const std::array<std::uint64_t, fault_kinds>& all() const noexcept { return counts_; }

 private:
  std::array<std::uint64_t, fault_kinds> counts_{};
};

}  // namespace trackside::sim
