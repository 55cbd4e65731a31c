// What vouches for the replies about a cluster's slots, beside the link.
//
// A node tells of the end of a guard (a subscription to a shard channel of the slot) the moment the slot leaves it,
// however it leaves. So what is kept of a slot is good while its guard is up and the link vouches; a fill may begin
// before the guard is confirmed, for the guard was asked for first. Two leases per slot: one under the link's, which
// runs while the guard is up, and one under that, for replies about keys that do not exist. Of those a slot that is
// only open for migration tells nothing; they are good for max_idle from the last such reply, which was answered
// without ASK. Where nodes cannot be asked to tell, both run from the last question about the slot that was answered
// (link/slot_questions.hpp). Invariant: a lease is in here from before it is named by a fill until everything that
// names it is dropped. Source: behaviour of redis-server 7.0.15. Thread rule: any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>

#include <boost/container/flat_map.hpp>

#include "cache/store.hpp"

namespace trackside::tracking {

class SlotGuards {
 public:
  SlotGuards(cache::Store& store, const cache::Lease& link) : store_(store), link_(link) {}

  void up(std::uint16_t slot);
  /// The node answered for them; of those that were guarded only.
  void proved(std::span<const SlotProof> proofs, Time anchor);
  /// Everything that is kept of the server's slots goes, for whomever, and their fills are revoked: in one pass.
  void down(std::uint16_t server, std::span<const std::uint16_t> slots);
  /// The link ended, and everything that depends on it was dropped.
  void all_end();

  Fill begin_fill(const cache::Reader& reader, const Query& query);
  PutResult keep(const cache::Reader& reader, Fill fill, const Query& query, std::string_view frame);

 private:
  struct Guard {
    cache::Lease* lease;
    cache::Lease* absent;
  };
  Guard& guard_of(std::uint16_t slot);
  void end(const Guard& guard);

  cache::Store& store_;
  const cache::Lease& link_;
  std::mutex mutex_;
  boost::container::flat_map<std::uint16_t, Guard> guards_;
};

}  // namespace trackside::tracking
