// Few reports of many failing runs: one for each cause, as far as what is left after shrinking tells causes apart.
//
// The lowest failing seeds of each promise are shrunk. Those whose reductions have the same signature are one failure,
// whatever promise they break; so is one whose reduction has all that another's has and more, since it was not shrunk
// to the end.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "properties/testing/search/explore.hpp"
#include "properties/testing/search/reducer.hpp"

namespace trackside::testing {

struct DistinctFailure {
  model::Promise promise{};         // the first that is broken by this cause
  std::uint64_t seed = 0;           // of its smallest reduction, and of these the lowest
  std::set<model::Promise> also{};  // the others
  std::vector<std::uint64_t> like;  // seeds of the others that were found to be alike
  Reduction reduction{};
  Signature signature{};
};

/// In the order of promises and seeds, each seed in one of them. Depends on the exploration's totals alone, not on the
/// number of threads.
std::vector<DistinctFailure> distinct_failures(const Totals& totals, const GeneratorOptions& generator,
                                               unsigned jobs = 1);

}  // namespace trackside::testing
