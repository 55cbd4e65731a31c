// The caches that a program makes, without a client: what a cluster's cache does with keys of nobody's slots, and what
// stays of a cache that turns out to be for a cluster.
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "properties/impl/stress_clock.hpp"
#include "resp/slot.hpp"
#include "trackside/cluster_tracking_cache.hpp"
#include "trackside/reply_builder.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {
namespace {

constexpr CacheScope cluster_scope{.server = "seed", .topology = Topology::cluster};
const Query get_a{.command = "GET", .key = "a"};
const Query get_b{.command = "GET", .key = "b"};

CacheOptions that_learns() {
  CacheOptions options;
  options.confidence = 50;
  options.dynamic_confidence = true;
  return options;
}

/// A cluster's cache with one node, linked, which has the slot of "a" and no other.
struct OneSlot {
  OneSlot() {
    cache.initialize(clock, cluster_scope);
    part = cache.part_for("node");
    part->link_up(1);
    part->link_vouched(clock.now(), std::nullopt);
    const std::vector<std::uint16_t> slots{resp::slot_of("a")};
    part->guard_up(slots.front());
    cache.slots_moved(slots, "node");
  }

  StressClock clock;
  ClusterTrackingCache cache{that_learns()};
  std::shared_ptr<AbstractCache> part;
};

TEST(ClusterTrackingCache, AFillThatIsGivenBackForAKeyOfNobodysSlotIsOver) {
  OneSlot of;
  const Fill fill = of.cache.begin_fill(get_a);
  ASSERT_TRUE(of.cache.is_open(fill));
  EXPECT_EQ(of.cache.put(fill, get_b, ReplyBuilder{}.bulk_string("v").take(), no_expiry), PutResult::refused_revoked);
  EXPECT_FALSE(of.cache.is_open(fill));
}

TEST(ClusterTrackingCache, AllItsPartsLearnTogetherAndAResetRestoresThem) {
  OneSlot of;
  of.part->feedback(get_a, Match::no);
  of.cache.feedback(get_a, Match::no);  // by the same part
  of.cache.feedback(get_b, Match::no);  // of nobody's slot
  EXPECT_DOUBLE_EQ(of.cache.confidence(), 50 * 0.999 * 0.999 * 0.999);
  EXPECT_EQ(of.part->confidence(), of.cache.confidence());
  EXPECT_EQ(of.cache.part_for("another")->confidence(), of.cache.confidence());
  of.cache.reset();
  EXPECT_EQ(of.cache.confidence(), 50);
  EXPECT_EQ(of.part->confidence(), 50);
}

TEST(TrackingCache, KeepsWhatItLearnedWhenAClusterIsFoundBehindTheEndpoint) {
  const StressClock clock;
  TrackingCache cache{that_learns()};
  cache.initialize(clock, {.server = "endpoint"});
  cache.feedback(get_a, Match::no);
  cache.release();
  cache.initialize(clock, cluster_scope);
  EXPECT_DOUBLE_EQ(cache.confidence(), 50 * 0.999);
  cache.feedback(get_a, Match::yes);
  EXPECT_DOUBLE_EQ(cache.confidence(), 50 * 0.999 * 1.0001);
  cache.reset();
  EXPECT_EQ(cache.confidence(), 50);
}

}  // namespace
}  // namespace trackside::testing
