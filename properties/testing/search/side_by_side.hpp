// Work that several threads share until there is none left.
#pragma once

#include <algorithm>
#include <thread>
#include <vector>

namespace trackside::testing {

/// As many as were asked for; 0: one for each core.
inline unsigned jobs_of(unsigned asked) {
  return asked != 0 ? asked : std::max(1U, std::thread::hardware_concurrency());
}

/// Calls `work` in this thread and in `jobs` - 1 others, once in each, and returns when all have returned. What they
/// share they share out among themselves.
template <class Work>
void side_by_side(unsigned jobs, const Work& work) {
  std::vector<std::thread> others;
  for (unsigned job = 1; job < jobs; ++job) {
    others.emplace_back(work);
  }
  work();
  for (std::thread& other : others) {
    other.join();
  }
}

}  // namespace trackside::testing
