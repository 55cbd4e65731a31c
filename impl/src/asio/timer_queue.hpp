// Pending tasks in the order in which they are due: the part of a runtime's timers that is no input or output.
//
// A binary heap of slot numbers, ordered by (when, order of arrival), over a table of slots. A slot knows its place in
// the heap, so cancelling is exact and leaves nothing behind; it carries a generation, so the name of a task that ran
// or was cancelled never names a later one. After warm-up nothing allocates.
// Neighbour: `asio_runtime.cpp` arms one Asio timer for the earliest task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "trackside/runtime.hpp"

namespace trackside::asio {

class TimerQueue {
 public:
  TimerId add(Time when, Task task);
  /// Does nothing for a task that was taken or cancelled before.
  void cancel(TimerId timer);
  void clear();

  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  /// When the first task is due; `never` if there is none.
  Time earliest() const noexcept;

  /// Takes the first task that is due at `now`.
  std::optional<Task> take(Time now);

 private:
  using SlotIndex = std::uint32_t;

  struct Slot {
    Time when{};
    std::uint64_t order = 0;
    Task task{};
    std::uint32_t generation = 1;
    std::uint32_t heap_index = 0;
  };

  bool before(SlotIndex left, SlotIndex right) const noexcept;
  void place(std::size_t heap_index, SlotIndex slot) noexcept;
  void sift_up(std::size_t heap_index) noexcept;
  void sift_down(std::size_t heap_index) noexcept;
  void remove(std::size_t heap_index);

  std::vector<Slot> slots_;
  std::vector<SlotIndex> free_;
  std::vector<SlotIndex> heap_;
  std::uint64_t added_ = 0;
};

}  // namespace trackside::asio
