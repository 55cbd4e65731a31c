// Assertions that stay on in release builds: what must hold if our own code is right. The world's misbehaviour is never
// asserted, it is a value.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace trackside {

[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "trackside: assertion failed: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace trackside

#define TRACKSIDE_ASSERT(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::trackside::assertion_failed(#condition, __FILE__, __LINE__))
