// See timers.hpp.
#include "sim/kernel/timers.hpp"

namespace trackside::sim {
namespace {

constexpr std::size_t dead_worth_purging = 128;

}  // namespace

TimerId Timers::add(Instant at, Owner owner, Task task) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.task = task;
  slot.owner = owner;
  const std::size_t whose = owner.host + 1U;  // 0: the world
  if (whose >= added_.size()) {
    added_.resize(whose + 1);
  }
  slot.ordinal = added_[whose]++;
  scheduler_.post(at, EventKind::timer, index, slot.generation);
  return static_cast<TimerId>((std::uint64_t{slot.generation} << 32) | index);
}

void Timers::cancel(TimerId timer) {
  const auto index = static_cast<std::uint32_t>(timer);
  const auto generation = static_cast<std::uint32_t>(static_cast<std::uint64_t>(timer) >> 32);
  if (index >= slots_.size() || slots_[index].generation != generation) {
    return;
  }
  release(index);
  if (++dead_ >= dead_worth_purging && dead_ * 2 > scheduler_.pending()) {
    scheduler_.purge([this](const Event& event) { return event.kind == EventKind::timer && !alive(event); });
    dead_ = 0;
  }
}

Task Timers::take(const Event& event) {
  const Task task = slots_[event.entity].task;
  release(event.entity);
  return task;
}

void Timers::release(std::uint32_t slot) {
  ++slots_[slot].generation;  // never 0 in practice: 2^32 timers in one slot would be needed
  free_.push_back(slot);
}

}  // namespace trackside::sim
