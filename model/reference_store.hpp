// The reference store: what one or more reference caches keep together, as a map and two lists. Whatever the library's
// store does faster, it keeps, revokes and evicts the same.
//
// Invariants: keys <= max_keys and bytes <= max_size_bytes after every put (negative bounds are none); a key is kept if
// and only if it has a reply; every kept key is in the order of recency once; every reply and every open fill names a
// voucher that has not ended since.
//
//   bytes(key) = key_overhead + block(key_header + |name|)
//              + sum over its replies: block(reply_overhead + sum over command and arguments (4 + |part|) + |reply|)
//   block(n)   = the allocator's: n + block_header, rounded up to a multiple of block_step, block_min at least
//
// A name belongs to a server, whatever the database, user and protocol (its *space*) that a reply was asked in: what is
// said of a name concerns the replies of all spaces.
// Nothing here is fast: no call is better than linear.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/history.hpp"

namespace trackside::model {

using ServerInstant = std::int64_t;  // nanoseconds since the Unix epoch on the server's clock
inline constexpr ServerInstant never_expires = INT64_MAX;

using FillId = std::uint64_t;
inline constexpr FillId no_fill = 0;

/// A link, or a data connection that tells by a link.
using Voucher = std::uint64_t;
inline constexpr Voucher no_voucher = 0;

struct ReferenceBounds {
  std::int64_t max_keys = 4096;
  std::int64_t max_size_bytes = std::int64_t{64} * 1024 * 1024;
  std::int64_t key_overhead = 0;
  std::int64_t key_header = 0;
  std::int64_t reply_overhead = 0;
  std::int64_t block_header = 0;
  std::int64_t block_step = 1;
  std::int64_t block_min = 0;
  std::size_t replies_per_key_max = 256;
};

struct KeyName {
  std::string server;
  std::string key;

  friend auto operator<=>(const KeyName&, const KeyName&) = default;
};

/// What was asked about a key, and in which space.
struct Question {
  std::string space;
  std::string command;
  std::vector<std::string> arguments;

  friend auto operator<=>(const Question&, const Question&) = default;
};

struct KeptReply {
  std::string frame;
  ServerInstant expires_at = never_expires;
  Instant asked_at = 0;
  Voucher voucher = no_voucher;
  std::uint64_t kept = 0;  // in which order
};

struct ReferenceFill {
  KeyName name;
  Voucher voucher = no_voucher;
  Instant begun = 0;
  bool revoked = false;
};

class ReferenceStore {
 public:
  explicit ReferenceStore(const ReferenceBounds& bounds) : bounds_(bounds) {}

  // ---- who vouches ----

  /// One that has proved nothing yet. One `under` another vouches only as long as both do.
  Voucher new_voucher(Voucher under = no_voucher);
  /// A proof was sent at `anchor`. An older one that comes late takes nothing back.
  void prove(Voucher voucher, Instant anchor);
  /// The server's clock showed `server_time` when something sent at `sent` was answered. Likewise.
  void set_server_clock(Voucher voucher, Instant sent, ServerInstant server_time);
  /// It has proved nothing any more, and knows no server's clock. What depends on it goes, and its fills are revoked.
  void end(Voucher voucher);

  bool depends_on(Voucher voucher, Voucher link) const;
  /// Up to when it has heard everything: the earlier proof, where it is under another.
  std::optional<Instant> proved(Voucher voucher) const;
  bool vouches(Voucher voucher, Instant now, Instant max_idle) const;
  /// As far as is known, and never behind; nothing while nothing is known.
  std::optional<ServerInstant> server_clock(Voucher voucher, Instant now) const;

  // ---- replies ----

  const KeptReply* find(const KeyName& name, const Question& question) const;
  /// The reply that the server would not give any more.
  void expire(const KeyName& name, const Question& question);
  /// Whether the key with this reply in the place of an older one is within the bounds on its own.
  bool fits(const KeyName& name, const Question& question, const KeptReply& reply) const;
  /// Replaces the question's older reply, makes the key the most recent one, removes the key's reply that was kept
  /// longest ago if there are too many, then evicts least recent keys, whole, until the bounds hold.
  void keep(const KeyName& name, const Question& question, KeptReply reply);
  void make_most_recent(const KeyName& name);

  // ---- removal ----

  /// Removes the key's replies and revokes its fills.
  void remove(const KeyName& name);
  /// A reply about the key came by the stream of this voucher, or by none whose order is known: removes the replies and
  /// revokes the fills of the key that are not of the same stream, since they may be older.
  void overtake(const KeyName& name, Voucher stream);
  void clear();
  void revoke_all();

  // ---- fills, and reads that are held off ----

  FillId begin_fill(const ReferenceFill& fill);
  std::optional<ReferenceFill> take_fill(FillId fill);
  bool is_open(FillId fill) const;
  std::size_t known_fills() const { return fills_.size(); }  // revoked ones too

  void begin_bypass();
  void end_bypass();
  bool bypassed() const { return bypasses_ > 0; }

  // ---- for comparison ----

  std::int64_t size_bytes() const;
  std::vector<std::string> keys_by_recency() const;  // most recent first

 private:
  using Replies = std::map<Question, KeptReply>;
  struct Vouching {
    Voucher under = no_voucher;
    std::optional<Instant> anchor{};
    std::optional<std::int64_t> server_offset{};
    Instant clock_asked = 0;
  };

  void remove_if_empty(const KeyName& name);
  bool within_bounds() const;
  std::int64_t block(std::int64_t size) const;
  std::int64_t bytes_of(const KeyName& name, const Replies& replies) const;
  void remove_oldest_of_too_many(Replies& replies) const;

  const ReferenceBounds bounds_;
  std::map<Voucher, Vouching> vouchers_;
  Voucher last_voucher_ = no_voucher;
  std::map<KeyName, Replies> entries_;
  std::list<KeyName> recency_;  // most recent first
  std::map<FillId, ReferenceFill> fills_;
  FillId last_fill_ = no_fill;
  std::uint64_t kept_ = 0;
  std::uint64_t bypasses_ = 0;
};

}  // namespace trackside::model
