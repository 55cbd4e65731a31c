#include "client/relay.hpp"

#include <algorithm>
#include <utility>

#include "client/command_info.hpp"
#include "client/command_table.hpp"
#include "seam/assertion.hpp"
#include "seam/mark.hpp"

namespace trackside::client {

Relay::Relay(Runtime& runtime, const ClientOptions& options)
    : runtime_(runtime),
      options_(options),
      alarm_(runtime, {[](void* self, std::uint64_t) { static_cast<Relay*>(self)->hand_over_waiting(); }, this, 0}),
      failures_(runtime, callers_,
                {[](void* self, std::uint64_t) {
                   auto& relay = *static_cast<Relay*>(self);
                   relay.failures_.deliver([&](std::uint32_t caller, error_code error) {
                     relay.complete(caller, {.error = error});
                   });
                 },
                 this, 0}) {}

Relay::~Relay() { TRACKSIDE_ASSERT(final_); }

OperationId Relay::submit(Command command, Completion completion, const Reply* doubted, Time deadline) {
  Operation operation;
  if (!command.empty()) {
    const Classified classified = classify(command);
    operation.repeatable = changes_nothing(classified);
    operation.is_script = classified.kind == CommandKind::unknown_keys;
    operation.is_blocking = classified.kind == CommandKind::blocking;
  }
  operation.command = std::move(command);
  if (doubted != nullptr && !doubted->view().frame().empty()) {
    operation.doubted = *doubted;
  }
  return launch(std::move(operation), completion, deadline);
}

OperationId Relay::submit_transaction(std::vector<Command> commands, Completion completion, Time deadline) {
  Operation operation;
  operation.is_transaction = true;
  operation.transaction = std::move(commands);
  return launch(std::move(operation), completion, deadline);
}

void Relay::count_commands(Metrics& metrics) const {
  metrics.commands_submitted = submitted_.value();
  metrics.commands_failed = failed_.counts(Errc::no_data_connection);
  metrics.commands_in_flight = callers_.size();
}

void Relay::add_commands(Metrics& metrics) const {
  const auto without = [](std::uint64_t all, std::uint64_t some) { return all - std::min(all, some); };
  metrics.commands_submitted = without(metrics.commands_submitted, handed_.value()) + submitted_.value();
  metrics.commands_in_flight = without(metrics.commands_in_flight, handed_in_flight_.value()) + callers_.size();
  for (ReasonCount& each : metrics.commands_failed) {
    each.count = without(each.count, handed_failed_.of(each.reason));
  }
  std::erase_if(metrics.commands_failed, [](const ReasonCount& each) { return each.count == 0; });
  std::vector<ReasonCount> failed = failed_.counts(Errc::no_data_connection);
  add_to(failed, metrics.commands_failed);
  metrics.commands_failed = std::move(failed);
}

void Relay::forget_handed() {
  ++cores_;
  handed_.reset();
  handed_in_flight_.reset();
  handed_failed_.reset();
}

OperationId Relay::launch(Operation operation, Completion completion, Time deadline) {
  ++submitted_;
  if (final_ || callers_.size() >= options_.max_in_flight) {
    return failures_.add(completion, make_error_code(final_ ? Errc::shut_down : Errc::too_many_commands));
  }
  hand_over_waiting();  // what came before and may go by now goes first
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(operations_.size()));
    operations_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  const std::uint32_t caller = callers_.add(completion, never);
  operation.generation = operations_[index].generation + 1;
  operation.caller = caller;
  operation.deadline = deadline_of(deadline, runtime_, options_);
  operations_[index] = std::move(operation);
  callers_[caller].exchange = index;
  const OperationId id = callers_.id_of(caller);
  if (target() != nullptr && may_hand(operations_[index])) {
    hand_over(index);
  } else {
    operations_[index].retry_at = target() == nullptr ? long_ago : runtime_.now() + pause;
    wait(index);
  }
  return id;
}

