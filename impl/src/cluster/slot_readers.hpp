// Which node answers the reads of each slot, where that is not its owner, and what this client had to do with the
// owner.
//
// A slot has one reader at a time, as a key has one voucher. Whoever asked the owner, or wrote there, may know more
// than a replica does: so each slot carries the number of the handover (client/cluster_core.hpp) before which that was
// last, 0 if everything known of it was read at its reader. Thread rule: `reader` from any thread; the rest on one.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cluster/slot_map.hpp"

namespace trackside::cluster {

class SlotReaders {
 public:
  SlotReaders() {
    for (auto& reader : readers_) {
      reader.store(no_node, std::memory_order_relaxed);
    }
  }

  /// no_node: its owner.
  NodeNumber reader(std::uint16_t slot) const noexcept { return readers_[slot].load(std::memory_order_acquire); }
  void set_reader(std::uint16_t slot, NodeNumber node) {
    if (node != no_node) {
      counts_.resize(std::max<std::size_t>(counts_.size(), node + std::size_t{1}));
      ++counts_[node];
    }
    const NodeNumber before = readers_[slot].exchange(node, std::memory_order_acq_rel);
    if (before != no_node) {
      --counts_[before];
    }
  }
  /// Of how many slots this node, not their owner, answers the reads.
  std::uint32_t count(NodeNumber node) const noexcept { return node < counts_.size() ? counts_[node] : 0; }

  std::uint32_t touched(std::uint16_t slot) const noexcept { return touched_[slot]; }
  /// Whether it was not before.
  bool touch(std::uint16_t slot, std::uint32_t handover) noexcept {
    const bool is_first = touched_[slot] == 0;
    touched_[slot] = std::max(touched_[slot], handover);
    return is_first;
  }
  void forget_touch(std::uint16_t slot) noexcept { touched_[slot] = 0; }

 private:
  std::array<std::atomic<NodeNumber>, resp::slot_count> readers_{};
  std::array<std::uint32_t, resp::slot_count> touched_{};
  std::vector<std::uint32_t> counts_;  // by node
};

}  // namespace trackside::cluster
