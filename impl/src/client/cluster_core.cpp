// From a call to the node that executes it, and back; see cluster_core.hpp.
#include "client/cluster_core.hpp"

#include <algorithm>
#include <utility>

#include "client/server_name.hpp"
#include "resp/slot.hpp"
#include "seam/assertion.hpp"
#include "seam/mark.hpp"

namespace trackside {

using client::CommandKind;
using client::nobody;
using cluster::no_node;

namespace {

/// For caches that cannot vouch for the nodes of a cluster one by one.
error_code judge_cluster(const ClientOptions& options, const AbstractCache* cache) {
  if (options.database != 0) {
    return make_error_code(Errc::handshake_refused);  // a cluster has database 0 alone
  }
  if (cache == nullptr) {
    return {};
  }
  if (cache->tracking().delivery != Delivery::in_band) {
    return make_error_code(Errc::tracking_invalid);
  }
  return link::judge(cache->tracking(), options.protocol);
}

std::shared_ptr<AbstractCache> claim(std::shared_ptr<AbstractCache> cache, const Clock& clock,
                                     const ClientOptions& options) {
  if (cache == nullptr || judge_cluster(options, cache.get())) {
    return cache;
  }
  std::shared_ptr<AbstractCache> share = cache->initialize(
      clock, {.server = {}, .user = options.username, .protocol = options.protocol, .topology = Topology::cluster});
  return share != nullptr ? share : cache;
}

}  // namespace

ClusterCore::ClusterCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache)
    : runtime_(runtime),
      options_(std::move(options)),
      cache_(claim(std::move(cache), runtime.clock(), options_)),
      unusable_(judge_cluster(options_, cache_.get())),
      nodes_(cluster::nodes_max),
      alarm_(runtime, {[](void* self, std::uint64_t) { static_cast<ClusterCore*>(self)->on_alarm(); }, this, 0}),
      failures_(runtime, callers_, {&run_failures, this, 0}) {
  if (!unusable_ && cache_ != nullptr && cache_->part_for(client::server_name(options_.endpoint)) == nullptr) {
    unusable_ = make_error_code(Errc::cluster_unsupported);
  }
}

ClusterCore::~ClusterCore() { stop(); }

void ClusterCore::start() {
  TRACKSIDE_ASSERT(owned_nodes_.empty() && !final_);
  if (!unusable_) {
    node_for(options_.endpoint);
    want_refresh();
  }
}

void ClusterCore::stop() {
  if (std::exchange(final_, true)) {
    return;
  }
  for (const auto& each : owned_nodes_) {
    each->core->stop();
  }
  const error_code reason = make_error_code(Errc::shut_down);
  for (std::uint32_t index = 0; index < operations_.size(); ++index) {
    if (operations_[index].state == Operation::State::waiting) {
      finish(index, {.error = reason});
    }
  }
  if (cache_ != nullptr) {
    cache_->shutdown();
  }
  failures_.drain([this](std::uint32_t caller, error_code error) { complete(caller, {.error = error}); });
  alarm_.clear();
}

void ClusterCore::run_failures(void* self, std::uint64_t) {
  auto& core = *static_cast<ClusterCore*>(self);
  core.failures_.deliver([&](std::uint32_t caller, error_code error) { core.complete(caller, {.error = error}); });
}

bool ClusterCore::healthy() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const std::atomic<Node*>& each) {
    const Node* const found = each.load(std::memory_order_acquire);
    return found != nullptr && found->core->healthy();
  });
}

error_code ClusterCore::link_error() const {
  for (const auto& each : owned_nodes_) {
    if (!each->core->link_error()) {
      return {};
    }
  }
  return owned_nodes_.empty() ? unusable_ : owned_nodes_.front()->core->link_error();
}

/// A command that the table does not know is taken to name its first key first.
ClusterCore::Route ClusterCore::route_of(const Command& command, const client::Classified& classified) {
  client::Keys keys;
  if (classified.info == nullptr && command.size() > 1) {
    keys.push_back(command[1]);
  } else {
    client::keys_of(command, classified, keys);
  }
  if (keys.empty()) {
    return {};
  }
  const std::uint16_t slot = resp::slot_of(keys.front());
  const bool one = std::all_of(keys.begin(), keys.end(), [=](auto key) { return resp::slot_of(key) == slot; });
  return {.kind = one ? Route::Kind::slot : Route::Kind::several_slots, .slot = slot};
}

bool ClusterCore::cached(const Command& command, Reply& out) {
  out.assign({});
  if (cache_ == nullptr || command.size() < 2) {
    return false;
  }
  const CommandKind kind = client::classify(command).kind;
  if (kind == CommandKind::cacheable_many) {
    return several_cached(command, out);
  }
  return kind == CommandKind::cacheable && cached_at_reader(resp::slot_of(command[1]), command, out);
}

