// Who waits for an answer: every caller's completion and deadline, and that each is called exactly once.
//
// Callers live in slots named by index and generation. Those with the common timeout stand in one queue by deadline,
// which is the order they came in, but for what a cluster hands on. A completion is taken out before it is called, so
// that it may submit again.
#pragma once

#include <cstdint>
#include <vector>

#include "client/figure.hpp"
#include "trackside/client_core.hpp"

namespace trackside::client {

inline constexpr std::uint32_t nobody = UINT32_MAX;

struct Caller {
  Completion completion{};
  Time deadline = never;
  std::uint32_t generation = 0;
  std::uint32_t exchange = nobody;  // what it waits for; nobody: it failed before anything was sent
  std::uint32_t next = nobody;      // of the same exchange
  std::uint32_t due_before = nobody;
  std::uint32_t due_after = nobody;
  Source source = Source::server;
  bool in_use = false;
  bool queued_by_deadline = false;
};

class Callers {
 public:
  std::uint32_t add(Completion completion, Time deadline);
  /// Frees the slot, then calls the completion.
  void complete(std::uint32_t index, const Outcome& outcome);

  Caller& operator[](std::uint32_t index) { return slots_[index]; }
  OperationId id_of(std::uint32_t index) const;
  /// The slot the id names, or nobody when that command is done.
  std::uint32_t find(OperationId id) const;

  /// The caller with the earliest deadline, or nobody.
  std::uint32_t first_due() const { return first_due_; }
  /// Callable from any thread.
  std::size_t size() const { return size_.value(); }
  /// Slots ever used; for walking over all callers.
  std::uint32_t slot_count() const { return static_cast<std::uint32_t>(slots_.size()); }

 private:
  void link_due(std::uint32_t index);
  void unlink_due(Caller& caller);

  std::vector<Caller> slots_;
  std::vector<std::uint32_t> free_;
  std::uint32_t first_due_ = nobody;
  std::uint32_t last_due_ = nobody;
  Figure size_;
};

}  // namespace trackside::client
