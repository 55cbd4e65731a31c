// The cache for one Redis node: bounded, least recently used first out, and never staler than max_idle.
//
// A hit is served only while the link that vouched for it is up and has proved within `max_idle`, counted from the
// sending of the proof, that every invalidation so far has arrived; judged at the moment of the read, on a clock that
// counts suspended time. A reply is kept only if nothing overtook it on its way. A key with a time to live is never
// served beyond it (on Redis 6, which does not tell the time of expiry, by no more than the flight of one probe).
//
// Names, defaults and arithmetic are those of coredis's NodeTrackingCache (https://coredis.readthedocs.io, "Caching").
// Where that implementation and its documentation differ, the documentation holds: an unhealthy cache is not used, an
// idle breach resets, a mismatch never returns the cached value, nil is cached, FLUSHALL empties, what a lost
// connection vouched for is dropped at once.
//
// Programs that read through a client of their own register its connections (`register_connection`), open a fill before
// each read and put the reply back; see impl/examples/beside_hiredis.cpp.
//
// Bounds and their formula: `trackside/cache_store.hpp`.
// Thread rule: as AbstractCache; besides, `begin_fill`, `put`, `abandon_fill`, `is_open`, `holds`, `fence`, `seen`,
// `invalidate`, `feedback`, `begin_bypass`, `end_bypass`, `register_connection` and `connection_lost` from any thread.
// One cache belongs to one client; give another one a `share()`.
#pragma once

#include <memory>

#include "trackside/abstract_cache.hpp"
#include "trackside/cache_store.hpp"
#include "trackside/options.hpp"

namespace trackside {
namespace tracking {
class Confidence;
}

class NodeTrackingCache final : public AbstractCache {
 public:
  /// `confidence`: what it learns with others of one client, as parts of one cache; null: by itself.
  explicit NodeTrackingCache(CacheOptions options = {}, std::shared_ptr<tracking::Confidence> confidence = nullptr);
  ~NodeTrackingCache() override;

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

  Fill begin_fill(const Query& query, DataConnection by = DataConnection::in_band) override;
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
  std::vector<std::int64_t> foreign_connections() const override;

  void guard_up(std::uint16_t slot) override;
  void slots_vouched(std::span<const SlotProof> proofs, Time anchor) override;
  void guards_down(std::span<const std::uint16_t> slots) override;
  error_code register_connection(const Registration& registration) override;
  void connection_lost(std::int64_t client_id) override;

  /// Keys and bytes held now; fills that were begun and not ended.
  std::size_t keys() const;
  std::size_t bytes() const;
  std::size_t open_fills() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trackside
