// Few reports of many failing runs: one for each cause, as far as what is left after shrinking tells causes apart.
//
// The lowest failing seeds of each promise are shrunk. Those whose reductions have the same signature are one failure;
// so is one whose reduction has all that another's has and more, since it was not shrunk to the end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "properties/testing/explore.hpp"
#include "properties/testing/reducer.hpp"

namespace trackside::testing {

struct DistinctFailure {
  model::Promise promise{};
  std::uint64_t seed = 0;           // of the smallest reduction, and of these the lowest
  std::vector<std::uint64_t> like;  // seeds of the others that were found to be alike
  Reduction reduction{};
  Signature signature{};
};

/// In the order of promises and seeds. Depends on the exploration's totals alone.
std::vector<DistinctFailure> distinct_failures(const Totals& totals, const GeneratorOptions& generator);

}  // namespace trackside::testing
