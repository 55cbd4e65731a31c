// Caches and their specifications side by side: every call goes to both, and every answer is compared.
//
// One store, with one to three caches on it, which come and go; statistics together or apart. After each call `compare`
// looks at everything that can be asked without changing anything.
// Neighbours: store_calls.hpp makes the calls; model/reference_cache.hpp says what is right.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/reference_cache.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {

class HandClock final : public Clock {
 public:
  Time now() const override { return Time{Duration{instant}}; }
  std::int64_t instant = 1'000'000'000;
};

/// A query of the library that points into one of the model.
struct Borrowed {
  explicit Borrowed(const model::CachedQuery& from) {
    for (const std::string& argument : from.arguments) {
      arguments.push_back(argument);
    }
    query = {.command = from.command, .key = from.key, .arguments = arguments};
  }
  std::vector<std::string_view> arguments;
  Query query;
};

/// One cache of several: how it keeps, and whose data it reads.
struct TwinCache {
  CacheOptions options{};
  CacheScope scope{.server = "here"};
};

enum class Counting : std::uint8_t { together, apart };

/// How a further cache comes about: made for the store, or handed out by one that is there, with its options.
enum class Origin : std::uint8_t { made, shared, initialized_again };

class StoreTwin {
 public:
  /// The first one's bounds are the store's. Caches are there once they were told to `join`.
  StoreTwin(std::vector<TwinCache> caches, Counting counting);
  /// One cache that has joined.
  explicit StoreTwin(const CacheOptions& options);
  ~StoreTwin();

  HandClock clock;

  void join(std::size_t who, Origin origin);
  /// The cache ends. What it still bypasses it gives up before. The last one stays.
  void leave(std::size_t who);
  bool joined(std::size_t who) const { return who < caches_.size() && caches_[who].subject != nullptr; }
  model::Instant shown_to(std::size_t who) const;
  std::size_t caches() const { return caches_.size(); }

  // Each of these does nothing for a cache that has not joined.
  void initialize(std::size_t who = 0);
  void link_up(std::int64_t client_id, std::size_t who = 0);
  void link_down(std::size_t who = 0);
  void vouch(std::int64_t anchor, std::optional<ServerTime> server_time, std::size_t who = 0);
  void data_up(std::int64_t connection, std::size_t who);
  void data_vouched(std::int64_t connection, std::int64_t anchor, ServerTime server_time, std::size_t who);
  void data_down(std::int64_t connection, Time as_of, std::size_t who);
  void connection_lost(std::int64_t connection, std::size_t who);
  void register_connection(const Registration& registration, std::size_t who);
  void get(const model::CachedQuery& query, std::size_t who = 0);
  void get_all(const std::vector<model::CachedQuery>& queries, std::size_t who);
  void confirm_all(const std::vector<model::CachedQuery>& queries, const std::vector<std::string>& replies,
                   std::size_t who);
  void begin_fill(const model::CachedQuery& query, std::int64_t by = 0, std::size_t who = 0);
  /// Puts under the n-th fill ever begun; the n beyond the last one is no fill.
  void put(std::size_t fill, const model::CachedQuery& query, const std::string& frame, ServerTime expires_at,
           std::size_t who = 0);
  void abandon(std::size_t fill, std::size_t who = 0);
  void seen(const std::vector<std::string>& keys, std::int64_t by, std::size_t who);
  void invalidate(const std::vector<std::string>& keys, std::size_t who = 0);
  void fence(const std::vector<std::string>& keys, std::size_t who = 0);
  void feedback(const model::CachedQuery& query, Match match, std::size_t who = 0);
  void flush(std::size_t who = 0);
  void reset(std::size_t who = 0);
  void begin_bypass(std::size_t who = 0);
  void end_bypass(std::size_t who = 0);
  void shutdown(std::size_t who = 0);

  /// Compares everything that can be asked without changing anything.
  void compare();

  std::size_t fills() const { return fills_.size(); }
  const model::CachedQuery& query_of(std::size_t fill) const { return fills_[fill].query; }
  std::size_t begun_by(std::size_t fill) const { return fills_[fill].who; }
  std::int64_t begun_at(std::size_t fill) const { return fills_[fill].begun; }
  bool is_open(std::size_t fill) const { return reference_store_->is_open(fills_[fill].specification); }
  /// What was kept last, the latest at 0; none if there was not so much.
  struct Put {
    model::CachedQuery query;
    std::string frame;
  };
  const Put* kept_before(std::size_t back) const { return back_in(kept_, back); }
  std::optional<std::int64_t> client_id(std::size_t who) const;
  std::int64_t anchor() const { return anchor_; }
  ServerTime server_time() const { return server_time_; }  // of the latest vouching
  std::uint64_t hits() const;
  std::uint64_t foreign_hits() const { return foreign_hits_; }  // of what another cache kept
  std::uint64_t joint_hits() const { return joint_hits_; }      // calls of get_all that found all

 private:
  struct Both {
    TwinCache drawn;
    std::shared_ptr<NodeTrackingCache> subject{};
    std::unique_ptr<model::ReferenceCache> specification{};
    std::size_t stats = 0;
    std::size_t bypasses = 0;
    bool initialized = false;
  };
  struct BothFills {
    Fill subject;
    model::FillId specification;
    model::CachedQuery query;
    std::size_t who;
    std::int64_t begun;
  };
  struct BothStats {
    std::shared_ptr<CacheStats> subject;
    std::shared_ptr<model::ReferenceStats> specification;
  };

  std::shared_ptr<NodeTrackingCache> new_subject(const Both& cache, Origin origin);
  static const Put* back_in(const std::vector<Put>& puts, std::size_t back) {
    return back < puts.size() ? &puts[puts.size() - 1 - back] : nullptr;
  }
  std::size_t count_living() const;
  Both& living();
  void compare_store();
  void compare_cache(const Both& cache) const;
  void compare_stats(const BothStats& stats) const;
  void compare_told();

  std::vector<std::string> told_;  // what the subjects' hooks said
  const model::ReferenceBounds bounds_;
  const std::shared_ptr<CacheStore> subject_store_;
  const std::shared_ptr<model::ReferenceStore> reference_store_;
  std::vector<BothStats> stats_;
  std::vector<Both> caches_;
  std::vector<BothFills> fills_;
  std::vector<Put> puts_;  // kept or not
  std::vector<Put> kept_;
  std::int64_t anchor_ = 0;
  ServerTime server_time_ = 0;
  std::uint64_t foreign_hits_ = 0;
  std::uint64_t joint_hits_ = 0;
};

}  // namespace trackside::testing
