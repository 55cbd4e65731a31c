// Commands that are handed on to a core which may not be there yet, or may change: each waits, is handed over, and
// comes back with its end, or with a reason to wait again.
//
//   waiting --(somebody is there)--> handed --(its end)--> done
//   handed --(not executed, or changes nothing)--> waiting              any --(deadline, stop)--> done
//
// Who that core is, and which ends are none, is decided by the classes above this one. A command is the relay's own
// until its end, so that it can be sent again; its caller is told last, and may submit, cancel or stop at once.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "client/alarm.hpp"
#include "client/callers.hpp"
#include "client/core.hpp"
#include "client/late_failures.hpp"
#include "client/tally.hpp"
#include "trackside/options.hpp"

namespace trackside::client {

class Relay : public ClientCore::Impl {
 public:
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  OperationId submit(Command command, Completion completion, const Reply* doubted, Time deadline) override;
  OperationId submit_transaction(std::vector<Command> commands, Completion completion, Time deadline) override;
  void cancel(OperationId operation) override;

 protected:
  struct Operation {
    enum class State : std::uint8_t { free, waiting, handed };
    State state = State::free;
    bool repeatable = false;  // it changes nothing: it may be sent again though it may have been executed
    bool is_script = false;   // whose errors may read like the server's
    bool is_transaction = false;
    bool is_blocking = false;
    bool is_cancelled = false;
    std::uint32_t generation = 0;
    std::uint32_t caller = nobody;
    std::uint32_t handed_to = 0;  // how many cores there were behind this one by then
    OperationId inner = OperationId::none;
    Time deadline = never;
    Time retry_at = long_ago;
    Command command{};
    std::vector<Command> transaction{};
    Reply doubted{};
    Reply last_answer{};  // the error for which it waits
  };

  Relay(Runtime& runtime, const ClientOptions& options);
  ~Relay() override;

  /// Hands over what waits and may go. Completions that are called in here may stop the client.
  void hand_over_waiting();
  /// The same, whatever they wait for.
  void hurry();
  /// Ends what waits; what is handed over is the other core's to end, before this.
  void end_waiting();
  bool is_stopped() const { return final_; }
  /// Counts commands as they were given to this one, not as they went to the other core: perhaps several times, or
  /// never. Any thread.
  void count_commands(Metrics& metrics) const;
  /// Where not all commands come this way: to the figures of the core behind it, those that it was not handed. Any
  /// thread.
  void add_commands(Metrics& metrics) const;
  /// There is another core, which was handed nothing yet. What the one before has not answered ends all the same.
  void forget_handed();
  /// Whether this is the first call.
  bool begin_stop() { return !std::exchange(final_, true); }

  /// The core that commands go to now; null while there is none.
  virtual ClientCore::Impl* target() = 0;
  /// Whether this one may go there already.
  virtual bool may_hand(const Operation&) const { return true; }
  /// With the operation's deadline, which the other core keeps.
  virtual OperationId hand(const Operation& operation, Completion completion) = 0;
  /// Whether this is no end: then it waits for a while. An answer is kept for the case that no better one comes.
  virtual bool waits_again(const Operation& operation, const Outcome& outcome) = 0;
  /// Why nobody could be asked in time.
  virtual error_code reason_not_sent() const = 0;

  static constexpr Duration pause = std::chrono::milliseconds{25};

 private:
  struct Waiting {
    std::uint32_t index;
    std::uint32_t generation;
  };

  OperationId launch(Operation operation, Completion completion, Time deadline);
  void hand_over(std::uint32_t index);
  void wait(std::uint32_t index);
  void completed(std::uint32_t index, const Outcome& outcome);
  void finish(std::uint32_t index, const Outcome& outcome);
  void complete(std::uint32_t caller, const Outcome& outcome);

  Runtime& runtime_;
  const ClientOptions& options_;
  bool final_ = false;
  std::uint32_t cores_ = 0;  // that were behind this one before
  Callers callers_;
  Figure submitted_;
  ReasonFigures failed_;
  Figure handed_, handed_in_flight_;
  ReasonFigures handed_failed_;
  std::deque<Operation> operations_;
  std::vector<std::uint32_t> free_;
  std::vector<Waiting> waiting_;
  Alarm alarm_;
  LateFailures failures_;
};

}  // namespace trackside::client
