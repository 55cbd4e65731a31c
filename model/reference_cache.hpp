// The reference cache: the naive sequential specification of the tracking cache. Whatever the library does faster, it
// answers what this answers, call by call, and keeps and evicts the same (`model/reference_store.hpp`).
//
// Invariants: hits + misses = calls of `get` for what is accepted, and the parts of each `get_all` that found all;
// while its link is down nothing is kept that came by it, and no such fill is open.
//
// healthy(now): initialized, not shut down, link up, vouched since it came up, and now < anchor + max_idle.
// A reply's voucher is the link, or the data connection by which it came, where the server tells of what that one read.
// The server's clock is estimated from the voucher's last proof: now + (server_time - anchor). The anchor is the send
// time, so the estimate runs ahead by the proof's way there, and never behind. While nothing is known of that clock,
// whatever expires may have expired.
// A reply's age counts in ticks of 2^24 ns, rounded so that it is never taken for younger than it is, nor for older by
// two ticks: (floor(now / tick) - floor(asked_at / tick) + 1) ticks.
//
// Several caches may keep their replies in one store, and count in one object. Each has its own link, options, scope
// and confidence; what one removes is removed for all. Caches of other scopes see other replies.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/reference_stats.hpp"
#include "model/reference_store.hpp"

namespace trackside::model {

struct CachedQuery {
  std::string command;
  std::string key;
  std::vector<std::string> arguments{};

  friend bool operator==(const CachedQuery&, const CachedQuery&) = default;
};

enum class PutOutcome : std::uint8_t {
  kept,
  refused_revoked,
  refused_unhealthy,
  refused_bounds,
  refused_nil,
  refused_error,
};
enum class Agreement : std::uint8_t { no, yes };
enum class RegisterOutcome : std::uint8_t { registered, noloop_unsound, tracking_invalid, redirect_mismatch };

/// By which connection invalidations come: by the one that reads, in order with its replies, or by another one.
enum class ToldBy : std::uint8_t { reading_link, other_link };
/// Of what the server tells: of what was read, or of everything under the prefixes, out of order with replies.
enum class ToldOf : std::uint8_t { what_was_read, prefixes };

/// The CLIENT ID of the connection by which a reply came, where it is not the link.
using ConnectionId = std::int64_t;
inline constexpr ConnectionId the_link = 0;

struct ReferenceOptions {
  ReferenceBounds bounds{};  // of a store of its own
  Instant max_idle = 5'000'000'000;
  Instant max_ttl = 0;  // 0: none
  bool cache_nil = true;
  double confidence = 100.0;
  bool dynamic_confidence = false;
  ToldBy told_by = ToldBy::reading_link;
  ToldOf told_of = ToldOf::what_was_read;
  std::vector<std::string> prefixes{};  // none: every key
  std::function<bool(const CachedQuery&)> cacheable{};
  std::shared_ptr<ReferenceStore> store{};  // none: one of its own
  std::shared_ptr<ReferenceStats> stats{};  // none: an object of its own
};

struct ReferenceScope {
  std::string server{};
  std::uint32_t database = 0;
  std::string user{};
  int protocol = 3;
};

struct ReferenceTotals {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t dirty = 0;
  std::uint64_t invalidations = 0;

  friend bool operator==(const ReferenceTotals&, const ReferenceTotals&) = default;
};

class ReferenceCache {
 public:
  explicit ReferenceCache(const ReferenceOptions& options);
  /// What its link vouched for goes; fills stay known, revoked.
  ~ReferenceCache();
  ReferenceCache(const ReferenceCache&) = delete;
  ReferenceCache& operator=(const ReferenceCache&) = delete;

  // ---- links ----

  /// Before it nothing is healthy, found or removed. A second call changes nothing.
  void initialize(const ReferenceScope& scope = {});
  /// A link is there, and has vouched for nothing yet. If one was up already, it is lost first.
  void link_up(std::int64_t client_id);
  /// The link is lost, and with it every data connection: what they vouched for goes, their fills are revoked.
  void link_down();
  /// A probe sent at `anchor` was answered. Without a link: nothing.
  void link_vouched(Instant anchor, std::optional<ServerInstant> server_time);
  bool healthy(Instant now) const;
  std::optional<std::int64_t> client_id() const;  // of the link that is up

