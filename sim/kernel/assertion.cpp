// See assertion.hpp.
#include "sim/kernel/assertion.hpp"

#include <cstdio>
#include <cstdlib>

namespace trackside::sim {

void fail_requirement(const char* sentence) {
  std::fprintf(stderr, "trackside simulator: this must hold and does not: %s\n", sentence);
  std::abort();
}

}  // namespace trackside::sim
