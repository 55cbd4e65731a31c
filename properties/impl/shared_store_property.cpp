// Caches that share a store do what their naive specification says, call by call: one to three of them, with different
// options, scopes, links and connections, counting together or apart, coming and going.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "properties/run_count.hpp"
#include "properties/impl/store_calls.hpp"

namespace trackside::testing {
namespace {

std::vector<TwinCache> any_caches() {
  std::vector<TwinCache> caches(*rc::gen::inRange<std::size_t>(2, 4));
  for (TwinCache& cache : caches) {
    cache = any_cache();
    if (*rc::gen::inRange(0, 4) != 0) {
      cache.scope = caches.front().scope;  // or they see nothing of each other
    }
  }
  caches.front().options = any_bounds(caches.front().options);
  return caches;
}

TEST(SharedStore, DoesWhatItsSpecificationDoes) {
  std::uint64_t foreign_hits = 0;
  check_runs(2'500, [&] {
    Interpreter interpreter{*rc::gen::resize(100, rc::gen::exec(any_caches)),
                            *rc::gen::element(Counting::together, Counting::apart)};
    interpreter.begin();
    const auto steps = *any_steps();
    for (const Step& step : steps) {
      interpreter.take(step);
    }
    interpreter.take_stock();
    foreign_hits += interpreter.twin().foreign_hits();
  });
  EXPECT_GT(foreign_hits, 700u) << "caches have to find what others kept, or they share nothing";
}

}  // namespace
}  // namespace trackside::testing
