#include "tracking/slot_guards.hpp"

#include "resp/slot.hpp"

namespace trackside::tracking {

SlotGuards::Guard& SlotGuards::guard_of(std::uint16_t slot) {
  const auto [at, is_new] = guards_.try_emplace(slot, Guard{nullptr, nullptr});
  if (is_new) {
    at->second = {.lease = &store_.take_lease(), .absent = &store_.take_lease()};
    at->second.lease->put_under(&link_);
    at->second.absent->put_under(at->second.lease);
  }
  return at->second;
}

void SlotGuards::end(const Guard& guard) {
  for (cache::Lease* const lease : {guard.absent, guard.lease}) {
    lease->end();
    store_.give_back(*lease);
  }
}

void SlotGuards::up(std::uint16_t slot) {
  const std::lock_guard guard{mutex_};
  guard_of(slot).lease->renew(never);
}

void SlotGuards::proved(std::span<const SlotProof> proofs, Time anchor) {
  const std::lock_guard guard{mutex_};
  for (const SlotProof& proof : proofs) {
    const auto at = guards_.find(proof.slot);
    if (at != guards_.end()) {
      at->second.lease->renew(anchor);
      if (proof.covers == SlotProof::Covers::all_keys) {
        at->second.absent->renew(anchor);
      }
    }
  }
}

void SlotGuards::down(std::uint16_t server, std::span<const std::uint16_t> slots) {
  const std::lock_guard guard{mutex_};
  cache::Slots lost{.server = server, .link = &link_};
  std::vector<Guard> ended;
  for (const std::uint16_t slot : slots) {
    lost.numbers.set(slot);
    const auto at = guards_.find(slot);
    if (at != guards_.end()) {
      at->second.lease->end();
      lost.leases.insert(at->second.lease);
      ended.push_back(at->second);
      guards_.erase(at);
    }
  }
  if (ended.empty() && !store_.is_shared(server)) {
    return;  // nothing was ever kept of them
  }
  store_.drop(lost);
  for (const Guard& each : ended) {
    end(each);
  }
}

void SlotGuards::all_end() {
  const std::lock_guard guard{mutex_};
  for (const auto& [slot, each] : guards_) {
    end(each);
  }
  guards_.clear();
}

Fill SlotGuards::begin_fill(const cache::Reader& reader, const Query& query) {
  const std::lock_guard guard{mutex_};
  return store_.begin_fill(reader, query, *guard_of(resp::slot_of(query.key)).lease);
}

PutResult SlotGuards::keep(const cache::Reader& reader, Fill fill, const Query& query, std::string_view frame) {
  const std::lock_guard guard{mutex_};
  return store_.keep(reader, fill, query, frame, no_expiry, guard_of(resp::slot_of(query.key)).absent);
}

}  // namespace trackside::tracking
