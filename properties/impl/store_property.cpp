// The store does what its naive specification does, call by call, over random calls with few keys, under every option.
// Several caches on one store: shared_store_property.cpp.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "properties/run_count.hpp"
#include "properties/impl/store_calls.hpp"

namespace trackside::testing {
namespace {

using model::CachedQuery;

TEST(Store, DoesWhatItsSpecificationDoes) {
  std::uint64_t hits = 0;
  std::uint64_t joint_hits = 0;
  check_runs(2'000, [&] {
    // At full size, since RapidCheck's small sizes prefer the first of everything.
    const TwinCache cache = *rc::gen::resize(100, rc::gen::exec([] {
                                               TwinCache drawn = any_cache();
                                               drawn.options = any_bounds(drawn.options);
                                               return drawn;
                                             }));
    Interpreter interpreter{{cache}, Counting::together};
    interpreter.begin();
    const auto steps = *any_steps();
    for (const Step& step : steps) {
      interpreter.take(step);
    }
    interpreter.take_stock();
    hits += interpreter.twin().hits();
    joint_hits += interpreter.twin().joint_hits();
  });
  EXPECT_GT(hits, 2'000u) << "the calls have to reach what is kept, or they compare nothing";
  EXPECT_GT(joint_hits, 100u) << "some have to find several at once";
}

TEST(Store, AKeyHoldsTheRepliesKeptLast) {
  check_runs(5, [] {
    StoreTwin twin{CacheOptions{}};
    twin.initialize();
    twin.link_up(1);
    twin.vouch(twin.clock.instant, epoch);
    const auto any_question = [] { return CachedQuery{"HGET", "h", {std::to_string(*rc::gen::inRange(0, 330))}}; };
    for (unsigned step = 0; step < 700; ++step) {
      const CachedQuery query = any_question();
      twin.begin_fill(query);
      twin.put(twin.fills() - 1, query, any_frame(step), no_expiry);
      twin.get(any_question());
    }
    for (int field = 0; field < 330; ++field) {
      twin.get({"HGET", "h", {std::to_string(field)}});
    }
    twin.compare();
    RC_ASSERT(twin.hits() >= 256u);
  });
}

TEST(Store, EveryHitOfAKeyIsCountedHoweverMany) {
  StoreTwin twin{CacheOptions{}};
  twin.initialize();
  twin.link_up(1);
  twin.vouch(twin.clock.instant, epoch);
  const CachedQuery often{"GET", "often"};
  twin.begin_fill(often);
  twin.put(0, often, any_frame(1), no_expiry);
  for (int hit = 0; hit < 70'000; ++hit) {  // more than sixteen bits hold
    twin.get(often);
  }
  twin.compare();
  twin.invalidate({often.key});
  twin.compare();
  EXPECT_EQ(twin.hits(), 70'000u);
}

TEST(Store, EvictsExactlyTheLeastRecentlyUsedOfMany) {
  check_runs(10, [] {
    const auto bound = *rc::gen::inRange<std::int64_t>(1, 300);
    StoreTwin twin{{.max_keys = bound, .max_size_bytes = *rc::gen::element<std::int64_t>(-1, 20'000)}};
    twin.initialize();
    twin.link_up(1);
    twin.vouch(twin.clock.instant, epoch);
    for (int step = 0; step < 1'500; ++step) {
      const CachedQuery query{"GET", std::to_string(*rc::gen::inRange(0, 400))};
      twin.clock.instant += *rc::gen::inRange(0, 2);
      if (*rc::gen::inRange(0, 3) == 0) {
        twin.begin_fill(query);
        twin.put(twin.fills() - 1, query, any_frame(static_cast<unsigned>(step)), no_expiry);
      } else {
        twin.get(query);
      }
    }
    for (int key = 0; key < 400; ++key) {
      twin.get({"GET", std::to_string(key)});
    }
    twin.compare();
  });
}

}  // namespace
}  // namespace trackside::testing
