// What becomes of a command by the answer of the node that had it: its end, or another way; see cluster_core.hpp.
#include <utility>

#include "client/cluster_core.hpp"
#include "seam/mark.hpp"

namespace trackside {

using client::CommandKind;
using client::nobody;
using cluster::Redirection;

namespace {

constexpr std::uint32_t attempts_max = 16;  // redirections and repetitions that follow each other without a pause
constexpr std::uint32_t attempts_across = 4;  // of a transaction about slots of which a node has only some

bool is_not_sent(error_code error) {
  return error == Errc::connect_failed || error == Errc::connect_timeout || error == Errc::wrong_role ||
         error == Errc::handshake_refused;
}

bool is_lost(error_code error) {  // perhaps executed
  return error == Errc::connection_lost || error == Errc::idle_breach || error == Errc::identity_changed;
}

}  // namespace

void ClusterCore::run_completed(void* self, std::uint64_t index, const Outcome& outcome) {
  static_cast<ClusterCore*>(self)->completed(static_cast<std::uint32_t>(index), outcome);
}

/// What ASK names executes a command about keys that another node's part still vouches for: the push of their departure
/// comes by another stream, and may come after the reply.
void ClusterCore::fence(const Operation& operation) {
  const auto fence_keys_of = [this](const Command& command) {
    client::Keys keys;
    client::keys_of(command, client::classify(command), keys);
    cache_->fence({keys.data(), keys.size()});
  };
  if (cache_ == nullptr) {
    return;
  }
  if (!operation.is_transaction) {
    fence_keys_of(operation.command);
  }
  for (const Command& command : operation.transaction) {
    fence_keys_of(command);
  }
}

void ClusterCore::completed(std::uint32_t index, const Outcome& outcome) {
  if (operations_[index].manner == NodeCore::Manner::asked) {
    fence(operations_[index]);
  }
  changed(operations_[index]);
  if (!final_ && operations_[index].manner == NodeCore::Manner::replica && goes_to_owner(index, outcome)) {
    return;
  }
  if (final_ || !send_again(index, outcome)) {
    finish(index, outcome);
  }
}

/// A script's own error may read like the server's. Only where the key's slot is, scripts cannot know.
bool ClusterCore::proves_not_executed(const Operation& operation, const Redirection& redirection) {
  const bool names_slot = redirection.kind == Redirection::Kind::moved || redirection.kind == Redirection::Kind::ask;
  const bool is_script =
      !operation.is_transaction && client::classify(operation.command).kind == CommandKind::unknown_keys;
  return !is_script ||
         (names_slot && operation.route.kind == Route::Kind::slot && redirection.slot == operation.route.slot);
}

/// Whether the command goes by the map now, to which a MOVED may have added. Not where another node than the one that
/// says so is held for the owner: that one may be as far behind as the owner that it names.
bool ClusterCore::goes_by_map(const Operation& operation, const Redirection& moved) {
  const std::uint16_t slot = moved.slot;
  if (slot == operation.route.slot && slots_.moves(slot) != operation.moves) {
    TRACKSIDE_MARK(moved_ignored_as_late);
    return true;
  }
  const cluster::NodeNumber owner = slots_.owner(slot);
  if (owner != operation.node && owner != cluster::no_node) {
    TRACKSIDE_MARK(moved_by_a_bystander);
    want_refresh();
    return false;
  }
  on_moved(slot, moved.target);
  return true;
}

/// Whether it is on its way again, since it was not executed, or would change nothing.
bool ClusterCore::send_again(std::uint32_t index, const Outcome& outcome) {
  Operation& operation = operations_[index];
  if (outcome.error) {
    const bool may = is_not_sent(outcome.error) || (is_lost(outcome.error) && operation.repeatable);
    if (!may || operation.is_cancelled || runtime_.now() >= operation.deadline) {
      return false;
    }
    TRACKSIDE_MARK_IF(read_repeated_after_loss, is_lost(outcome.error));
    TRACKSIDE_MARK_IF(sent_again_for_want_of_link, is_not_sent(outcome.error));
    operation.manner = NodeCore::Manner::owned;
    want_refresh();
    wait(index, pause_after_refusal);
    return true;
  }
  const auto redirection = cluster::read_redirection(outcome.reply, node(operation.node)->endpoint);
  if (!redirection || operation.is_cancelled || !proves_not_executed(operation, *redirection)) {
    return false;
  }
  const bool by_map = redirection->kind != Redirection::Kind::moved || goes_by_map(operation, *redirection);
  if (runtime_.now() >= operation.deadline) {
    return false;  // and what it would wait for would come too late
  }
  operation.last_answer.assign(outcome.reply.frame());
  operation.manner = NodeCore::Manner::owned;
  ++operation.attempts;
  switch (redirection->kind) {
    case Redirection::Kind::moved:
      if (!by_map) {
        if (operation.attempts >= attempts_across && redirection->slot != operation.route.slot) {
          return false;
        }
        wait(index, pause_after_refusal);
        return true;
      }
      break;
    case Redirection::Kind::ask:
      if (operation.is_blocking) {  // on a connection of its own each time: not as fast as it can
        wait(index, pause_after_refusal);
        return true;
      }
      if (const Node* const target = node_for(redirection->target)) {
        TRACKSIDE_MARK(ask_followed_and_not_kept);
        operation.manner = NodeCore::Manner::asked;
        operation.node = target->number;
      }
      break;
    case Redirection::Kind::later:
    case Redirection::Kind::elsewhere:
      TRACKSIDE_MARK(refused_and_asked_later);
      want_refresh();
      wait(index, pause_after_refusal);
      return true;
  }
  const bool goes_round = operation.attempts % attempts_max == 0;
  if (goes_round) {
    TRACKSIDE_MARK(redirected_in_a_circle);
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
    complete(caller, outcome);
  }
}

void ClusterCore::complete(std::uint32_t caller, const Outcome& outcome) {
  if (outcome.error) {
    failed_.count(outcome.error);
  }
  callers_.complete(caller, outcome);
}

void ClusterCore::cancel(OperationId id) {
  const std::uint32_t caller = callers_.find(id);
  if (caller == nobody || callers_[caller].exchange == nobody) {
    return;
  }
  const std::uint32_t awaited = callers_[caller].exchange;  // an operation, or a gather, which knows its caller
  const bool is_split = awaited < gathers_.size() && gathers_[awaited].caller == caller;
  const std::vector<std::uint32_t> indices =
      is_split ? gathers_[awaited].operations : std::vector<std::uint32_t>{awaited};
  for (const std::uint32_t index : indices) {
    Operation& operation = operations_[index];
    const bool is_ours = is_split ? operation.gather == awaited : operation.caller == caller;
    if (is_ours && operation.state == Operation::State::in_node) {
      operation.is_cancelled = true;
      node(operation.node)->core->cancel(operation.inner);
    } else if (is_ours && operation.state == Operation::State::waiting) {
      operation.is_cancelled = true;
      alarm_.set(runtime_.now());
    }
  }
}

}  // namespace trackside
