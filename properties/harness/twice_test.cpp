// Running a scenario twice in other memory: caches that are not deterministic, each in a way that programs really are,
// part at the very event in which they first decided otherwise; the verified cache never does.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "properties/testing/generation/generator.hpp"
#include "properties/testing/search/twice.hpp"
#include "properties/testing/subjects/variation.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRACKSIDE_FILLED_MEMORY
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define TRACKSIDE_FILLED_MEMORY
#endif

namespace trackside::testing {
namespace {

/// What a cache decided by what it must not know, and when: one list for each run, and one for all caches of a run.
struct Decision {
  sim::Instant at;
  bool hides;  // an entry that is there

  friend bool operator==(const Decision&, const Decision&) = default;
};
using Decisions = std::vector<std::vector<Decision>>;

/// Whether to hide the entry for this question.
using Whim = bool (*)(const Query& query);

/// The verified cache, but that it hides entries as it likes: those questions go to the server.
class Whimsical final : public ForwardingCache {
 public:
  Whimsical(const CacheOptions& options, Whim whim, Decisions& decisions)
      : ForwardingCache(std::make_shared<TrackingCache>(options)), whim_(whim), decisions_(decisions) {}

  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) override {
    clock_ = &clock;
    return ForwardingCache::initialize(clock, scope);
  }

  bool get(const Query& query, Reply& out) override {
    if (!ForwardingCache::get(query, out)) {
      return false;
    }
    decisions_.back().push_back({clock_->now().time_since_epoch().count(), whim_(query)});
    return !decisions_.back().back().hides;
  }

 private:
  const Whim whim_;
  Decisions& decisions_;
  const Clock* clock_ = nullptr;
};

/// Hides every other one, in the order in which a table of addresses has them.
bool by_address(const Query&) {
  static thread_local std::map<const int*, std::unique_ptr<int>> table;
  auto entry = std::make_unique<int>();
  const int* const address = entry.get();
  table.emplace(address, std::move(entry));
  const auto rank = std::distance(table.begin(), table.find(address));
  if (table.size() > 100) {
    table.clear();
  }
  return rank % 2 == 1;
}

/// Hides what the machine's clock says is old.
bool by_clock(const Query&) { return std::chrono::steady_clock::now().time_since_epoch().count() / 1'000 % 2 == 1; }

/// Hides by a flag that nobody has set.
bool by_unwritten_byte(const Query&) {
  struct Entry {
    char name[40];
    volatile unsigned char flags;
  };
  const std::unique_ptr<Entry> entry{new Entry};
  return entry->flags % 2 == 1;
}

/// Seeds of one node, with traffic enough for hits.
sim::Scenario scenario_of(std::uint64_t seed) {
  CacheFeatures features = every_feature;
  features.several_keys = false;  // one hidden entry of several need not show: all may be asked for anyway
  sim::Scenario scenario = generate(seed, {.operations = 60, .world = WorldKind::node, .features = features});
  scenario.clients.resize(1);
  scenario.clients.front().shares.reset();
  scenario.clients.front().confidence_thousandths = 100'000;  // whoever doubts asks the server anyway
  scenario.clients.front().dynamic_confidence = false;
  std::erase_if(scenario.operations, [](const sim::Operation& operation) {
    return operation.actor.kind == sim::ActorKind::client && operation.actor.index > 0;
  });
  std::erase_if(scenario.faults, [](const sim::Fault& fault) { return fault.target > 0; });
  return scenario;
}

class NotDeterministic : public ::testing::TestWithParam<Whim> {};

TEST_P(NotDeterministic, PartsWhereItFirstDecidesOtherwise) {
  int partings = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Decisions decisions;
    const CacheFactory make = [&](const CacheOptions& options) -> std::shared_ptr<AbstractCache> {
      decisions.emplace_back();
      return std::make_shared<Whimsical>(options, GetParam(), decisions);
    };
    const auto parting = run_twice(scenario_of(seed), make);
    ASSERT_EQ(decisions.size(), 2u);
    const auto [first, second] =
        std::mismatch(decisions[0].begin(), decisions[0].end(), decisions[1].begin(), decisions[1].end());
    const bool are_alike = first == decisions[0].end() && second == decisions[1].end();
    ASSERT_EQ(parting.has_value(), !are_alike) << "seed " << seed;
    if (parting) {
      ++partings;
      ASSERT_NE(first, decisions[0].end());
      EXPECT_EQ(parting->at, first->at) << "seed " << seed << ": " << parting->first << parting->second;
      EXPECT_NE(parting->first, parting->second);
      EXPECT_NE(parting->first.find("client0"), std::string::npos) << parting->first;
    }
  }
  EXPECT_GT(partings, 10);
}

INSTANTIATE_TEST_SUITE_P(ByAddress, NotDeterministic, ::testing::Values(&by_address));
INSTANTIATE_TEST_SUITE_P(ByClock, NotDeterministic, ::testing::Values(&by_clock));
#ifndef TRACKSIDE_FILLED_MEMORY  // by the sanitizer, with the same bytes each time
INSTANTIATE_TEST_SUITE_P(ByUnwrittenByte, NotDeterministic, ::testing::Values(&by_unwritten_byte));
#endif

TEST(Twice, TheVerifiedCacheIsOneRun) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto parting = run_twice(generate(seed, {}));
    ASSERT_FALSE(parting) << "seed " << seed << " parts at event " << parting->event << "\n" << parting->first
                          << parting->second;
  }
}

TEST(Twice, AnEventIsALine) {
  EXPECT_EQ(to_text(sim::Step{1'500'000'000, sim::EventKind::to_client, 3, 0xf1a2}),
            "1.500000000 to_client 3 000000000000f1a2");
}

}  // namespace
}  // namespace trackside::testing
