// A hash table from strings whose elements stay where they are and can be walked in an order that depends only on the
// history of insertions and removals: looked up by hash, iterated by position, never the other way round.
//
// Removal moves the last element into the gap. Invariant: order_[item.second.position] == &item for every item.
// Neighbours: a database's keys, the tracking table.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered_map.hpp>

#include "sim/kernel/assertion.hpp"

namespace trackside::sim::redis {

/// Eight bytes at a time; the same on every platform we run on, and never seen by anyone.
struct StringHash {
  using is_transparent = void;

  std::size_t operator()(std::string_view text) const noexcept {
    std::uint64_t state = 0x9e3779b97f4a7c15U ^ text.size();
    while (text.size() >= 8) {
      state = mix(state ^ word(text.data(), 8));
      text.remove_prefix(8);
    }
    return mix(state ^ word(text.data(), text.size()));
  }

 private:
  static std::uint64_t word(const char* bytes, std::size_t count) noexcept {
    std::uint64_t result = 0;
    std::memcpy(&result, bytes, count);
    return result;
  }
  static std::uint64_t mix(std::uint64_t value) noexcept {
    value *= 0xff51afd7ed558ccdU;
    return value ^ (value >> 32);
  }
};

template <class T>
class OrderedTable {
  struct Slot {
    T value;
    std::uint32_t position;
  };
  using Map = boost::unordered_map<std::string, Slot, StringHash, std::equal_to<>>;

 public:
  /// An element; its address is stable until it is erased.
  class Item {
   public:
    Item() = default;
    explicit operator bool() const noexcept { return pair_ != nullptr; }
    const std::string& key() const noexcept { return pair_->first; }
    T& operator*() const noexcept { return pair_->second.value; }
    T* operator->() const noexcept { return &pair_->second.value; }

   private:
    friend OrderedTable;
    explicit Item(typename Map::value_type* pair) noexcept : pair_(pair) {}
    typename Map::value_type* pair_ = nullptr;
  };

  /// The element under `key`; false if there is none.
  Item find(std::string_view key) {
    const auto found = map_.find(key);
    return found == map_.end() ? Item{} : Item{&*found};
  }

  /// Requires: `key` is absent.
  Item insert(std::string_view key, T value) {
    const auto [position, inserted] =
        map_.try_emplace(std::string{key}, Slot{std::move(value), static_cast<std::uint32_t>(order_.size())});
    require(inserted, "a key that is inserted was absent");
    order_.push_back(&*position);
    return Item{&*position};
  }

  void erase(Item item) {
    const std::uint32_t gap = item.pair_->second.position;
    order_[gap] = order_.back();
    order_[gap]->second.position = gap;
    order_.pop_back();
    map_.erase(map_.find(std::string_view{item.pair_->first}));
  }

  std::size_t size() const noexcept { return order_.size(); }
  bool empty() const noexcept { return order_.empty(); }
  Item at(std::size_t position) const noexcept { return Item{order_[position]}; }

  void clear() {
    order_.clear();
    map_.clear();
  }

  void swap(OrderedTable& other) noexcept {
    map_.swap(other.map_);
    order_.swap(other.order_);
  }

 private:
  Map map_;
  std::vector<typename Map::value_type*> order_;
};

}  // namespace trackside::sim::redis
