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
// cluster_topology.cpp. Reading from replicas: cluster_readers.cpp. Thread rule: `cached`, `healthy` and `metrics` from
// any thread.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/alarm.hpp"
#include "client/callers.hpp"
#include "client/late_failures.hpp"
#include "client/node_core.hpp"
#include "client/tally.hpp"
#include "cluster/redirection.hpp"
#include "cluster/slot_map.hpp"
#include "cluster/slot_readers.hpp"
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
  OperationId submit(Command command, Completion completion, const Reply* doubted, Time deadline) override;
  OperationId submit_transaction(std::vector<Command> commands, Completion completion, Time deadline) override;
  void cancel(OperationId operation) override;
  bool healthy() const override;
  Metrics metrics() const override;
  error_code link_error() const override;

 private:
  using NodeNumber = cluster::NodeNumber;

  /// How a primary's slots come to be read at its replicas. First the primary is asked how far it is, behind everything
  /// that this client has asked it before; then replicas are, until they are as far. Slots that the primary was not
  /// asked about meanwhile are handed over.
  ///   idle --(reads go to the primary)--> asking_primary --> asking_replicas --(as far, or too late)--> idle
  struct Handover {
    enum class State : std::uint8_t { idle, asking_primary, asking_replicas };
    State state = State::idle;
    std::uint32_t number = 1;
    bool is_wanted = false;    // reads went to the primary since it began
    bool holds_reads = false;  // of slots that never pause: their reads wait until it is over
    Duration pause{};          // while there is no replica to ask
    Time begins_at = long_ago;
    Time ends_at = never;
    Time asks_at = never;
    std::string history{};
    std::int64_t offset = 0;
    std::vector<NodeNumber> asked{};
    std::vector<NodeNumber> reached{};
    std::vector<std::uint16_t> slots{};  // that the primary was asked about since they were handed over last
    NodeNumber nearest = cluster::no_node;
  };

  /// A claim that told nothing new, when the map of the slots had changed so many times.
  struct Confirmation {
    std::uint64_t changes = 0;
    std::uint64_t epoch = 0;
    std::vector<cluster::SlotRange> slots{};
  };

  struct Node {
    ClusterCore* cluster = nullptr;
    NodeNumber number = cluster::no_node;
    Endpoint endpoint{};
    std::string name{};
    std::string id{};
    bool is_named = false;  // by a topology: a seed may be one of the nodes under another address
    bool is_replica = false;
    bool is_suspected = false;
    Time named_at{};
    std::vector<NodeNumber> replicas{};  // of a primary
    Confirmation confirmed{};
    Handover handover{};
    std::unique_ptr<NodeCore> core{};
  };

  /// Whose keys a command may change.
  enum class Reach : std::uint8_t { nothing, slot, node, all };

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
    bool may_read_replica = false;
    Reach reach = Reach::nothing;  // what it may change
    std::uint32_t generation = 0;
    std::uint32_t attempts = 0;
    std::uint16_t moves = 0;  // of its slot, when a node was given it
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
  bool cached_at_reader(std::uint16_t slot, const Command& command, Reply& out);
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
  static Reach reach_of(const client::Classified& classified, const Route& route);
  static Reach reach_of(std::span<const Command> commands, const Route& route);
  void fence(const Operation& operation);
  void completed(std::uint32_t index, const Outcome& outcome);
  static bool proves_not_executed(const Operation& operation, const cluster::Redirection& redirection);
  bool goes_by_map(const Operation& operation, const cluster::Redirection& moved);
  bool send_again(std::uint32_t index, const Outcome& outcome);
  void finish(std::uint32_t index, const Outcome& outcome);
  void complete(std::uint32_t caller, const Outcome& outcome);
  static void run_failures(void* self, std::uint64_t);
  static void run_completed(void* self, std::uint64_t index, const Outcome& outcome);

  // cluster_gather.cpp
  static std::optional<Gather::Kind> splits(const Command& command, const client::Classified& classified);
  OperationId submit_several(Command command, Gather::Kind kind, Completion completion, Time deadline);
  bool several_cached(const Command& command, Reply& out);
  void part_done(std::uint32_t gather, std::uint32_t position, const Outcome& outcome);
  void finish_gather(std::uint32_t gather);

  // cluster_readers.cpp
  bool reads_replicas() const {
    return options_.read_from != ReadFrom::primary && options_.protocol == Protocol::resp3;
  }
  Node* replica_for(const Operation& operation) const;
  bool is_held(const Operation& operation) const;
  void asked_owner(const Operation& operation);
  void changed(const Operation& operation);
  void read_at_owner(std::uint16_t slot, std::uint32_t handovers_ahead = 0);
  void read_all_at_owners(const Node* owner, NodeNumber reader);
  void forget_readers(std::span<const std::uint16_t> slots);
  void set_reader(std::uint16_t slot, NodeNumber reader);
  bool goes_to_owner(std::uint32_t index, const Outcome& outcome);
  void note_replicas(const std::vector<cluster::NodeClaim>& claims);
  std::vector<NodeNumber> candidates_of(Node& primary);
  void choose_nearest(Node& primary);
  void tend_handovers();
  void begin_handover(Node& primary);
  void ask_replica(Node& primary, Node& replica);
  void on_primary_progress(Node& primary, std::uint32_t number, const Outcome& outcome);
  void on_replica_progress(Node& primary, Node& replica, std::uint32_t number, const Outcome& outcome);
  void end_handover(Node& primary);
  static void run_primary_progress(void* node, std::uint64_t number, const Outcome& outcome);
  static void run_replica_progress(void* node, std::uint64_t number, const Outcome& outcome);

  // cluster_topology.cpp
  Node* node_for(const Endpoint& endpoint);
  Node* known_node(const Endpoint& endpoint) const;
  std::unique_ptr<Node> make_node(const Endpoint& endpoint, NodeNumber number);
  NodeNumber free_number();
  bool is_of_use(const Node& node) const;
  void let_nodes_rest();
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
  cluster::SlotReaders readers_;
  std::vector<std::atomic<Node*>> nodes_;           // of fixed size, for readers on any thread
  std::vector<std::unique_ptr<Node>> owned_nodes_;  // by number
  mutable std::mutex left_mutex_;                   // of the next
  std::vector<std::unique_ptr<Node>> left_nodes_;   // whose numbers others have, for readers that are late
  std::uint32_t turn_ = 0;                          // which linked node is asked next
  std::size_t seeds_tried_ = 1;                     // of the endpoints that the program named

  client::Callers callers_;
  std::deque<Operation> operations_;
  std::vector<std::uint32_t> free_operations_;
  std::size_t operations_in_use_ = 0;
  std::vector<Waiting> waiting_;
  std::deque<Gather> gathers_;
  std::vector<std::uint32_t> free_gathers_;

  bool refreshing_ = false;
  bool refresh_wanted_ = true;
  Time refresh_at_ = never;       // even if nothing calls for it
  Time refresh_from_ = long_ago;  // not before: topologies are asked for at a bounded rate
  client::Alarm alarm_;
  client::LateFailures failures_;
  client::Figure submitted_;
  client::Figure questions_;  // of its own, under way
  client::ReasonFigures failed_;
};

}  // namespace trackside
