// Sixty-four shards, each with a short lock, its totals, and the rows of its keys.
//
// Invariants: a shard's totals hold everything ever counted there, whether a row shows it or not, so that giving up
// rows can neither lose nor double anything; a row exists only while it has taken room, so rows_ <= keys_max and
// key_bytes_ <= key_bytes_max. Room is given back when the memory is.
// Order of locks: asking_, then a source's own, then one shard's (hit_source.hpp). No two shards are locked at once.
#include "trackside/cache_stats.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "cache/hash.hpp"
#include "cache/hit_source.hpp"
#include "cache/short_lock.hpp"
#include "seam/assertion.hpp"

namespace trackside {
namespace {

enum class Counter : std::uint8_t { hits, misses, invalidations, dirty };

class Counts {
 public:
  std::uint64_t& operator[](Counter counter) { return counts_[static_cast<std::size_t>(counter)]; }
  std::uint64_t operator[](Counter counter) const { return counts_[static_cast<std::size_t>(counter)]; }

 private:
  std::array<std::uint64_t, 4> counts_{};
};

struct Sought {
  std::uint64_t hash;
  std::string_view key;
};

struct Hash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view key) const { return cache::hash_bytes(key, 0); }
  std::size_t operator()(const Sought& sought) const { return sought.hash; }
};

struct Equal {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const { return left == right; }
  bool operator()(const Sought& sought, std::string_view key) const { return sought.key == key; }
  bool operator()(std::string_view key, const Sought& sought) const { return sought.key == key; }
};

using Rows = boost::unordered_flat_map<std::string, Counts, Hash, Equal>;

struct alignas(64) Shard {
  mutable cache::ShortLock lock;
  Counts totals;
  Rows rows;
  std::size_t key_bytes = 0;
};

}  // namespace

class CacheStats::Impl {
 public:
  explicit Impl(CacheStatsLimits limits) : limits_(limits) {}
  ~Impl() { TRACKSIDE_ASSERT(sources_.empty()); }

  void count(Counter counter, std::string_view key, std::uint64_t times);
  KeyCounts figures_of(Counter counter) const;
  CacheSummary summary() const;
  void compact();
  void clear();
  void attach(cache::HitSource& source);
  void detach(cache::HitSource& source);

 private:
  /// By the bits that a table uses least, as in the store.
  static std::size_t shard_index(std::uint64_t hash) { return (hash >> 8) % shard_count; }

  /// Whether there is a row to count in, or room for one; the shard is locked.
  bool count_in_row(Shard& shard, const Sought& sought, Counter counter, std::uint64_t times);
  bool may_have_row(std::string_view key) const { return limits_.keys_max > 0 && key.size() <= limits_.key_bytes_max; }
  bool take_room(std::size_t key_size);
  bool has_room(std::size_t key_size) const;
  void make_room(std::size_t first_shard, std::size_t key_size);
  void give_up_rows(Shard& shard);
  void give_up_all_rows();

  static constexpr std::size_t shard_count = 64;

  const CacheStatsLimits limits_;
  std::array<Shard, shard_count> shards_;
  std::atomic<std::size_t> rows_{0};
  std::atomic<std::size_t> key_bytes_{0};

  mutable std::mutex asking_;  // guards what follows
  std::vector<cache::HitSource*> sources_;
  mutable std::uint64_t hits_shown_ = 0;
};

void CacheStats::Impl::count(Counter counter, std::string_view key, std::uint64_t times) {
  if (times == 0) {
    return;
  }
  const Sought sought{.hash = cache::hash_bytes(key, 0), .key = key};
  Shard& shard = shards_[shard_index(sought.hash)];
  {
    const cache::ShortLockGuard guard{shard.lock};
    shard.totals[counter] += times;
    if (count_in_row(shard, sought, counter, times)) {
      return;
    }
  }
  if (may_have_row(key)) {
    make_room(shard_index(sought.hash), key.size());
    const cache::ShortLockGuard guard{shard.lock};
    count_in_row(shard, sought, counter, times);  // unless others were faster; the total has it
  }
}

bool CacheStats::Impl::count_in_row(Shard& shard, const Sought& sought, Counter counter, std::uint64_t times) {
  auto at = shard.rows.find(sought);
  if (at == shard.rows.end()) {
    if (!may_have_row(sought.key) || !take_room(sought.key.size())) {
      return false;
    }
    at = shard.rows.try_emplace(std::string{sought.key}).first;
    shard.key_bytes += sought.key.size();
  }
  at->second[counter] += times;
  return true;
}

