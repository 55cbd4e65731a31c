// A cache that passes everything on to another: the base of caches that add something to one, such as a count, a log,
// or the decision which one it is to be.
//
// Thread rule: that of the cache within.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "trackside/abstract_cache.hpp"

namespace trackside {

class ForwardingCache : public AbstractCache {
 public:
  /// A share that `initialize` of the cache within returns takes its place.
  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) override;
  void release() override;
  bool healthy() const override;
  double confidence() const override;
  std::shared_ptr<CacheStats> stats() const override;
  std::optional<std::int64_t> get_client_id() const override;
  bool get(const Query& query, Reply& out) override;
  PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) override;
  void invalidate(std::span<const std::string_view> keys) override;
  void feedback(const Query& query, Match match) override;
  void reset() override;
  void shutdown() override;
  std::shared_ptr<CacheStore> store() const override;
  std::shared_ptr<AbstractCache> share() override;

  const TrackingOptions& tracking() const override;
  Duration max_idle() const override;
  bool accepts(const Query& query) const override;
  bool get_all(std::span<const Query> queries, std::span<Reply> out) override;
  bool confirm_all(std::span<const Query> queries, std::span<const ReplyView> replies) const override;
  std::optional<CacheUsage> usage() const override;
  Fill begin_fill(const Query& query, DataConnection by) override;
  void abandon_fill(Fill fill) override;
  bool is_open(Fill fill) const override;
  bool holds(const Query& query, ReplyView value) const override;
  void fence(std::span<const std::string_view> keys) override;
  void seen(std::span<const std::string_view> keys, DataConnection by) override;
  void begin_bypass() override;
  void end_bypass() override;
  void flush() override;
  void link_up(std::int64_t client_id) override;
  void link_vouched(Time anchor, std::optional<ServerTime> server_time) override;
  void link_down() override;
  void authority_vouched(Time anchor) override;
  void server_changed(std::string_view server) override;
  void data_up(DataConnection connection) override;
  void data_vouched(DataConnection connection, Time anchor, ServerTime server_time) override;
  void data_down(DataConnection connection, Time as_of) override;
  std::shared_ptr<AbstractCache> part_for(std::string_view node) override;
  void guard_up(std::uint16_t slot) override;
  void slots_vouched(std::span<const SlotProof> proofs, Time anchor) override;
  void guards_down(std::span<const std::uint16_t> slots) override;
  void slots_moved(std::span<const std::uint16_t> slots, std::string_view node) override;
  error_code register_connection(const Registration& registration) override;
  void connection_lost(std::int64_t client_id) override;
  std::vector<std::int64_t> foreign_connections() const override;

 protected:
  explicit ForwardingCache(std::shared_ptr<AbstractCache> within) { replace(std::move(within)); }

  AbstractCache& within() const { return *within_.load(std::memory_order_acquire); }
  /// The one before lives on for those threads that still ask it. By one thread at a time.
  void replace(std::shared_ptr<AbstractCache> within) {
    if (within != nullptr) {
      owned_.push_back(within);
    }
    within_.store(within.get(), std::memory_order_release);
  }

 private:
  std::atomic<AbstractCache*> within_{nullptr};
  std::vector<std::shared_ptr<AbstractCache>> owned_;
};

}  // namespace trackside
