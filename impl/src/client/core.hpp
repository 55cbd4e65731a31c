// What executes commands for a ClientCore: one node (`NodeCore`), or a cluster by means of many (`ClusterCore`).
// The meaning of each function stands at ClientCore's of the same name.
#pragma once

#include <vector>

#include "trackside/client_core.hpp"

namespace trackside {

class ClientCore::Impl {
 public:
  virtual ~Impl() = default;

  virtual void start() = 0;
  virtual void stop() = 0;
  virtual bool cached(const Command& command, Reply& out) = 0;
  /// `never`: `command_timeout` from now. Whoever hands a command on says what is left of its time.
  virtual OperationId submit(Command command, Completion completion, const Reply* doubted, Time deadline) = 0;
  virtual OperationId submit_transaction(std::vector<Command> commands, Completion completion, Time deadline) = 0;
  virtual void cancel(OperationId operation) = 0;
  virtual bool healthy() const = 0;
  virtual Metrics metrics() const = 0;
  virtual error_code link_error() const = 0;
};

namespace client {

/// What a deadline that was given to `submit` means.
inline Time deadline_of(Time deadline, const Runtime& runtime, const ClientOptions& options) {
  return deadline == never ? runtime.now() + options.command_timeout : deadline;
}

}  // namespace client

}  // namespace trackside