bool ClusterCore::cached_at_reader(std::uint16_t slot, const Command& command, Reply& out) {
  const NodeNumber reader = readers_.reader(slot);
  const NodeNumber asked = reader != no_node ? reader : slots_.owner(slot);
  return asked != no_node && node(asked)->core->cached(command, out);
}

error_code ClusterCore::reason_to_refuse(std::span<const Command> commands) const {
  if (final_) {
    return make_error_code(Errc::shut_down);
  }
  if (unusable_) {
    return unusable_;
  }
  if (std::max(callers_.size(), operations_in_use_) >= options_.max_in_flight) {
    return make_error_code(Errc::too_many_commands);
  }
  for (const Command& command : commands) {
    if (command.empty() || command[0].empty()) {
      return make_error_code(Errc::empty_command);
    }
    if (client::classify(command).kind == CommandKind::session) {
      return make_error_code(Errc::command_not_allowed);
    }
  }
  return {};
}

std::uint32_t ClusterCore::add_operation(Route route, Time deadline) {
  if (free_operations_.empty()) {
    free_operations_.push_back(static_cast<std::uint32_t>(operations_.size()));
    operations_.emplace_back();
  }
  const std::uint32_t index = free_operations_.back();
  free_operations_.pop_back();
  ++operations_in_use_;
  Operation& operation = operations_[index];
  operation.state = Operation::State::waiting;
  operation.route = route;
  operation.deadline = deadline;
  return index;
}

/// What is not a read of one node's keys may change something, as far as we know.
ClusterCore::Reach ClusterCore::reach_of(const client::Classified& classified, const Route& route) {
  switch (classified.kind) {
    case CommandKind::cacheable:
    case CommandKind::cacheable_many:
    case CommandKind::plain: return Reach::nothing;
    case CommandKind::unknown_keys: return route.kind == Route::Kind::slot ? Reach::node : Reach::all;
    case CommandKind::write:
    case CommandKind::blocking:
    case CommandKind::session:
    case CommandKind::container: break;
  }
  return route.kind == Route::Kind::slot ? Reach::slot : Reach::all;
}

ClusterCore::Reach ClusterCore::reach_of(std::span<const Command> commands, const Route& route) {
  Reach reach = Reach::nothing;
  for (const Command& command : commands) {
    reach = std::max(reach, reach_of(client::classify(command), route));
  }
  return reach;
}

OperationId ClusterCore::submit(Command command, Completion completion, const Reply* doubted, Time deadline) {
  ++submitted_;
  if (const error_code reason = reason_to_refuse({&command, 1})) {
    return failures_.add(completion, reason);
  }
  const client::Classified classified = client::classify(command);
  const Route route = route_of(command, classified);
  if (const auto kind = splits(command, classified); kind && route.kind == Route::Kind::several_slots) {
    return submit_several(std::move(command), *kind, completion, deadline);
  }
  retry_waiting();  // what came before and may go by now goes first
  const std::uint32_t index = add_operation(route, client::deadline_of(deadline, runtime_, options_));
  Operation& operation = operations_[index];
  operation.repeatable = client::changes_nothing(classified);
  operation.may_read_replica = reads_replicas() && operation.repeatable && route.kind == Route::Kind::slot;
  operation.reach = reach_of(classified, route);
  operation.is_blocking = classified.kind == CommandKind::blocking;
  operation.command = std::move(command);
  if (doubted != nullptr && !doubted->view().frame().empty()) {
    operation.doubted = *doubted;
  }
  return launch(index, completion);
}

OperationId ClusterCore::launch(std::uint32_t index, Completion completion) {
  const std::uint32_t caller = callers_.add(completion, never);
  operations_[index].caller = caller;
  callers_[caller].exchange = index;
  const OperationId id = callers_.id_of(caller);
  dispatch(index);
  return id;
}

OperationId ClusterCore::submit_transaction(std::vector<Command> commands, Completion completion, Time deadline) {
  ++submitted_;
  if (const error_code reason = reason_to_refuse(commands)) {
    return failures_.add(completion, reason);
  }
  retry_waiting();
  Route route{};
  for (const Command& command : commands) {
    if (route.kind == Route::Kind::any) {
      route = route_of(command, client::classify(command));  // of several slots: the server says so
    }
  }
  const std::uint32_t index = add_operation(route, client::deadline_of(deadline, runtime_, options_));
  Operation& operation = operations_[index];
  operation.is_transaction = true;
  operation.reach = reach_of(commands, route);
  operation.transaction = std::move(commands);
  return launch(index, completion);
}

