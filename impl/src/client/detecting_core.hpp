// The client of whatever its endpoint leads to: begins as that of a single node, and becomes that of a cluster, or of
// the primary that sentinels watch, if the first server that answers says so in its HELLO.
//
//   undecided --(a link is up)--> node          undecided --(refused: cluster, sentinel)--> cluster, sentinel
//   undecided --(nobody answers)--> undecided, at the next of the endpoints
//
// Nothing of this is seen in the conversation with a single node. Until it is decided commands are the relay's, which
// can give them to another core; afterwards they go straight to the core that is there, and so do look-ups from any
// thread. What was decided holds for good. Operations of the two are told apart by a bit of their numbers.
// Neighbours: relay.hpp, node_core.hpp, cluster_core.hpp, sentinel_core.hpp.
#pragma once

#include <atomic>
#include <memory>

#include "client/node_core.hpp"
#include "client/relay.hpp"

namespace trackside {

class DetectingCore final : public client::Relay {
 public:
  DetectingCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache);
  ~DetectingCore() override;

  void start() override;
  void stop() override;
  bool cached(const Command& command, Reply& out) override { return now().cached(command, out); }
  OperationId submit(Command command, Completion completion, const Reply* doubted, Time deadline) override;
  OperationId submit_transaction(std::vector<Command> commands, Completion completion, Time deadline) override;
  void cancel(OperationId operation) override;
  bool healthy() const override { return now().healthy(); }
  Metrics metrics() const override;
  error_code link_error() const override { return now().link_error(); }

 private:
  ClientCore::Impl& now() const { return *now_.load(std::memory_order_acquire); }
  bool is_decided() const { return other_ != nullptr || node_.was_linked(); }

  ClientCore::Impl* target() override { return &now(); }
  bool may_hand(const Operation& operation) const override { return !operation.is_blocking || is_decided(); }
  OperationId hand(const Operation& operation, Completion completion) override;
  bool waits_again(const Operation& operation, const Outcome& outcome) override;
  error_code reason_not_sent() const override;

  void on_not_linked();
  void become(Topology topology);
  void try_next_endpoint();

  Runtime& runtime_;
  const ClientOptions options_;
  NodeCore node_;
  std::unique_ptr<ClientCore::Impl> other_;  // that the node turned out to be; made once
  std::atomic<ClientCore::Impl*> now_;
  std::size_t tried_ = 0;  // endpoints
  client::Alarm next_endpoint_;
};

}  // namespace trackside
