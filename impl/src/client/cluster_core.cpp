// From a call to the node that executes it, and back; see cluster_core.hpp.
#include "client/cluster_core.hpp"

#include <algorithm>
#include <utility>

#include "client/node_core.hpp"
#include "client/server_name.hpp"
#include "resp/slot.hpp"
#include "seam/assertion.hpp"

namespace trackside {

using client::CommandKind;
using client::nobody;
using cluster::no_node;
using cluster::Redirection;

namespace {
constexpr std::uint32_t attempts_max = 16;  // redirections and repetitions that follow each other without a pause
constexpr Duration pause_after_refusal = std::chrono::milliseconds{25};

/// For caches that cannot vouch for the nodes of a cluster one by one.
error_code judge(const ClientOptions& options, const AbstractCache* cache) {
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
  if (cache == nullptr || judge(options, cache.get())) {
    return cache;
  }
  std::shared_ptr<AbstractCache> share = cache->initialize(
      clock, {.server = {}, .user = options.username, .protocol = options.protocol, .topology = Topology::cluster});
  return share != nullptr ? share : cache;
}

bool is_not_sent(error_code error) {
  return error == Errc::connect_failed || error == Errc::connect_timeout || error == Errc::wrong_role ||
         error == Errc::handshake_refused;
}

bool is_lost(error_code error) {  // perhaps executed
  return error == Errc::connection_lost || error == Errc::idle_breach || error == Errc::identity_changed;
}

bool changes_nothing(const Command& command) {
  const CommandKind kind = client::classify(command).kind;
  return kind == CommandKind::cacheable || kind == CommandKind::cacheable_many || kind == CommandKind::plain;
}

}  // namespace

ClusterCore::ClusterCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache)
    : runtime_(runtime),
      options_(std::move(options)),
      cache_(claim(std::move(cache), runtime.clock(), options_)),
      unusable_(judge(options_, cache_.get())),
      nodes_(cluster::nodes_max),
      alarm_(runtime, {[](void* self, std::uint64_t) { static_cast<ClusterCore*>(self)->on_alarm(); }, this, 0}),
      failure_alarm_(
          runtime, {[](void* self, std::uint64_t) { static_cast<ClusterCore*>(self)->deliver_failures(); }, this, 0}) {
  if (!unusable_ && cache_ != nullptr && cache_->part_for(client::server_name(options_.endpoint)) == nullptr) {
    unusable_ = make_error_code(Errc::cluster_unsupported);
  }
}

ClusterCore::~ClusterCore() { stop(); }

void ClusterCore::start() {
  TRACKSIDE_ASSERT(!running_ && !final_);
  running_ = true;
  if (!unusable_) {
    node_for(options_.endpoint);
    want_refresh();
  }
}

void ClusterCore::stop() {
  if (std::exchange(final_, true)) {
    return;
  }
  running_ = false;
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
  while (!failures_.empty()) {
    deliver_failures();
  }
  alarm_.clear();
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
ClusterCore::Route ClusterCore::route_of(const Command& command) {
  const client::Classified classified = client::classify(command);
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
  const NodeNumber owner = kind == CommandKind::cacheable ? slots_.owner(resp::slot_of(command[1])) : no_node;
  return owner != no_node && node(owner)->core->cached(command, out);
}

OperationId ClusterCore::fail_later(Completion completion, error_code error) {
  const std::uint32_t caller = callers_.add(completion, never);
  failures_.push_back({caller, callers_[caller].generation, error});
  failure_alarm_.set(runtime_.now());
  return callers_.id_of(caller);
}

void ClusterCore::deliver_failures() {
  for (const Failure& failure : std::exchange(failures_, {})) {
    if (callers_[failure.caller].in_use && callers_[failure.caller].generation == failure.generation) {
      callers_.complete(failure.caller, {.error = failure.error});
    }
  }
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

OperationId ClusterCore::submit(Command command, Completion completion, const Reply* doubted) {
  if (const error_code reason = reason_to_refuse({&command, 1})) {
    return fail_later(completion, reason);
  }
  const Route route = route_of(command);
  if (const auto kind = splits(command); kind && route.kind == Route::Kind::several_slots) {
    return submit_several(std::move(command), *kind, completion);
  }
  retry_waiting();  // what came before and may go by now goes first
  const std::uint32_t index = add_operation(route, runtime_.now() + options_.command_timeout);
  Operation& operation = operations_[index];
  operation.repeatable = changes_nothing(command);
  operation.command = std::move(command);
  if (doubted != nullptr && !doubted->view().frame().empty()) {
    operation.doubted = *doubted;
  }
  operation.caller = callers_.add(completion, never);
  callers_[operation.caller].exchange = index;
  const OperationId id = callers_.id_of(operation.caller);
  dispatch(index);
  return id;
}

OperationId ClusterCore::submit_transaction(std::vector<Command> commands, Completion completion) {
  if (const error_code reason = reason_to_refuse(commands)) {
    return fail_later(completion, reason);
  }
  retry_waiting();
  Route route{};
  for (const Command& command : commands) {
    if (route.kind == Route::Kind::any) {
      route = route_of(command);  // of several slots: the server says so
    }
  }
  const std::uint32_t index = add_operation(route, runtime_.now() + options_.command_timeout);
  Operation& operation = operations_[index];
  operation.is_transaction = true;
  operation.transaction = std::move(commands);
  operation.caller = callers_.add(completion, never);
  callers_[operation.caller].exchange = index;
  const OperationId id = callers_.id_of(operation.caller);
  dispatch(index);
  return id;
}

ClusterCore::Node* ClusterCore::any_linked_node() {
  for (std::size_t tries = 0; tries < owned_nodes_.size(); ++tries) {
    Node* const found = owned_nodes_[turn_++ % owned_nodes_.size()].get();
    if (found->core->is_linked()) {
      return found;
    }
  }
  return nullptr;
}

/// Who is to execute it, if that one can be told now.
ClusterCore::Node* ClusterCore::target_of(const Operation& operation) {
  if (operation.manner == NodeCore::Manner::asked) {
    return node(operation.node);
  }
  if (operation.route.kind == Route::Kind::any) {
    return any_linked_node();
  }
  const NodeNumber owner = slots_.owner(operation.route.slot);
  return owner == no_node ? nullptr : node(owner);
}

void ClusterCore::dispatch(std::uint32_t index) {
  Node* const found = target_of(operations_[index]);
  if (found != nullptr && found->core->is_linked()) {
    hand_over(index, *found);
    return;
  }
  want_refresh();
  wait(index, pause_after_refusal);
}

void ClusterCore::hand_over(std::uint32_t index, Node& node) {
  Operation& operation = operations_[index];
  operation.state = Operation::State::in_node;
  operation.node = node.number;
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
    refresh_at_ = never;  // until the answer: an alarm set to what has passed would ring without end
  }
  retry_waiting();
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
      finish(each.index, {.error = make_error_code(Errc::cancelled)});
    } else if (now >= operation.deadline) {
      const std::string answer = std::move(operation.last_answer);
      finish(each.index, answer.empty() ? Outcome{.error = make_error_code(Errc::connect_timeout)}
                                        : Outcome{.reply = ReplyView{answer}});
    } else if (can_go && (now >= operation.retry_at || operation.last_answer.empty())) {
      dispatch(each.index);
    } else {
      waiting_.push_back(each);
      alarm_.set(std::min(std::max(operation.retry_at, now + pause_after_refusal), operation.deadline));
    }
  }
}

