// A set of hash slots, as ranges: what a node claims to own.
//
// Every message of the bus carries one, so it is immutable, shared between all messages until it changes, and mostly a
// single range. Invariant: ranges ascend and neither overlap nor touch; equal sets are equal values.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/redis/cluster_view.hpp"

namespace trackside::sim::cluster {

using Slot = std::uint16_t;
using redis::slot_count;

struct SlotRange {
  Slot first;
  Slot last;  // inclusive
  friend bool operator==(const SlotRange&, const SlotRange&) = default;
};

class SlotSet {
 public:
  /// Requires: above all slots added so far.
  void append(SlotRange slots) {
    if (!ranges_.empty() && ranges_.back().last + 1 == slots.first) {
      ranges_.back().last = slots.last;
    } else {
      ranges_.push_back(slots);
    }
    size_ += slots.last - slots.first + 1U;
  }
  void append(Slot slot) { append({slot, slot}); }
  bool contains(Slot slot) const {
    for (const SlotRange& range : ranges_) {
      if (slot <= range.last) {
        return slot >= range.first;
      }
    }
    return false;
  }
  bool empty() const { return size_ == 0; }
  std::uint32_t size() const { return size_; }
  const std::vector<SlotRange>& ranges() const { return ranges_; }

  /// Calls `visit(slot)` in ascending order until it returns false.
  template <class Visit>
  void for_each_while(Visit visit) const {
    for (const SlotRange& range : ranges_) {
      for (std::uint32_t slot = range.first; slot <= range.last; ++slot) {
        if (!visit(static_cast<Slot>(slot))) {
          return;
        }
      }
    }
  }

  friend bool operator==(const SlotSet&, const SlotSet&) = default;

 private:
  std::vector<SlotRange> ranges_;
  std::uint32_t size_ = 0;
};

/// Never null in a message.
using SlotClaim = std::shared_ptr<const SlotSet>;

}  // namespace trackside::sim::cluster
