// The model's assertion, on in every build: a history that contradicts itself is the mistake of whoever recorded it,
// and a verdict about it would be worth nothing.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace trackside::model {

/// Ends the program unless `condition` holds, and says what was expected.
inline void require(bool condition, const char* expectation) {
  if (condition) return;
  std::fprintf(stderr, "model: %s\n", expectation);
  std::abort();
}

}  // namespace trackside::model