void ClusterCore::run_completed(void* self, std::uint64_t index, const Outcome& outcome) {
  static_cast<ClusterCore*>(self)->completed(static_cast<std::uint32_t>(index), outcome);
}

void ClusterCore::completed(std::uint32_t index, const Outcome& outcome) {
  if (final_ || !send_again(index, outcome)) {
    forget_elsewhere(operations_[index]);
    finish(index, outcome);
  }
}

/// Whether it is on its way again, since it was not executed, or would change nothing.
bool ClusterCore::send_again(std::uint32_t index, const Outcome& outcome) {
  Operation& operation = operations_[index];
  if (outcome.error) {
    const bool may = is_not_sent(outcome.error) || (is_lost(outcome.error) && operation.repeatable);
    if (!may || runtime_.now() >= operation.deadline) {
      return false;
    }
    operation.manner = NodeCore::Manner::owned;
    want_refresh();
    wait(index, pause_after_refusal);
    return true;
  }
  const auto redirection = cluster::read_redirection(outcome.reply, node(operation.node)->endpoint);
  if (!redirection) {
    return false;
  }
  operation.last_answer.assign(outcome.reply.frame());
  operation.manner = NodeCore::Manner::owned;
  ++operation.attempts;
  switch (redirection->kind) {
    case Redirection::Kind::moved: on_moved(redirection->slot, redirection->target); break;
    case Redirection::Kind::ask:
      if (const Node* const target = node_for(redirection->target)) {
        operation.manner = NodeCore::Manner::asked;
        operation.node = target->number;
      }
      break;
    case Redirection::Kind::later:
    case Redirection::Kind::elsewhere:
      want_refresh();
      wait(index, pause_after_refusal);
      return true;
  }
  const bool goes_round = operation.attempts % attempts_max == 0;
  if (goes_round) {
    wait(index, pause_after_refusal);
  } else {
    operation.last_answer.clear();
    dispatch(index);
  }
  return true;
}

/// Its end, whichever it is. The operation is gone before anybody is told.
void ClusterCore::finish(std::uint32_t index, const Outcome& outcome) {
  const std::uint32_t caller = operations_[index].caller;
  const std::uint32_t gather = operations_[index].gather;
  const std::uint32_t position = operations_[index].position;
  const std::uint32_t generation = operations_[index].generation;
  operations_[index] = Operation{};
  operations_[index].generation = generation + 1;
  free_operations_.push_back(index);
  --operations_in_use_;
  if (gather != nobody) {
    part_done(gather, position, outcome);
  } else {
    callers_[caller].exchange = nobody;
    callers_.complete(caller, outcome);
  }
}

void ClusterCore::cancel(OperationId id) {
  const std::uint32_t caller = callers_.find(id);
  if (caller == nobody || callers_[caller].exchange == nobody) {
    return;
  }
  const bool is_split = callers_[caller].source == Source::mixed;
  std::vector<std::uint32_t> indices{callers_[caller].exchange};
  if (is_split) {
    indices = gathers_[callers_[caller].exchange].operations;
  }
  for (const std::uint32_t index : indices) {
    Operation& operation = operations_[index];
    const bool is_ours = is_split ? operation.gather == callers_[caller].exchange : operation.caller == caller;
    if (is_ours && operation.state == Operation::State::in_node) {
      node(operation.node)->core->cancel(operation.inner);
    } else if (is_ours && operation.state == Operation::State::waiting) {
      operation.is_cancelled = true;
      alarm_.set(runtime_.now());
    }
  }
}

}  // namespace trackside
