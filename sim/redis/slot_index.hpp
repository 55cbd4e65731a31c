// Which keys a slot has, the youngest first, as the real server's list through its dictionary: what CLUSTER
// GETKEYSINSLOT and COUNTKEYSINSLOT answer. Only kept in cluster mode, for the one database there is.
//
// Invariant: no slot is listed without keys. Neighbour: keyspace.cpp says when keys come and go.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "resp/slot.hpp"

namespace trackside::sim::redis {

class SlotIndex {
 public:
  void add(std::string_view key) { slots_[resp::slot_of(key)].emplace_back(key); }

  void remove(std::string_view key) {
    const auto slot = slots_.find(resp::slot_of(key));
    const auto found = std::find(slot->second.rbegin(), slot->second.rend(), key);
    slot->second.erase(std::prev(found.base()));
    if (slot->second.empty()) slots_.erase(slot);
  }

  void clear() { slots_.clear(); }

  std::size_t count(std::uint16_t slot) const {
    const auto found = slots_.find(slot);
    return found == slots_.end() ? 0 : found->second.size();
  }

  std::vector<std::string> youngest(std::uint16_t slot, std::size_t count_max) const {
    const auto found = slots_.find(slot);
    if (found == slots_.end()) return {};
    const std::vector<std::string>& keys = found->second;
    const auto count = static_cast<std::ptrdiff_t>(std::min(count_max, keys.size()));
    return {keys.rbegin(), keys.rbegin() + count};
  }

 private:
  std::map<std::uint16_t, std::vector<std::string>> slots_;  // the oldest first
};

}  // namespace trackside::sim::redis