  // ---- data connections: only where the server tells by another link of what was read ----

  /// With a link, a connection of the client tells by it from now on, and has vouched for nothing yet. If it was known,
  /// it is lost first.
  void data_up(Instant now, ConnectionId connection);
  /// Something sent at `anchor` proved the connection to be what it was; unknown: nothing. Where the link alone
  /// vouches, and is not the one that reads, it tells the link the server's clock.
  void data_vouched(ConnectionId connection, Instant anchor, ServerInstant server_time);
  /// It was lost at `as_of`, unless it came later: what it vouched for goes, its fills are revoked.
  void data_down(ConnectionId connection, Instant as_of);
  /// Now, said by the program.
  void connection_lost(ConnectionId connection);
  struct Registration {
    ConnectionId connection = the_link;
    std::int64_t redirect = 0;
    bool noloop = false;
    std::optional<Instant> asked_at{};
  };
  /// As `data_up`, for a connection of the program; with `asked_at` it has vouched then, with the link's clock, if that
  /// is known. Refused with NOLOOP; where the link tells only of what itself read, or speaks RESP2 and cannot ask for
  /// others; unless it redirects to the link that is up. Where the link alone vouches there is nothing to register.
  RegisterOutcome register_connection(Instant now, const Registration& registration);
  std::vector<ConnectionId> foreign_connections() const;  // registered, not lost; in that order

  // ---- replies ----

  /// A question is accepted if its key is under a prefix, where there are prefixes, and the predicate allows it.
  bool accepts(const CachedQuery& query) const;
  /// The reply, if no bypass is open and one is kept that may be served; not expired, that is, the estimate of the
  /// server's clock is before `expires_at`, strictly. Counts a hit and makes the key the most recent one; otherwise
  /// counts a miss and changes no order. A reply that may be served and is found expired is removed, and its key with
  /// its last reply. What is not accepted is not found and not counted.
  ///
  /// A reply may be served if its voucher vouches, by this cache's max_idle; it is younger than max_ttl; the voucher is
  /// this cache's link or is under it, or that link vouches too and the voucher's proof is later than the end of this
  /// cache's last bypass.
  std::optional<std::string> get(Instant now, const CachedQuery& query);
  /// Each as `get` would find it, and vouched for by the cache's own link, whose stream is in order. Then each is a
  /// hit, in turn. Or nothing, and nothing changes.
  std::optional<std::vector<std::string>> get_all(Instant now, const std::vector<CachedQuery>& queries);
  /// Whether `get_all` would find just these. Changes nothing.
  bool confirm_all(Instant now, const std::vector<CachedQuery>& queries, const std::vector<std::string>& replies) const;
  /// Whether just this reply is kept, served or not.
  bool holds(const CachedQuery& query, const std::string& reply) const;

  /// A fresh number, or `no_fill` while unhealthy, for what is not accepted, and for a connection that does not tell:
  /// the link alone does where its order counts, data connections where the server tells by another link of what was
  /// read, any where it tells of everything. While bypassed, the fill is revoked from the beginning.
  FillId begin_fill(Instant now, const CachedQuery& query, ConnectionId by = the_link);
  /// Consumes the fill and has *seen* the reply, whatever the outcome, which is the first that applies of:
  ///   refused_error      the reply is an error;
  ///   refused_nil        the reply is null, and cache_nil is off;
  ///   refused_revoked    the fill is revoked, unknown (no_fill, consumed, abandoned), or was opened for another key or
  ///                      by another cache;
  ///   refused_unhealthy  its voucher does not vouch now, or the reply expires and its server's clock is not known;
  ///   refused_bounds     max_keys or max_size_bytes is 0, or the key with all its replies, this one in its place,
  ///                      would exceed max_size_bytes on its own;
  ///   kept               replaces the query's older reply and its expiry; see ReferenceStore::keep.
  /// An expired reply may be kept; `get` finds out.
  PutOutcome put(Instant now, FillId fill, const CachedQuery& query, std::string reply, ServerInstant expires_at);
  void abandon_fill(FillId fill);
  /// Whether the fill is known and not revoked.
  bool is_open(FillId fill) const { return store_->is_open(fill); }

