// What an earlier run decided, for one that is nearly the same.
//
// Messages are named by their bytes, so a command less gives a new name to all that it travelled with, and a tape has
// nothing about that. Here a name that the earlier run did not have stands for the next one of its site and entity that
// is not matched: what was decided about the message in whose place this one is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace trackside::sim {

/// One decision of a run, benign ones included.
struct Decision {
  std::uint64_t site = 0;
  std::uint64_t entity = 0;
  std::uint64_t ordinal = 0;
  std::uint64_t value = 0;
};

class FormerDecisions {
 public:
  /// In the order in which they were made.
  explicit FormerDecisions(std::span<const Decision> decisions) {
    for (const Decision& each : decisions) {
      Line& line = lines_[{each.site, each.entity}];
      line.positions.try_emplace(each.ordinal, line.values.size());
      line.values.push_back(each.value);
    }
  }

  /// Requires the run's decisions in their order.
  std::uint64_t decide(std::uint64_t site, std::uint64_t entity, std::uint64_t ordinal) {
    const auto found = lines_.find({site, entity});
    if (found == lines_.end()) {
      return 0;
    }
    Line& line = found->second;
    const auto position = line.positions.try_emplace(ordinal, line.next).first;
    if (position->second >= line.values.size()) {
      return 0;
    }
    line.next = std::max(line.next, position->second + 1);
    return line.values[position->second];
  }

 private:
  struct Line {
    std::map<std::uint64_t, std::size_t> positions{};  // by ordinal
    std::vector<std::uint64_t> values{};
    std::size_t next = 0;
  };
  std::map<std::pair<std::uint64_t, std::uint64_t>, Line> lines_;  // by site and entity
};

}  // namespace trackside::sim
