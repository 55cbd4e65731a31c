#include "properties/testing/search/distinct.hpp"

#include <algorithm>
#include <atomic>
#include <tuple>
#include <utility>

#include "properties/testing/search/side_by_side.hpp"

namespace trackside::testing {
namespace {

bool is_smaller(const DistinctFailure& one, const DistinctFailure& other) {
  return one.signature.things.size() != other.signature.things.size()
             ? one.signature.things.size() < other.signature.things.size()
             : one.reduction.steps < other.reduction.steps;
}

bool covers(const Signature& wide, const Signature& narrow) {
  return wide.way == narrow.way && wide.cause == narrow.cause &&
         std::includes(wide.things.begin(), wide.things.end(), narrow.things.begin(),
                                                 narrow.things.end());
}

/// Those that are alike, the smallest first.
using Alike = std::vector<DistinctFailure>;

void add(std::vector<Alike>& known, DistinctFailure failure) {
  for (Alike& each : known) {
    if (covers(failure.signature, each.front().signature)) {
      each.push_back(std::move(failure));
      return;
    }
  }
  known.push_back({std::move(failure)});
}

/// The smallest of those that break the first promise stands for all.
DistinctFailure as_one(Alike alike) {
  const auto first = std::min_element(alike.begin(), alike.end(), [](const auto& one, const auto& other) {
    return one.promise < other.promise;  // of equals the one that comes first
  });
  DistinctFailure one = std::move(*first);
  for (const DistinctFailure& each : alike) {
    if (each.promise != one.promise) one.also.insert(each.promise);
    if (&each != &*first) one.like.push_back(each.seed);
  }
  std::sort(one.like.begin(), one.like.end());
  return one;
}

}  // namespace

std::vector<DistinctFailure> distinct_failures(const Totals& totals, const GeneratorOptions& generator,
                                               unsigned jobs) {
  Alike all;
  for (const auto& [promise, seeds] : totals.failing_seeds) {
    for (const std::uint64_t seed : seeds) all.push_back({.promise = promise, .seed = seed, .also = {}, .like = {}});
  }
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t at = next++; at < all.size(); at = next++) {
      DistinctFailure& failure = all[at];
      failure.reduction =
          reduce(generate(failure.seed, generator), failure.promise, executions_by_default, generator.make);
      failure.signature = signature_of(failure.reduction, generator.make);
    }
  };
  side_by_side(jobs, work);
  std::stable_sort(all.begin(), all.end(), &is_smaller);
  std::vector<Alike> known;
  for (DistinctFailure& failure : all) add(known, std::move(failure));
  std::vector<DistinctFailure> found;
  for (Alike& alike : known) found.push_back(as_one(std::move(alike)));
  std::sort(found.begin(), found.end(), [](const DistinctFailure& one, const DistinctFailure& other) {
    return std::tie(one.promise, one.seed) < std::tie(other.promise, other.seed);
  });
  return found;
}

}  // namespace trackside::testing
