// The fills under way of one shard: opened before a command is sent, revoked by whatever overtakes its reply, taken
// back when the reply is there. (Look-aside leases: Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013.)
//
// Invariant: a slot is taken or abandoned at most once for each time it was begun, since its generation is never given
// out again while anybody can hold it. Not synchronised; the shard's lock is held around every call.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cache/lease.hpp"
#include "trackside/time.hpp"

namespace trackside::cache {

class FillSlots {
 public:
  enum class State : std::uint8_t { free, open, revoked };
  struct Ticket {
    std::uint32_t slot;
    std::uint32_t generation;
  };
  struct OpenFill {
    std::uint64_t hash = 0;        // of the key
    const Lease* lease = nullptr;  // of the connection by which the reply will come
    Time begun{};
    std::uint32_t generation = 0;
    State state = State::free;
  };

  Ticket begin(const OpenFill& fill) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot] = fill;
    slots_[slot].generation = ++generations_;
    return {slot, generations_};
  }

  bool is_open(Ticket ticket) const { return holds(ticket) && slots_[ticket.slot].state == State::open; }

  /// Ends the fill and says what it was; nothing if it has ended before.
  std::optional<OpenFill> take(Ticket ticket) {
    if (!holds(ticket)) {
      return std::nullopt;
    }
    const OpenFill fill = slots_[ticket.slot];
    slots_[ticket.slot].state = State::free;
    free_.push_back(ticket.slot);
    if (size() == 0 && slots_.size() > kept_slots) {
      slots_.clear();  // scans cost what is under way now, not what once was
      free_.clear();
    }
    return fill;
  }

  /// Each tells whether there was such a fill. A key of equal hash is revoked too, which is only a fetch more.
  bool revoke_key(std::uint64_t hash) {
    return revoke_if([=](const OpenFill& fill) { return fill.hash == hash; });
  }
  /// Those of the key that do not come by the stream of `but`.
  bool revoke_key_but(std::uint64_t hash, const Lease* but) {
    return revoke_if(
        [=](const OpenFill& fill) { return fill.hash == hash && (but == nullptr || !fill.lease->depends_on(*but)); });
  }
  bool revoke_lease(const Lease& lease) {
    return revoke_if([&](const OpenFill& fill) { return fill.lease->depends_on(lease); });
  }
  bool revoke_all() {
    return revoke_if([](const OpenFill&) { return true; });
  }
  template <class Condition>
  bool revoke_if(const Condition& condition) {
    bool any = false;
    if (size() == 0) {
      return any;
    }
    for (OpenFill& fill : slots_) {
      if (fill.state == State::open && condition(fill)) {
        fill.state = State::revoked;
        any = true;
      }
    }
    return any;
  }

  std::size_t size() const { return slots_.size() - free_.size(); }

 private:
  static constexpr std::size_t kept_slots = 64;

  bool holds(Ticket ticket) const {
    return ticket.slot < slots_.size() && slots_[ticket.slot].generation == ticket.generation &&
           slots_[ticket.slot].state != State::free;
  }

  std::vector<OpenFill> slots_;
  std::vector<std::uint32_t> free_;
  std::uint32_t generations_ = 0;
};

}  // namespace trackside::cache