bool CacheStats::Impl::take_room(std::size_t key_size) {
  if (rows_.fetch_add(1, std::memory_order_relaxed) >= limits_.keys_max) {
    rows_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  if (key_bytes_.fetch_add(key_size, std::memory_order_relaxed) > limits_.key_bytes_max - key_size) {
    key_bytes_.fetch_sub(key_size, std::memory_order_relaxed);
    rows_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  return true;
}

bool CacheStats::Impl::has_room(std::size_t key_size) const {
  return rows_.load(std::memory_order_relaxed) < limits_.keys_max &&
         key_bytes_.load(std::memory_order_relaxed) <= limits_.key_bytes_max - key_size;
}

/// One shard's rows are mostly enough, so that whoever counts is not held up for long: it may be a store that has
/// locked a shard of its own.
void CacheStats::Impl::make_room(std::size_t first_shard, std::size_t key_size) {
  for (std::size_t offset = 0; offset < shard_count && !has_room(key_size); ++offset) {
    give_up_rows(shards_[(first_shard + offset) % shard_count]);
  }
}

void CacheStats::Impl::give_up_rows(Shard& shard) {
  Rows given_up;
  std::size_t key_bytes = 0;
  {
    const cache::ShortLockGuard guard{shard.lock};
    given_up.swap(shard.rows);
    std::swap(key_bytes, shard.key_bytes);
  }
  const std::size_t rows = given_up.size();
  given_up = Rows{};  // freed out of the lock, capacity and all
  key_bytes_.fetch_sub(key_bytes, std::memory_order_relaxed);
  rows_.fetch_sub(rows, std::memory_order_relaxed);
}

void CacheStats::Impl::give_up_all_rows() {
  for (Shard& shard : shards_) {
    give_up_rows(shard);
  }
}

/// Rows before sources, here and in `summary`: hits move that way only, so none is seen twice.
KeyCounts CacheStats::Impl::figures_of(Counter counter) const {
  std::vector<std::pair<std::string, std::uint64_t>> found;
  const auto add = [&found](std::string_view key, std::uint64_t count) {
    if (count > 0) {
      found.emplace_back(key, count);
    }
  };
  const std::lock_guard asking{asking_};
  for (const Shard& shard : shards_) {
    const cache::ShortLockGuard guard{shard.lock};
    for (const auto& [key, counts] : shard.rows) {  // in an order that shows nowhere
      add(key, counts[counter]);
    }
  }
  if (counter == Counter::hits) {
    for (const cache::HitSource* source : sources_) {
      source->visit_hits(add);
    }
  }
  KeyCounts figures;
  for (auto& [key, count] : found) {
    figures[std::move(key)] += count;
  }
  return figures;
}

CacheSummary CacheStats::Impl::summary() const {
  CacheSummary summary;
  const std::lock_guard asking{asking_};
  for (const Shard& shard : shards_) {
    const cache::ShortLockGuard guard{shard.lock};
    summary.hits += shard.totals[Counter::hits];
    summary.misses += shard.totals[Counter::misses];
    summary.dirty_hits += shard.totals[Counter::dirty];
    summary.invalidations += shard.totals[Counter::invalidations];
  }
  for (const cache::HitSource* source : sources_) {
    summary.hits += source->hits_held();
  }
  // Hits that left a source in between are missing. They may show later, but what was shown stays: a total that goes
  // back looks like a restart to whoever collects it.
  hits_shown_ = std::max(hits_shown_, summary.hits);
  summary.hits = hits_shown_;
  return summary;
}

void CacheStats::Impl::compact() {
  const std::lock_guard asking{asking_};
  std::uint64_t taken = 0;
  for (cache::HitSource* source : sources_) {
    source->take_hits([&taken](std::string_view, std::uint64_t count) { taken += count; });
  }
  {
    const cache::ShortLockGuard guard{shards_[0].lock};
    shards_[0].totals[Counter::hits] += taken;
  }
  give_up_all_rows();
}

/// Sources before totals: a hit that is handed over meanwhile is forgotten there, or here.
void CacheStats::Impl::clear() {
  const std::lock_guard asking{asking_};
  for (cache::HitSource* source : sources_) {
    source->take_hits([](std::string_view, std::uint64_t) {});
  }
  for (Shard& shard : shards_) {
    {
      const cache::ShortLockGuard guard{shard.lock};
      shard.totals = {};
    }
    give_up_rows(shard);
  }
  hits_shown_ = 0;
}

void CacheStats::Impl::attach(cache::HitSource& source) {
  const std::lock_guard asking{asking_};
  TRACKSIDE_ASSERT(std::find(sources_.begin(), sources_.end(), &source) == sources_.end());
  sources_.push_back(&source);
}

void CacheStats::Impl::detach(cache::HitSource& source) {
  const std::lock_guard asking{asking_};
  const auto at = std::find(sources_.begin(), sources_.end(), &source);
  TRACKSIDE_ASSERT(at != sources_.end());
  source.take_hits([this](std::string_view key, std::uint64_t count) { this->count(Counter::hits, key, count); });
  TRACKSIDE_ASSERT(source.hits_held() == 0);
  sources_.erase(at);
}

CacheStats::CacheStats(CacheStatsLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
CacheStats::~CacheStats() = default;

KeyCounts CacheStats::hits() const { return impl_->figures_of(Counter::hits); }
KeyCounts CacheStats::misses() const { return impl_->figures_of(Counter::misses); }
KeyCounts CacheStats::invalidations() const { return impl_->figures_of(Counter::invalidations); }
KeyCounts CacheStats::dirty() const { return impl_->figures_of(Counter::dirty); }
CacheSummary CacheStats::summary() const { return impl_->summary(); }
void CacheStats::compact() { impl_->compact(); }
void CacheStats::clear() { impl_->clear(); }

void CacheStats::count_hits(std::string_view key, std::uint64_t times) { impl_->count(Counter::hits, key, times); }
void CacheStats::count_miss(std::string_view key) { impl_->count(Counter::misses, key, 1); }
void CacheStats::count_invalidation(std::string_view key) { impl_->count(Counter::invalidations, key, 1); }
void CacheStats::count_dirty(std::string_view key) { impl_->count(Counter::dirty, key, 1); }

void CacheStats::attach(cache::HitSource& source) { impl_->attach(source); }
void CacheStats::detach(cache::HitSource& source) { impl_->detach(source); }

std::string to_text(const CacheStats& stats) {
  const CacheSummary summary = stats.summary();
  return "CacheStats<hits=" + std::to_string(summary.hits) + ", misses=" + std::to_string(summary.misses) +
         ", dirty_hits=" + std::to_string(summary.dirty_hits) +
         ", invalidations=" + std::to_string(summary.invalidations) + ">";
}

}  // namespace trackside