  // ---- removal ----

  /// Replies about the keys came by this connection: the keys' replies and fills go that did not come by the same
  /// stream. Only the link's own stream is one, and only where replies and invalidations are in order on it.
  void seen(const std::vector<std::string>& keys, ConnectionId by = the_link);
  /// For every name, as often as it is named, cached or not: removes the key's replies, revokes its fills, counts one.
  void invalidate(const std::vector<std::string>& keys);
  /// The same, uncounted.
  void fence(const std::vector<std::string>& keys);
  /// Drops all entries, revokes all fills; counts nothing.
  void flush();
  /// Like flush, and the confidence is the initial one again, and figures of single keys are given up. Totals, link and
  /// bypasses stay.
  void reset();
  /// Bypasses nest, over all caches of the store; each beginning and each end revokes all fills. Entries stay, and are
  /// served after the last end.
  void begin_bypass();
  void end_bypass(Instant now);
  /// Final: the link is lost. Afterwards `get` counts misses, `begin_fill` gives no_fill, `put` is refused_revoked;
  /// links, `invalidate`, `feedback` and `reset` do nothing. What only takes away from others who share goes on:
  /// `seen`, `fence`, `flush` and bypasses.
  void shutdown();

  // ---- confidence ----

  /// yes: with dynamic confidence, confidence * 1.0001, at most 100. no: one dirty, then the key is invalidated
  /// (counted), then, with dynamic confidence, confidence * 0.999. Whether anything is kept under the query plays no
  /// part.
  void feedback(const CachedQuery& query, Agreement agreement);
  double confidence() const { return confidence_; }  // within 0..100, whatever the options say
  ReferenceTotals totals() const;
  const ReferenceStats& stats() const { return *stats_; }

  // ---- for comparison ----

  const ReferenceStore& store() const { return *store_; }
  std::int64_t size_bytes() const { return store_->size_bytes(); }
  std::vector<std::string> keys_by_recency() const { return store_->keys_by_recency(); }
  std::size_t known_fills() const { return store_->known_fills(); }
  /// What hooks are told since this was asked last: "hit GET k", "invalidated k", "flushed", "revoked GET k" for a put
  /// that is refused_revoked though there was a fill, "link up 7", "link down".
  std::vector<std::string> take_told() { return std::exchange(told_, {}); }

 private:
  struct DataConnection {
    ConnectionId connection = the_link;
    bool foreign = false;
    Voucher voucher = no_voucher;
    Instant since = 0;
  };

  bool in_order() const;
  bool needs_registration() const;
  KeyName name_of(const std::string& key) const { return {scope_->server, key}; }
  Question question_of(const CachedQuery& query) const;
  bool may_serve(Instant now, const KeptReply& reply) const;
  bool expired(Instant now, const KeptReply& reply) const;
  bool too_old(Instant now, const KeptReply& reply) const;
  const KeptReply* find_own(Instant now, const CachedQuery& query) const;
  Voucher stream_of(ConnectionId by) const;
  Voucher voucher_of(ConnectionId by) const;
  std::vector<DataConnection>::iterator find_data(ConnectionId connection);
  void add_data(ConnectionId connection, bool foreign, Instant now);
  void lose_data();
  PutOutcome outcome_of(Instant now, const std::optional<ReferenceFill>& fill, const CachedQuery& query,
                        const KeptReply& reply) const;
  void say(const std::string& event, const CachedQuery& query);

  const ReferenceOptions options_;
  const std::shared_ptr<ReferenceStore> store_;
  const std::shared_ptr<ReferenceStats> stats_;
  const Voucher link_;
  std::optional<ReferenceScope> scope_;  // since initialize
  bool shut_down_ = false;
  std::optional<std::int64_t> client_id_;  // while the link is up
  std::vector<DataConnection> data_;
  std::optional<Instant> trust_others_after_;
  double confidence_;
  std::vector<std::string> told_;
};

}  // namespace trackside::model
