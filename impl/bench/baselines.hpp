// The limits: the barest bounded LRU maps one would write by hand. No coherence, no leases, no clock, no threads.
#pragma once

#include <list>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

namespace trackside::bench {

/// Map: from a key to an iterator of the list; found by string_view where the map can.
template <class Map, class List>
class BareLru {
 public:
  explicit BareLru(std::size_t max_keys) : max_keys_(max_keys) {}

  bool get(const std::string& key, std::string& out) {
    const auto at = map_.find(key);
    if (at == map_.end()) {
      return false;
    }
    list_.splice(list_.begin(), list_, at->second);
    out.assign(at->second->value);
    return true;
  }

  void put(const std::string& key, std::string_view value) {
    list_.push_front({key, std::string{value}});
    map_.emplace(key, list_.begin());
    if (map_.size() > max_keys_) {
      map_.erase(list_.back().key);
      list_.pop_back();
    }
  }

 private:
  std::size_t max_keys_;
  List list_;
  Map map_;
};

struct BareEntry {
  std::string key;
  std::string value;
};
using BareList = std::list<BareEntry>;
using AbslLru = BareLru<absl::flat_hash_map<std::string, BareList::iterator>, BareList>;

}  // namespace trackside::bench
