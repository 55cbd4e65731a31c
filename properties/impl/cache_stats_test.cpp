// What CacheStats promises, sentence by sentence.
#include "trackside/cache_stats.hpp"

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "properties/impl/hit_shelf.hpp"

namespace trackside::testing {
namespace {

using namespace std::string_literals;

/// A source whose key leaves in the very moment that it is asked: what another thread may do, at will.
class LeavingKey final : public cache::HitSource {
 public:
  enum class When : std::uint8_t { before_it_is_shown, after_it_was_shown };

  LeavingKey(CacheStats& stats, When when) : stats_(stats), when_(when) { stats_.attach(*this); }
  ~LeavingKey() {
    leaves_ = false;
    stats_.detach(*this);
  }
  LeavingKey(const LeavingKey&) = delete;
  LeavingKey& operator=(const LeavingKey&) = delete;

  void hit(std::uint64_t times) { held_ += times; }
  void leave_when_asked() { leaves_ = true; }

  std::uint64_t hits_held() const override {
    std::uint64_t shown = 0;
    visit_hits([&shown](std::string_view, std::uint64_t count) { shown += count; });
    return shown;
  }
  void visit_hits(const Visitor& visitor) const override {
    leave_if(When::before_it_is_shown);
    if (held_ > 0) {
      visitor("key", held_);
    }
    leave_if(When::after_it_was_shown);
  }
  void take_hits(const Visitor& visitor) override {
    if (held_ > 0) {
      visitor("key", std::exchange(held_, 0));
    }
  }

 private:
  void leave_if(When when) const {
    if (leaves_ && when == when_) {
      stats_.count_hits("key", std::exchange(held_, 0));
    }
  }

