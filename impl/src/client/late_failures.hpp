// Callers who are told of a failure in a later turn, since no completion is called from inside a call.
//
// A caller that got another answer meanwhile is passed over: it is named by index and generation.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "client/alarm.hpp"
#include "client/callers.hpp"

namespace trackside::client {

class LateFailures {
 public:
  /// `turn` runs in a later turn once something was added or `wake` was called; it is to call `deliver`.
  LateFailures(Runtime& runtime, Callers& callers, Task turn)
      : runtime_(runtime), callers_(callers), alarm_(runtime, turn) {}

  OperationId add(Completion completion, error_code error) {
    const std::uint32_t caller = callers_.add(completion, never);
    add(caller, error);
    return callers_.id_of(caller);
  }
  void add(std::uint32_t caller, error_code error) {
    waiting_.push_back({caller, callers_[caller].generation, error});
    wake();
  }
  void wake() { alarm_.set(runtime_.now()); }
  bool empty() const { return waiting_.empty(); }

  /// Calls `complete(caller, error)` for each that waits now.
  template <class Complete>
  void deliver(const Complete& complete) {
    for (const Failure& failure : std::exchange(waiting_, {})) {
      if (callers_[failure.caller].in_use && callers_[failure.caller].generation == failure.generation) {
        complete(failure.caller, failure.error);
      }
    }
  }
  /// At the end: a completion may submit once more, only to be told the same; but not for ever.
  template <class Complete>
  void drain(const Complete& complete) {
    constexpr int rounds_max = 1000;
    for (int round = 0; round < rounds_max && !empty(); ++round) {
      deliver(complete);
    }
  }

 private:
  struct Failure {
    std::uint32_t caller;
    std::uint32_t generation;
    error_code error;
  };

  Runtime& runtime_;
  Callers& callers_;
  Alarm alarm_;
  std::vector<Failure> waiting_;
};

}  // namespace trackside::client
