// The client of a cluster: which node executes a command, and what becomes of it when that node sends it elsewhere.
//
// Each node has a NodeCore of its own, with its part of the cache: what is true of one node holds for each. This class
// knows which slot is whose (`cluster::SlotMap`), asks the nodes for it, and hands commands on until they are executed:
//
//   waiting --(owner known and linked)--> in node --(reply)--> done
//   in node --(MOVED, ASK, TRYAGAIN, CLUSTERDOWN ...: not executed)--> waiting         any --(deadline, stop)--> done
//
// Order is everything here too. A slot that moves is forgotten by its old owner's part before anything about it is sent
// to the new one; and the map changes before the caller of a redirected write is told. Commands about keys of several
// slots are split where Redis means the same by the parts (MGET, MSET, DEL ...): cluster_gather.cpp. Topology:
// cluster_topology.cpp. Thread rule: `cached`, `healthy` and `metrics` from any thread.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/alarm.hpp"
#include "client/callers.hpp"
#include "client/late_failures.hpp"
#include "client/node_core.hpp"
#include "cluster/redirection.hpp"
#include "cluster/slot_map.hpp"
#include "cluster/topology.hpp"

namespace trackside {

class ClusterCore final : public ClientCore::Impl {
 public:
  ClusterCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache);
  ~ClusterCore() override;
  ClusterCore(const ClusterCore&) = delete;
  ClusterCore& operator=(const ClusterCore&) = delete;

  void start() override;
  void stop() override;
  bool cached(const Command& command, Reply& out) override;
  OperationId submit(Command command, Completion completion, const Reply* doubted) override;
  OperationId submit_transaction(std::vector<Command> commands, Completion completion) override;
  void cancel(OperationId operation) override;
  bool healthy() const override;
  Metrics metrics() const override;
  error_code link_error() const override;

 private:
  using NodeNumber = cluster::NodeNumber;

  struct Node {
    ClusterCore* cluster = nullptr;
    NodeNumber number = cluster::no_node;
    Endpoint endpoint{};
    std::string name{};
    std::string id{};
    bool is_named = false;  // by a topology: a seed may be one of the nodes under another address
    std::unique_ptr<NodeCore> core{};
  };

  /// Where a command belongs.
  struct Route {
    enum class Kind : std::uint8_t { slot, any, several_slots };
    Kind kind = Kind::any;
    std::uint16_t slot = 0;
  };

  struct Operation {
    enum class State : std::uint8_t { free, waiting, in_node };
    State state = State::free;
    NodeCore::Manner manner = NodeCore::Manner::owned;
    bool repeatable = false;  // it changes nothing: it may be sent again though it may have been executed
    bool is_transaction = false;
    bool is_blocking = false;
    bool is_cancelled = false;
    std::uint32_t generation = 0;
    std::uint32_t attempts = 0;
    std::uint32_t caller = client::nobody;
    std::uint32_t gather = client::nobody;  // whose part it is, instead of a caller
    std::uint32_t position = 0;             // which part
    NodeNumber node = cluster::no_node;     // that has it, or that ASK named
    OperationId inner = OperationId::none;
    Route route{};
    Time deadline = never;
    Time retry_at = never;
    Command command{};
    std::vector<Command> transaction{};
    Reply doubted{};
    std::string last_answer{};  // the error for which it was sent again last
  };

  /// A command that was split.
  struct Gather {
    enum class Kind : std::uint8_t { elements, sum, all_ok };
    Kind kind = Kind::elements;
    std::uint32_t caller = client::nobody;
    std::size_t missing = 0;
    std::vector<std::uint32_t> operations{};
    std::vector<std::vector<std::uint32_t>> positions{};  // of each part's elements in the whole
    std::vector<Reply> replies{};
    std::size_t elements = 0;
    std::optional<Source> source{};  // of all parts that are done, mixed if they differ
    error_code error{};
  };

  static constexpr Duration pause_after_refusal = std::chrono::milliseconds{25};

  // cluster_core.cpp
  error_code reason_to_refuse(std::span<const Command> commands) const;
  static Route route_of(const Command& command, const client::Classified& classified);
  std::uint32_t add_operation(Route route, Time deadline);
  OperationId launch(std::uint32_t index, Completion completion);
  void dispatch(std::uint32_t index);
  Node* target_of(const Operation& operation);
  Node* any_linked_node();
  void hand_over(std::uint32_t index, Node& node);
  void wait(std::uint32_t index, Duration pause);
  void retry_waiting();
  error_code reason_not_sent(const Node* target) const;
  void on_alarm();
  void fence(const Operation& operation);
  void completed(std::uint32_t index, const Outcome& outcome);
  static bool proves_not_executed(const Operation& operation, const cluster::Redirection& redirection);
  bool send_again(std::uint32_t index, const Outcome& outcome);
  void finish(std::uint32_t index, const Outcome& outcome);
  static void run_failures(void* self, std::uint64_t);
  static void run_completed(void* self, std::uint64_t index, const Outcome& outcome);

  // cluster_gather.cpp
  static std::optional<Gather::Kind> splits(const Command& command, const client::Classified& classified);
  OperationId submit_several(Command command, Gather::Kind kind, Completion completion);
  bool several_cached(const Command& command, Reply& out);
  void part_done(std::uint32_t gather, std::uint32_t position, const Outcome& outcome);
  void finish_gather(std::uint32_t gather);

  // cluster_topology.cpp
  Node* node_for(const Endpoint& endpoint);
  Node* node(NodeNumber number) const { return nodes_[number].load(std::memory_order_acquire); }
  void try_next_seed();
  void give_slots(std::span<const std::uint16_t> slots, NodeNumber node);
  void on_moved(std::uint16_t slot, const Endpoint& target);
  void want_refresh();
  void refresh();
  void on_topology(NodeNumber from, const Outcome& outcome);
  void apply(const std::vector<cluster::NodeClaim>& claims);
  bool believes(std::uint16_t slot, const Node& claimant, std::uint64_t epoch) const;
  static void run_topology(void* node, std::uint64_t argument, const Outcome& outcome);
  static void run_link_changed(void* node, std::uint64_t argument);
  static void run_slot_lost(void* node, std::uint64_t slot);

  struct Waiting {
    std::uint32_t index;
    std::uint32_t generation;
  };

  Runtime& runtime_;
  const ClientOptions options_;
  std::shared_ptr<AbstractCache> cache_;
  error_code unusable_{};
  bool final_ = false;

  cluster::SlotMap slots_;
  std::vector<std::atomic<Node*>> nodes_;  // of fixed size, for readers on any thread
  std::vector<std::unique_ptr<Node>> owned_nodes_;
  std::size_t seeds_tried_ = 1;  // of the endpoints that the program named
  std::uint32_t turn_ = 0;  // which linked node is asked next

  client::Callers callers_;
  std::deque<Operation> operations_;
  std::vector<std::uint32_t> free_operations_;
  std::size_t operations_in_use_ = 0;
  std::vector<Waiting> waiting_;
  std::deque<Gather> gathers_;
  std::vector<std::uint32_t> free_gathers_;

  std::atomic<bool> refreshing_{false};  // a topology was asked for; `metrics` reads it
  bool refresh_wanted_ = true;
  Time refresh_at_ = never;       // even if nothing calls for it
  Time refresh_from_ = long_ago;  // not before: topologies are asked for at a bounded rate
  client::Alarm alarm_;
  client::LateFailures failures_;
};

}  // namespace trackside