  CacheStats& stats_;
  const When when_;
  bool leaves_ = false;
  mutable std::uint64_t held_ = 0;
};

TEST(CacheStats, StartsWithNothing) {
  const CacheStats stats;
  EXPECT_EQ(stats.summary(), CacheSummary{});
  EXPECT_TRUE(stats.hits().empty());
  EXPECT_TRUE(stats.misses().empty());
  EXPECT_TRUE(stats.invalidations().empty());
  EXPECT_TRUE(stats.dirty().empty());
}

TEST(CacheStats, CountsEachKindByKeyAndInTotal) {
  CacheStats stats;
  stats.count_hits("a", 3);
  stats.count_hits("b", 1);
  stats.count_miss("a");
  stats.count_invalidation("a");
  stats.count_invalidation("a");
  stats.count_dirty("b");
  EXPECT_EQ(stats.hits(), (KeyCounts{{"a", 3}, {"b", 1}}));
  EXPECT_EQ(stats.misses(), (KeyCounts{{"a", 1}}));
  EXPECT_EQ(stats.invalidations(), (KeyCounts{{"a", 2}}));
  EXPECT_EQ(stats.dirty(), (KeyCounts{{"b", 1}}));
  EXPECT_EQ(stats.summary(), (CacheSummary{.hits = 4, .misses = 1, .dirty_hits = 1, .invalidations = 2}));
}

TEST(CacheStats, TellsKeysApartByTheirBytes) {
  CacheStats stats;
  stats.count_miss("");
  stats.count_miss("\0"s);
  stats.count_miss("k");
  stats.count_miss("k\0"s);
  EXPECT_EQ(stats.misses(), (KeyCounts{{"", 1}, {"\0"s, 1}, {"k", 1}, {"k\0"s, 1}}));
}

TEST(CacheStats, HasNoRowForHitsThatWereNone) {
  CacheStats stats;
  stats.count_hits("a", 0);
  EXPECT_TRUE(stats.hits().empty());
}

TEST(CacheStats, CompactsRowsButKeepsTotals) {
  CacheStats stats;
  stats.count_hits("a", 2);
  stats.count_miss("b");
  const CacheSummary before = stats.summary();
  stats.compact();
  stats.compact();
  EXPECT_EQ(stats.summary(), before);
  EXPECT_TRUE(stats.hits().empty());
  EXPECT_TRUE(stats.misses().empty());
  stats.count_hits("a", 1);
  EXPECT_EQ(stats.hits(), (KeyCounts{{"a", 1}}));
  EXPECT_EQ(stats.summary().hits, 3u);
}

TEST(CacheStats, ForgetsEverythingWhenCleared) {
  const auto stats = std::make_shared<CacheStats>();
  HitShelf shelf{stats, 100};
  shelf.hit("held");
  stats->count_miss("a");
  stats->compact();
  shelf.hit("held");
  stats->count_dirty("a");
  ASSERT_EQ(stats->summary(), (CacheSummary{.hits = 2, .misses = 1, .dirty_hits = 1}));
  stats->clear();
  EXPECT_EQ(stats->summary(), CacheSummary{});
  EXPECT_TRUE(stats->hits().empty());
  EXPECT_TRUE(stats->dirty().empty());
  shelf.hit("held");
  EXPECT_EQ(stats->hits(), (KeyCounts{{"held", 1}}));
}

TEST(CacheStats, ReadsLikeTheDocumentedOne) {
  CacheStats stats;
  stats.count_hits("a", 12);
  stats.count_miss("a");
  stats.count_invalidation("a");
  stats.count_invalidation("b");
  EXPECT_EQ(to_text(stats), "CacheStats<hits=12, misses=1, dirty_hits=0, invalidations=2>");
}

TEST(CacheStats, ShowsHitsThatACacheHoldsBesideThoseCounted) {
  const auto stats = std::make_shared<CacheStats>();
  HitShelf one{stats, 100};
  HitShelf other{stats, 100};
  one.hit("a");
  one.hit("a");
  other.hit("a");
  stats->count_hits("a", 10);
  stats->count_hits("b", 1);
  EXPECT_EQ(stats->hits(), (KeyCounts{{"a", 13}, {"b", 1}}));
  EXPECT_EQ(stats->summary().hits, 14u);
}

TEST(CacheStats, CountsAHitOnceWhenItsKeyLeavesTheCache) {
  const auto stats = std::make_shared<CacheStats>();
  HitShelf shelf{stats, 2};
  for (int hit = 0; hit < 5; ++hit) {
    shelf.hit("a");  // four are handed over, since the counter is full at two
  }
  ASSERT_EQ(shelf.hits_held(), 1u);
  shelf.remove("a");
  EXPECT_EQ(shelf.hits_held(), 0u);
  EXPECT_EQ(stats->hits(), (KeyCounts{{"a", 5}}));
  EXPECT_EQ(stats->summary().hits, 5u);
}

TEST(CacheStats, CompactsWhatACacheHoldsToo) {
  const auto stats = std::make_shared<CacheStats>();
  HitShelf shelf{stats, 100};
  shelf.hit("a");
  stats->compact();
  EXPECT_TRUE(stats->hits().empty());
  EXPECT_EQ(stats->summary().hits, 1u);
  shelf.hit("a");
  EXPECT_EQ(stats->hits(), (KeyCounts{{"a", 1}}));
  EXPECT_EQ(stats->summary().hits, 2u);
}

TEST(CacheStats, TakesOverTheHitsOfACacheThatEnds) {
  const auto stats = std::make_shared<CacheStats>();
  auto shelf = std::make_unique<HitShelf>(stats, 100);
  shelf->hit("a");
  shelf->hit("b");
  shelf.reset();
  EXPECT_EQ(stats->hits(), (KeyCounts{{"a", 1}, {"b", 1}}));
  EXPECT_EQ(stats->summary().hits, 2u);
}

TEST(CacheStats, ShowsNoHitTwiceWhoseKeyLeavesMeanwhile) {
  CacheStats stats;
  LeavingKey source{stats, LeavingKey::When::after_it_was_shown};
  source.hit(5);
  source.leave_when_asked();
  EXPECT_EQ(stats.hits(), (KeyCounts{{"key", 5}}));
  EXPECT_EQ(stats.hits(), (KeyCounts{{"key", 5}}));
  source.hit(2);
  EXPECT_EQ(stats.summary().hits, 7u);
  EXPECT_EQ(stats.summary().hits, 7u);
}

TEST(CacheStats, NoTotalGoesBackWhenAKeyLeavesMeanwhile) {
  CacheStats stats;
  LeavingKey source{stats, LeavingKey::When::before_it_is_shown};
  source.hit(5);
  ASSERT_EQ(stats.summary().hits, 5u);
  source.leave_when_asked();
  EXPECT_EQ(stats.summary().hits, 5u);
  EXPECT_EQ(stats.summary().hits, 5u);
}

TEST(CacheStats, KeepsAsManyKeysAsItMay) {
  CacheStats stats{{.keys_max = 3}};
  for (const char* key : {"a", "b", "c", "a"}) {
    stats.count_miss(key);
  }
  EXPECT_EQ(stats.misses(), (KeyCounts{{"a", 2}, {"b", 1}, {"c", 1}}));
  stats.count_dirty("d");
  EXPECT_LT(stats.misses().size(), 3u);
  EXPECT_EQ(stats.dirty(), (KeyCounts{{"d", 1}}));
  EXPECT_EQ(stats.summary(), (CacheSummary{.misses = 4, .dirty_hits = 1}));
}

TEST(CacheStats, GivesUpOnlyAFewKeysToMakeRoomForOne) {
  CacheStats stats{{.keys_max = 4096}};
  for (int key = 0; key < 4097; ++key) {
    stats.count_miss(std::to_string(key));
  }
  EXPECT_GT(stats.misses().size(), 3900u);
  EXPECT_LE(stats.misses().size(), 4096u);
  EXPECT_EQ(stats.misses().count("4096"), 1u);
  EXPECT_EQ(stats.summary().misses, 4097u);
}

TEST(CacheStats, BoundsTheBytesOfNames) {
  CacheStats stats{{.key_bytes_max = 1000}};
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    stats.count_miss(std::string(300, letter));
    std::size_t bytes = 0;
    for (const auto& [key, count] : stats.misses()) {
      bytes += key.size();
    }
    EXPECT_LE(bytes, 1000u);
    EXPECT_GE(bytes, 300u);
  }
  EXPECT_EQ(stats.summary().misses, 26u);
}

TEST(CacheStats, AKeyLongerThanAllRoomCostsNobodyElseItsRow) {
  CacheStats stats{{.keys_max = 1, .key_bytes_max = 10}};
  stats.count_miss("short");
  stats.count_miss(std::string(11, 'x'));
  EXPECT_EQ(stats.misses(), (KeyCounts{{"short", 1}}));
  EXPECT_EQ(stats.summary().misses, 2u);
}

TEST(CacheStats, WithoutRoomForKeysThereAreTotals) {
  CacheStats stats{{.keys_max = 0}};
  stats.count_miss("a");
  stats.count_hits("", 2);
  EXPECT_TRUE(stats.misses().empty());
  EXPECT_TRUE(stats.hits().empty());
  EXPECT_EQ(stats.summary(), (CacheSummary{.hits = 2, .misses = 1}));
}

}  // namespace
}  // namespace trackside::testing
