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
    TRACKSIDE_ASSERT(last_due_ == nobody || slots_[last_due_].deadline <= deadline);
    caller.queued_by_deadline = true;
    caller.due_before = last_due_;
    (last_due_ == nobody ? first_due_ : slots_[last_due_].due_after) = index;
    last_due_ = index;
  }
  ++size_;
  return index;
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
