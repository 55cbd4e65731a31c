// What must hold inside the simulator, in every build: a broken world must not go on and report on the cache.
#pragma once

namespace trackside::sim {

/// Ends the process with the sentence that was not true.
[[noreturn]] void fail_requirement(const char* sentence);

inline void require(bool holds, const char* sentence) {
  if (!holds) [[unlikely]] {
    fail_requirement(sentence);
  }
}

}  // namespace trackside::sim
