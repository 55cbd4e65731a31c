// The heap of pending tasks. See timer_queue.hpp for the invariant: slots_[heap_[i]].heap_index == i for every i.
#include "asio/timer_queue.hpp"

#include <utility>

namespace trackside::asio {

namespace {

// The low half names the slot, from 1 so that zero names none; the high half is the slot's generation.
TimerId make_id(std::uint32_t slot, std::uint32_t generation) {
  return TimerId{(std::uint64_t{generation} << 32) | (std::uint64_t{slot} + 1)};
}

}  // namespace

TimerId TimerQueue::add(Time when, Task task) {
  SlotIndex index = 0;
  if (free_.empty()) {
    index = static_cast<SlotIndex>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.when = when;
  slot.order = added_++;
  slot.task = task;
  heap_.push_back(index);
  place(heap_.size() - 1, index);
  sift_up(heap_.size() - 1);
  return make_id(index, slot.generation);
}

void TimerQueue::cancel(TimerId timer) {
  const auto bits = static_cast<std::uint64_t>(timer);
  const auto low = static_cast<std::uint32_t>(bits);
  if (low == 0 || low > slots_.size()) return;
  const Slot& slot = slots_[low - 1];
  if (slot.generation == static_cast<std::uint32_t>(bits >> 32)) remove(slot.heap_index);
}

void TimerQueue::clear() {
  while (!heap_.empty()) remove(heap_.size() - 1);
}

Time TimerQueue::earliest() const noexcept { return heap_.empty() ? never : slots_[heap_.front()].when; }

std::optional<Task> TimerQueue::take(Time now) {
  if (heap_.empty()) return std::nullopt;
  const Slot& first = slots_[heap_.front()];
  if (first.when > now) return std::nullopt;
  const Task task = first.task;
  remove(0);
  return task;
}

bool TimerQueue::before(SlotIndex left, SlotIndex right) const noexcept {
  const Slot& a = slots_[left];
  const Slot& b = slots_[right];
  return a.when != b.when ? a.when < b.when : a.order < b.order;
}

void TimerQueue::place(std::size_t heap_index, SlotIndex slot) noexcept {
  heap_[heap_index] = slot;
  slots_[slot].heap_index = static_cast<std::uint32_t>(heap_index);
}

void TimerQueue::sift_up(std::size_t heap_index) noexcept {
  const SlotIndex moving = heap_[heap_index];
  while (heap_index > 0) {
    const std::size_t parent = (heap_index - 1) / 2;
    if (!before(moving, heap_[parent])) break;
    place(heap_index, heap_[parent]);
    heap_index = parent;
  }
  place(heap_index, moving);
}

void TimerQueue::sift_down(std::size_t heap_index) noexcept {
  const SlotIndex moving = heap_[heap_index];
  for (;;) {
    std::size_t child = 2 * heap_index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], moving)) break;
    place(heap_index, heap_[child]);
    heap_index = child;
  }
  place(heap_index, moving);
}

void TimerQueue::remove(std::size_t heap_index) {
  const SlotIndex removed = heap_[heap_index];
  const SlotIndex last = heap_.back();
  heap_.pop_back();
  if (removed != last) {
    place(heap_index, last);
    sift_up(heap_index);
    sift_down(slots_[last].heap_index);
  }
  ++slots_[removed].generation;
  free_.push_back(removed);
}

}  // namespace trackside::asio
