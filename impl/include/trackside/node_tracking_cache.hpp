// The cache for one Redis node: bounded, least recently used first out, and never staler than max_idle.
//
// A hit is served only while the link that vouched for it is up and has proved within `max_idle`, counted from the
// sending of the proof, that every invalidation so far has arrived; judged at the moment of the read, on a clock that
// counts suspended time. A reply is kept only if nothing overtook it on its way. A key with a time to live is never
// served beyond it (on Redis 6, which does not tell the time of expiry, by no more than the flight of one probe).
//
// Names, defaults and arithmetic are those of coredis's NodeTrackingCache (https://coredis.readthedocs.io, "Caching");
// where that implementation and its documentation differ, the documentation holds: an idle breach resets, a mismatch
// never returns the cached value, nil is cached.
//
// Bounds: a key counts 64 bytes plus its name; each reply 48 bytes, plus 4 and its length for the command and every
// further argument, plus the length of its RESP frame. Eviction is exact least recently *served or kept*, by key.
// One key holds at most 256 replies; beyond that the one kept longest ago goes.
//
// Thread rule: as AbstractCache. One cache belongs to one client.
#pragma once

#include <memory>

#include "trackside/abstract_cache.hpp"
#include "trackside/options.hpp"

namespace trackside {

class NodeTrackingCache final : public AbstractCache {
 public:
  explicit NodeTrackingCache(CacheOptions options = {});
  ~NodeTrackingCache() override;

  void initialize(const Clock& clock, const CacheScope& scope) override;
  bool healthy() const override;
  double confidence() const override;
  CacheSummary stats() const override;
  std::optional<std::int64_t> get_client_id() const override;
  bool get(const Query& query, Reply& out) override;
  PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) override;
  void invalidate(std::span<const std::string_view> keys) override;
  void feedback(const Query& query, Match match) override;
  void reset() override;
  void shutdown() override;

  Fill begin_fill(const Query& query) override;
  void abandon_fill(Fill fill) override;
  bool is_open(Fill fill) const override;
  bool holds(const Query& query, ReplyView value) const override;
  void fence(std::span<const std::string_view> keys) override;
  void begin_bypass() override;
  void end_bypass() override;
  void flush() override;
  void link_up(std::int64_t client_id) override;
  void link_vouched(Time anchor, ServerTime server_time) override;
  void link_down() override;
  Duration max_idle() const override;
  std::optional<CacheUsage> usage() const override;

  /// Keys and bytes held now, by the formula above; fills that were begun and not ended.
  std::size_t keys() const;
  std::size_t bytes() const;
  std::size_t open_fills() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trackside
