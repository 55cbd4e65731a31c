// Cancellable tasks: a table of slots with generations, beside the scheduler's heap.
//
// An event of a cancelled timer stays in the heap and is recognised as dead by its generation, which is exact: a slot's
// generation changes whenever its task runs or is cancelled. When most of the pending timers are dead they are purged,
// so that set-and-cancel timeouts do not pile up.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/kernel/scheduler.hpp"
#include "trackside/runtime.hpp"

namespace trackside::sim {

class Timers {
 public:
  static constexpr std::uint32_t world = UINT32_MAX;  // a host that is never paused

  enum class Punctuality : std::uint8_t { exact, as_disturbed };
  struct Owner {
    std::uint32_t host = world;
    Punctuality punctuality = Punctuality::exact;
  };

  explicit Timers(Scheduler& scheduler) : scheduler_(scheduler) {}

  TimerId add(Instant at, Owner owner, Task task);
  void cancel(TimerId timer);

  /// Whether the event's timer is still wanted.
  bool alive(const Event& event) const noexcept {
    return slots_[event.entity].generation == static_cast<std::uint32_t>(event.argument);
  }
  /// Requires alive(event).
  Owner owner(const Event& event) const noexcept { return slots_[event.entity].owner; }
  /// How many its owner had added before.
  std::uint32_t ordinal(const Event& event) const noexcept { return slots_[event.entity].ordinal; }
  /// Takes the task out, so that it can be run; its id names nothing from now on. Requires alive(event).
  Task take(const Event& event);

  /// Tasks that wait.
  std::size_t pending() const noexcept { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    Task task{};
    std::uint32_t generation = 1;
    std::uint32_t ordinal = 0;
    Owner owner{};
  };

  void release(std::uint32_t slot);

  Scheduler& scheduler_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> added_;  // by owner; the world's come first
  std::size_t dead_ = 0;  // events of cancelled timers in the heap, at most
};

}  // namespace trackside::sim
