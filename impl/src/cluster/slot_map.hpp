// Which node serves which slot, as far as is known, and why an older claim does not take it back.
//
// Who owns a slot at which config epoch only ever rises: a node that has not heard yet of its deposition, and tells so,
// is not believed. A MOVED names no epoch: it is believed at once, and until a claim of a higher epoch than the one it
// contradicted. Thread rule: `owner` from any thread; everything else on one.
// Source: the cluster specification's rules for configuration; attacks C6 to C8 of coherence.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "resp/slot.hpp"

namespace trackside::cluster {

/// A node by its number at whoever uses the map.
using NodeNumber = std::uint16_t;
inline constexpr NodeNumber no_node = UINT16_MAX;

class SlotMap {
 public:
  SlotMap() {
    for (auto& owner : owners_) {
      owner.store(no_node, std::memory_order_relaxed);
    }
  }

  NodeNumber owner(std::uint16_t slot) const noexcept { return owners_[slot].load(std::memory_order_acquire); }

  /// Whether a claim of the slot is to be believed: nobody had it, or by a higher epoch.
  bool believes(std::uint16_t slot, std::uint64_t epoch) const noexcept {
    return owner(slot) == no_node || epoch > known_[slot];
  }
  /// Whether such a claim is what is known already, so that believing it changes nothing.
  bool is_known(std::uint16_t slot, NodeNumber node, std::uint64_t epoch) const noexcept {
    return owner(slot) == node && known_[slot] == epoch && !is_moved_[slot];
  }
  void claim(std::uint16_t slot, NodeNumber node, std::uint64_t epoch) noexcept {
    known_[slot] = epoch;
    is_moved_[slot] = false;
    ++changes_;
    owners_[slot].store(node, std::memory_order_release);
  }
  void move(std::uint16_t slot, NodeNumber node) noexcept {
    is_moved_[slot] = true;
    ++moves_[slot];
    ++changes_;
    owners_[slot].store(node, std::memory_order_release);
  }
  /// Grows with each change of owner: what was asked before one, and is answered MOVED after it, tells what is over.
  std::uint16_t moves(std::uint16_t slot) const noexcept { return moves_[slot]; }
  /// Grows with each claim and each move.
  std::uint64_t changes() const noexcept { return changes_; }
  /// Whether its owner was named by a MOVED that no claim has confirmed yet.
  bool is_moved(std::uint16_t slot) const noexcept { return is_moved_[slot]; }
  std::uint64_t epoch(std::uint16_t slot) const noexcept { return known_[slot]; }

 private:
  std::array<std::atomic<NodeNumber>, resp::slot_count> owners_{};
  std::array<bool, resp::slot_count> is_moved_{};
  std::array<std::uint16_t, resp::slot_count> moves_{};
  std::uint64_t changes_ = 0;
  std::array<std::uint64_t, resp::slot_count> known_{};  // the config epoch of the claim believed last
};

}  // namespace trackside::cluster
