// How many times each message was seen before: part of the name of a message, so that the second PING is not the first.
//
// An open-addressing table of hashes; never iterated but to grow. Hash 0 is stored as 1, which at worst lets two
// messages share a count.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace trackside::sim {

class Occurrences {
 public:
  /// 0 for the first message with this hash, 1 for the second, ...
  std::uint64_t next(std::uint64_t hash) {
    if ((used_ + 1) * 4 > entries_.size() * 3) {
      grow();
    }
    Entry& entry = find(hash == 0 ? 1 : hash);
    used_ += entry.hash == 0 ? 1 : 0;
    entry.hash = hash == 0 ? 1 : hash;
    return entry.count++;
  }

  void clear() {
    entries_.assign(entries_.size(), Entry{});
    used_ = 0;
  }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::uint64_t count = 0;
  };

  Entry& find(std::uint64_t hash) {
    std::size_t position = hash & (entries_.size() - 1);
    while (entries_[position].hash != 0 && entries_[position].hash != hash) {
      position = (position + 1) & (entries_.size() - 1);
    }
    return entries_[position];
  }

  void grow() {
    std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(entries_.empty() ? 16 : entries_.size() * 2));
    for (const Entry& entry : old) {
      if (entry.hash != 0) {
        find(entry.hash) = entry;
      }
    }
  }

  std::vector<Entry> entries_;
  std::size_t used_ = 0;
};

}  // namespace trackside::sim
