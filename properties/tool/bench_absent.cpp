// Stands for bench_command.cpp in a build without TRACKSIDE_BUILD_BENCHMARKS.
#include <fmt/format.h>

#include "properties/tool/commands.hpp"

namespace trackside::tool {

int bench(const BenchRequest&) {
  fmt::print(stderr, "trackside: built without benchmarks; configure with -DTRACKSIDE_BUILD_BENCHMARKS=ON\n");
  return bad_input;
}

}  // namespace trackside::tool