/// The next primary that a topology named; while none of these is linked any other node, each in its turn.
ClusterCore::Node* ClusterCore::any_linked_node() {
  const auto find = [this](const auto& suits) -> Node* {
    for (std::size_t tries = 0; tries < owned_nodes_.size(); ++tries) {
      Node* const found = owned_nodes_[turn_++ % owned_nodes_.size()].get();
      if (found->core->is_linked() && suits(*found)) {
        return found;
      }
    }
    return nullptr;
  };
  if (Node* const primary = find([](const Node& each) { return each.is_named && !each.is_replica; })) {
    return primary;
  }
  Node* const stranger = find([](const Node&) { return true; });
  TRACKSIDE_MARK_IF(only_strangers_are_linked, stranger != nullptr);
  return stranger;
}

/// Who is to execute it, if that one can be told now.
ClusterCore::Node* ClusterCore::target_of(const Operation& operation) {
  if (operation.manner == NodeCore::Manner::asked) {
    return node(operation.node);
  }
  if (operation.route.kind == Route::Kind::any) {
    return any_linked_node();
  }
  if (Node* const replica = replica_for(operation)) {
    return replica;
  }
  const NodeNumber owner = slots_.owner(operation.route.slot);
  return owner == no_node || is_held(operation) ? nullptr : node(owner);
}

void ClusterCore::dispatch(std::uint32_t index) {
  Node* const found = target_of(operations_[index]);
  if (found != nullptr && found->core->is_linked()) {
    hand_over(index, *found);
    return;
  }
  if (!is_held(operations_[index])) {
    want_refresh();
  }
  wait(index, pause_after_refusal);
}

void ClusterCore::hand_over(std::uint32_t index, Node& node) {
  Operation& operation = operations_[index];
  operation.state = Operation::State::in_node;
  operation.node = node.number;
  operation.moves = slots_.moves(operation.route.slot);
  if (operation.manner != NodeCore::Manner::asked) {
    operation.manner = operation.route.kind == Route::Kind::any ? NodeCore::Manner::either
                       : &node == replica_for(operation)        ? NodeCore::Manner::replica
                                                                : NodeCore::Manner::owned;
  }
  if (operation.manner != NodeCore::Manner::replica) {
    asked_owner(operation);
  }
  if (operation.manner == NodeCore::Manner::asked) {
    fence(operation);
  }
  const Completion completion{&run_completed, this, index};
  operation.inner = operation.is_transaction ? node.core->submit_transaction_part(operation.transaction, completion,
                                                                                  operation.manner, operation.deadline)
                                             : node.core->submit_part(operation.command, completion, &operation.doubted,
                                                                      operation.manner, operation.deadline);
}

void ClusterCore::wait(std::uint32_t index, Duration pause) {
  Operation& operation = operations_[index];
  operation.state = Operation::State::waiting;
  operation.retry_at = runtime_.now() + pause;
  waiting_.push_back({index, operation.generation});
  alarm_.set(std::min(operation.retry_at, operation.deadline));
}

void ClusterCore::on_alarm() {
  if (final_) {
    return;
  }
  if (runtime_.now() >= refresh_at_) {
    refresh_wanted_ = true;
    refresh_at_ = runtime_.now() + cluster::usual_between_refreshes;
  }
  retry_waiting();
  if (final_) {
    return;
  }
  tend_handovers();
  if (refresh_wanted_) {
    refresh();
  }
  alarm_.set(refresh_at_);
}

/// Completions that are called in here may submit, cancel, or stop the client.
void ClusterCore::retry_waiting() {
  const Time now = runtime_.now();
  for (const Waiting& each : std::exchange(waiting_, {})) {
    Operation& operation = operations_[each.index];
    if (operation.generation != each.generation || operation.state != Operation::State::waiting) {
      continue;
    }
    const Node* const target = target_of(operation);
    const bool can_go = target != nullptr && target->core->is_linked();
    if (operation.is_cancelled) {
      TRACKSIDE_MARK(cancelled_between_attempts);
      finish(each.index, {.error = make_error_code(Errc::cancelled)});
    } else if (now >= operation.deadline) {
      TRACKSIDE_MARK(no_node_could_be_asked_in_time);
      const std::string answer = std::move(operation.last_answer);
      finish(each.index,
             answer.empty() ? Outcome{.error = reason_not_sent(target)} : Outcome{.reply = ReplyView{answer}});
    } else if (can_go && (now >= operation.retry_at || operation.last_answer.empty())) {
      dispatch(each.index);
    } else {
      waiting_.push_back(each);
      alarm_.set(std::min(std::max(operation.retry_at, now + pause_after_refusal), operation.deadline));
    }
  }
}

/// Why nobody could be asked in time: nothing that speaks of effects it may have had.
error_code ClusterCore::reason_not_sent(const Node* target) const {
  const error_code error = target != nullptr ? target->core->link_error() : link_error();
  const bool says_little = !error || error == Errc::connection_lost || error == Errc::idle_breach;
  return says_little ? make_error_code(Errc::connect_timeout) : error;
}

}  // namespace trackside
