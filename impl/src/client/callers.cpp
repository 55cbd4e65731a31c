#include "client/callers.hpp"

#include "seam/assertion.hpp"

namespace trackside::client {

std::uint32_t Callers::add(Completion completion, Time deadline) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Caller& caller = slots_[index];
  TRACKSIDE_ASSERT(!caller.in_use);
  caller = Caller{.completion = completion, .deadline = deadline, .generation = caller.generation + 1, .in_use = true};
  if (deadline != never) {
    link_due(index);
  }
  ++size_;
  return index;
}

/// Behind those that are due no later: nearly always the last one.
void Callers::link_due(std::uint32_t index) {
  Caller& caller = slots_[index];
  std::uint32_t before = last_due_;
  while (before != nobody && slots_[before].deadline > caller.deadline) {
    before = slots_[before].due_before;
  }
  std::uint32_t& after_before = before == nobody ? first_due_ : slots_[before].due_after;
  caller.queued_by_deadline = true;
  caller.due_before = before;
  caller.due_after = after_before;
  (caller.due_after == nobody ? last_due_ : slots_[caller.due_after].due_before) = index;
  after_before = index;
}

void Callers::unlink_due(Caller& caller) {
  if (!caller.queued_by_deadline) {
    return;
  }
  (caller.due_before == nobody ? first_due_ : slots_[caller.due_before].due_after) = caller.due_after;
  (caller.due_after == nobody ? last_due_ : slots_[caller.due_after].due_before) = caller.due_before;
}

void Callers::complete(std::uint32_t index, const Outcome& outcome) {
  Caller& caller = slots_[index];
  TRACKSIDE_ASSERT(caller.in_use);
  const Completion completion = caller.completion;
  unlink_due(caller);
  caller.in_use = false;
  free_.push_back(index);
  --size_;
  completion.function(completion.context, completion.argument, outcome);
}

OperationId Callers::id_of(std::uint32_t index) const {
  return OperationId{(std::uint64_t{slots_[index].generation} << 32) | (index + std::uint64_t{1})};
}

std::uint32_t Callers::find(OperationId id) const {
  const auto number = static_cast<std::uint64_t>(id);
  const std::uint64_t index = (number & UINT32_MAX) - 1;
  if (index >= slots_.size() || !slots_[index].in_use || slots_[index].generation != number >> 32) {
    return nobody;
  }
  return static_cast<std::uint32_t>(index);
}

}  // namespace trackside::client