void Relay::hand_over(std::uint32_t index) {
  Operation& operation = operations_[index];
  operation.state = Operation::State::handed;
  operation.handed_to = cores_;
  ++handed_;
  ++handed_in_flight_;
  const auto end = [](void* self, std::uint64_t argument, const Outcome& outcome) {
    static_cast<Relay*>(self)->completed(static_cast<std::uint32_t>(argument), outcome);
  };
  operation.inner = hand(operation, {end, this, index});
}

void Relay::wait(std::uint32_t index) {
  Operation& operation = operations_[index];
  operation.state = Operation::State::waiting;
  waiting_.push_back({index, operation.generation});
  const Time now = runtime_.now();
  const Time next = operation.retry_at > now ? operation.retry_at : now + pause;
  alarm_.set(target() == nullptr ? operation.deadline : std::min(next, operation.deadline));
}

void Relay::hurry() {
  for (const Waiting& each : waiting_) {
    operations_[each.index].retry_at = long_ago;
  }
  hand_over_waiting();
}

void Relay::hand_over_waiting() {
  const Time now = runtime_.now();
  for (const Waiting& each : std::exchange(waiting_, {})) {
    Operation& operation = operations_[each.index];
    if (operation.generation != each.generation || operation.state != Operation::State::waiting) {
      continue;
    }
    if (operation.is_cancelled) {
      TRACKSIDE_MARK(cancelled_before_anybody_was_found);
      finish(each.index, {.error = make_error_code(Errc::cancelled)});
    } else if (now >= operation.deadline) {
      const Reply answer = std::move(operation.last_answer);
      finish(each.index,
             answer.view().frame().empty() ? Outcome{.error = reason_not_sent()} : Outcome{.reply = answer.view()});
    } else if (target() != nullptr && now >= operation.retry_at && may_hand(operation)) {
      hand_over(each.index);
    } else {
      wait(each.index);
    }
  }
}

void Relay::completed(std::uint32_t index, const Outcome& outcome) {
  Operation& operation = operations_[index];
  if (operation.handed_to == cores_) {
    --handed_in_flight_;
    if (outcome.error) {
      handed_failed_.count(outcome.error);
    }
  }
  if (final_ || operation.is_cancelled || runtime_.now() >= operation.deadline ||
      !waits_again(operation, outcome)) {
    finish(index, outcome);
    return;
  }
  TRACKSIDE_MARK(waits_for_another_primary);
  operation.last_answer = outcome.error ? Reply{} : Reply{outcome.reply};
  operation.retry_at = runtime_.now() + pause;
  wait(index);
}

/// The operation is gone before anybody is told.
void Relay::finish(std::uint32_t index, const Outcome& outcome) {
  const std::uint32_t caller = operations_[index].caller;
  const std::uint32_t generation = operations_[index].generation;
  operations_[index] = Operation{};
  operations_[index].generation = generation;
  free_.push_back(index);
  callers_[caller].exchange = nobody;
  complete(caller, outcome);
}

void Relay::complete(std::uint32_t caller, const Outcome& outcome) {
  if (outcome.error) {
    failed_.count(outcome.error);
  }
  callers_.complete(caller, outcome);
}

void Relay::cancel(OperationId id) {
  const std::uint32_t caller = callers_.find(id);
  if (caller == nobody || callers_[caller].exchange == nobody) {
    return;
  }
  Operation& operation = operations_[callers_[caller].exchange];
  operation.is_cancelled = true;
  if (operation.state == Operation::State::waiting) {
    alarm_.set(runtime_.now());
  } else if (operation.handed_to == cores_) {
    target()->cancel(operation.inner);
  }  // else the core before has ended it, and says so soon
}

void Relay::end_waiting() {
  const error_code reason = make_error_code(Errc::shut_down);
  for (std::uint32_t index = 0; index < operations_.size(); ++index) {
    if (operations_[index].state == Operation::State::waiting) {
      finish(index, {.error = reason});
    }
  }
  failures_.drain([this](std::uint32_t caller, error_code error) { complete(caller, {.error = error}); });
  alarm_.clear();
}

}  // namespace trackside::client
