// Who owns each slot, by one node's belief, with a count per owner that costs nothing to ask for.
//
// Invariant: `count(n)` is the number of slots whose owner is n; `unowned()` that of those without one.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "resp/slot.hpp"

namespace trackside::sim::redis {

using resp::slot_count;

/// A position in `ClusterView::nodes`.
using NodeIndex = std::uint16_t;
inline constexpr NodeIndex no_node = UINT16_MAX;
inline constexpr NodeIndex itself = 0;

class SlotOwners {
 public:
  using Table = std::array<NodeIndex, slot_count>;

  SlotOwners() { table_.fill(no_node); }

  NodeIndex operator[](std::size_t slot) const { return table_[slot]; }
  Table::const_iterator begin() const { return table_.begin(); }
  Table::const_iterator end() const { return table_.end(); }
  std::uint32_t count(NodeIndex owner) const { return owner < counts_.size() ? counts_[owner] : 0; }
  std::uint32_t unowned() const { return unowned_; }
  /// Of the run of neighbours with one owner that begins at this slot.
  std::size_t last_alike(std::size_t first) const {
    constexpr std::size_t block = 256;
    std::size_t last = first;
    // Runs are long: many slots at a time are the same as their next ones.
    while (last + block < slot_count && std::equal(&table_[last], &table_[last] + block, &table_[last] + 1)) {
      last += block;
    }
    while (last + 1 < slot_count && table_[last + 1] == table_[last]) ++last;
    return last;
  }
  /// Grows with every change.
  std::uint64_t changes() const { return changes_; }

  void set(std::size_t slot, NodeIndex owner) {
    --count_of(table_[slot]);
    ++count_of(owner);
    table_[slot] = owner;
    ++changes_;
  }
  void fill(NodeIndex owner) {
    counts_.clear();
    unowned_ = 0;
    count_of(owner) = slot_count;
    table_.fill(owner);
    ++changes_;
  }

 private:
  std::uint32_t& count_of(NodeIndex owner) {
    if (owner == no_node) return unowned_;
    if (counts_.size() <= owner) counts_.resize(owner + std::size_t{1});
    return counts_[owner];
  }

  Table table_;
  std::vector<std::uint32_t> counts_;
  std::uint32_t unowned_ = slot_count;
  std::uint64_t changes_ = 1;
};

}  // namespace trackside::sim::redis
