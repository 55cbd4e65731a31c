#include "properties/testing/distinct.hpp"

#include <algorithm>

namespace trackside::testing {
namespace {

bool is_smaller(const DistinctFailure& one, const DistinctFailure& other) {
  return one.signature.things.size() != other.signature.things.size()
             ? one.signature.things.size() < other.signature.things.size()
             : one.reduction.steps < other.reduction.steps;
}

bool covers(const Signature& wide, const Signature& narrow) {
  return wide.way == narrow.way && std::includes(wide.things.begin(), wide.things.end(), narrow.things.begin(),
                                                 narrow.things.end());
}

void add(std::vector<DistinctFailure>& known, DistinctFailure failure) {
  for (DistinctFailure& each : known) {
    if (each.promise == failure.promise && covers(failure.signature, each.signature)) {
      each.like.push_back(failure.seed);
      return;
    }
  }
  known.push_back(std::move(failure));
}

}  // namespace

std::vector<DistinctFailure> distinct_failures(const Totals& totals, const GeneratorOptions& generator) {
  std::vector<DistinctFailure> known;
  for (const auto& [promise, seeds] : totals.failing_seeds) {
    std::vector<DistinctFailure> all;
    for (const std::uint64_t seed : seeds) {
      DistinctFailure failure{.promise = promise, .seed = seed, .like = {}};
      failure.reduction = reduce(generate(seed, generator), promise, executions_by_default, generator.make);
      failure.signature = signature_of(failure.reduction);
      all.push_back(std::move(failure));
    }
    std::stable_sort(all.begin(), all.end(), &is_smaller);
    for (DistinctFailure& failure : all) add(known, std::move(failure));
  }
  for (DistinctFailure& failure : known) std::sort(failure.like.begin(), failure.like.end());
  return known;
}

}  // namespace trackside::testing
