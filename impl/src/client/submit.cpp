// From a call to an exchange: refuse, classify, join one or make one; and what a caller who leaves does to it.
#include <boost/assert.hpp>

#include <algorithm>

#include "cache/hash.hpp"
#include "client/blocking_call.hpp"
#include "client/node_core.hpp"
#include "seam/mark.hpp"

namespace trackside {

using client::Classified;
using client::CommandKind;
using client::Exchange;
using client::nobody;

namespace {

std::uint64_t hash_of(const Command& command) {
  std::uint64_t hash = command.size();
  for (std::size_t at = 0; at < command.size(); ++at) {
    hash = cache::hash_bytes(command[at], hash);
  }
  return hash;
}

/// A draw from 0..1 that needs no lock (splitmix64's output function on a shared counter).
double draw(std::atomic<std::uint64_t>& state) {
  std::uint64_t bits = state.fetch_add(0x9e3779b97f4a7c15ULL, std::memory_order_relaxed);
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

/// Of a command that is not fetched for the cache.
Exchange::Kind kind_of(const Classified& classified) {
  switch (classified.kind) {
    case CommandKind::write: return Exchange::Kind::write;
    case CommandKind::unknown_keys: return Exchange::Kind::bypass;
    case CommandKind::cacheable:
    case CommandKind::cacheable_many:
    case CommandKind::plain:
    case CommandKind::blocking:
    case CommandKind::session:
    case CommandKind::container: break;
  }
  return Exchange::Kind::plain;
}

std::size_t size_of(const Exchange& exchange) {
  std::size_t size = exchange.command.encoded_size();
  for (const Command& command : exchange.commands) {
    size += command.encoded_size();
  }
  return size;
}

}  // namespace

bool NodeCore::cached(const Command& command, Reply& out) {
  out.assign({});
  if (cache_ == nullptr || command.empty()) {
    return false;
  }
  const Classified classified = client::classify(command);
  if (may_split(classified, command)) {
    return several_cached(command, out);
  }
  if (classified.kind != CommandKind::cacheable) {
    return false;
  }
  const client::QueryOf question{command, classified};
  if (!cache_->get(question.query, out)) {
    return false;
  }
  return !is_doubted();
}

/// Whether a hit is to be checked against the server: with a probability of 1 - confidence/100.
bool NodeCore::is_doubted() {
  const double confidence = cache_->confidence();
  return confidence < 100.0 && draw(sampling_) * 100.0 >= confidence;
}

OperationId NodeCore::fail_later(Completion completion, Errc code) {
  return fail_later(completion, make_error_code(code));
}

OperationId NodeCore::fail_later(Completion completion, error_code error) { return failures_.add(completion, error); }

OperationId NodeCore::submit(Command command, Completion completion, const Reply* doubted, Time deadline) {
  return submit_part(std::move(command), completion, doubted, Manner::owned,
                     client::deadline_of(deadline, runtime_, options_));
}

OperationId NodeCore::submit_part(Command command, Completion completion, const Reply* doubted, Manner manner,
                                  Time deadline) {
  ++tally_.submitted;
  if (command.empty() || command[0].empty()) {
    return fail_later(completion, final_ ? Errc::shut_down : Errc::empty_command);
  }
  if (const error_code reason = reason_to_refuse()) {
    return fail_later(completion, reason);
  }
  const Classified classified = client::classify(command);
  if (classified.kind == CommandKind::session) {
    return fail_later(completion, Errc::command_not_allowed);
  }
  if (classified.kind == CommandKind::blocking) {
    return launch_blocking(std::move(command), classified, completion);
  }

  const bool asked = manner == Manner::asked;
  const bool at_replica = manner == Manner::replica;
  const bool checks = !asked && doubted != nullptr && doubted->view().frame().size() != 0;
  const bool fetches = classified.kind == CommandKind::cacheable && cache_ != nullptr && !asked &&
                       cache_->accepts(client::QueryOf{command, classified}.query);
  const std::uint64_t hash = fetches ? hash_of(command) : 0;
  if (fetches && !checks) {
    const std::uint32_t joined = join(command, hash);
    if (joined != nobody && exchanges_[joined].at_replica == at_replica) {
      const std::uint32_t caller = add_caller(completion, joined, deadline);
      callers_[caller].source = Source::joined;
      ++tally_.joined;
      return callers_.id_of(caller);
    }
  }
  const std::uint32_t index = exchanges_.add();
  Exchange& exchange = exchanges_[index];
  exchange.classified = classified;
  exchange.kind = fetches                                    ? Exchange::Kind::fetch
                  : !asked && may_split(classified, command) ? Exchange::Kind::several
                                                             : kind_of(classified);
  exchange.asks = asked;
  exchange.at_replica = at_replica;
  exchange.may_turn = manner != Manner::either;
  exchange.may_bypass = exchange.kind == Exchange::Kind::bypass;
  exchange.swaps = classified.name == "SWAPDB";
  exchange.command = std::move(command);
  if (checks) {
    exchange.doubted = *doubted;
    exchange.checks = true;
  }
  if (fetches && !checks) {
    exchange.hash = hash;
    exchange.joinable = true;
    open_fetches_[hash] = index;
  }
  return launch(index, completion, deadline);
}

OperationId NodeCore::submit_transaction(std::vector<Command> commands, Completion completion, Time deadline) {
  return submit_transaction_part(std::move(commands), completion, Manner::owned,
                                 client::deadline_of(deadline, runtime_, options_));
}

OperationId NodeCore::submit_transaction_part(std::vector<Command> commands, Completion completion, Manner manner,
                                              Time deadline) {
  ++tally_.submitted;
  if (const error_code reason = reason_to_refuse()) {
    return fail_later(completion, reason);
  }
  bool may_bypass = false;
  bool swaps = false;
  for (const Command& command : commands) {
    if (command.empty() || command[0].empty()) {
      return fail_later(completion, Errc::empty_command);
    }
    const Classified classified = client::classify(command);
    if (classified.kind == CommandKind::session) {
      return fail_later(completion, Errc::command_not_allowed);
    }
    may_bypass = may_bypass || classified.kind == CommandKind::unknown_keys;
    swaps = swaps || classified.name == "SWAPDB";
  }
  const std::uint32_t index = exchanges_.add();
  Exchange& exchange = exchanges_[index];
  exchange.kind = Exchange::Kind::transaction;
  exchange.may_bypass = may_bypass;
  exchange.swaps = swaps;
  exchange.asks = manner == Manner::asked;
  exchange.may_turn = manner != Manner::either;
  exchange.commands = std::move(commands);
  return launch(index, completion, deadline);
}

/// Why no command is taken now. Full: callers, and commands whose callers are gone but whose replies are still to come.
error_code NodeCore::reason_to_refuse() const {
  if (final_) {
    return make_error_code(Errc::shut_down);
  }
  if (unusable_) {
    return unusable_;
  }
  if (data_.empty()) {
    return make_error_code(Errc::no_data_connection);
  }
  const bool full = std::max(callers_.size(), exchanges_.size()) >= options_.max_in_flight;
  return full ? make_error_code(Errc::too_many_commands) : error_code{};
}

std::uint32_t NodeCore::join(const Command& command, std::uint64_t hash) {
  const auto at = open_fetches_.find(hash);
  if (at == open_fetches_.end()) {
    return nobody;
  }
  const Exchange& exchange = exchanges_[at->second];
  if (exchange.command != command) {
    return nobody;
  }
  if (exchange.state == Exchange::State::queued) {
    return at->second;
  }
  const bool recent = runtime_.now() - exchange.sent_at < cache_->max_idle();
  // Without a fill nobody knows whether an own write, perhaps by another connection, has overtaken it.
  const bool is_open = exchange.fill != Fill::none && cache_->is_open(exchange.fill);
  TRACKSIDE_MARK_IF(joined_fill_too_old, !recent);
  TRACKSIDE_MARK_IF(joined_fill_revoked, recent && !is_open);
  return recent && is_open ? at->second : nobody;
}

/// One more who waits for the exchange, with the common timeout.
std::uint32_t NodeCore::add_caller(Completion completion, std::uint32_t exchange, Time deadline) {
  const std::uint32_t caller = callers_.add(completion, deadline);
  Exchange& of = exchanges_[exchange];
  callers_[caller].exchange = exchange;
  (of.last_caller == nobody ? of.first_caller : callers_[of.last_caller].next) = caller;
  of.last_caller = caller;
  caller_alarm_.set(callers_[callers_.first_due()].deadline);
  return caller;
}

OperationId NodeCore::launch(std::uint32_t index, Completion completion, Time deadline) {
  Exchange& exchange = exchanges_[index];
  exchange.bytes = size_of(exchange);
  pending_bytes_ += exchange.bytes;
  if (pending_bytes_ > options_.max_pending_bytes) {
    release(index);
    return fail_later(completion, Errc::too_many_commands);
  }
  const std::uint32_t caller = add_caller(completion, index, deadline);
  if (Channel* const channel = channel_for(exchange)) {
    send(index, *channel);
    channel->flush();
  } else {
    exchange.state = Exchange::State::queued;
    waiting_.push_back(index);
  }
  return callers_.id_of(caller);
}

OperationId NodeCore::launch_blocking(Command command, const Classified& classified, Completion completion) {
  const std::uint32_t caller = callers_.add(completion, never);
  blocking_.push_back(std::make_unique<client::BlockingCall>(*this, std::move(command), classified, caller));
  blocking_.back()->start();
  return callers_.id_of(caller);
}

void NodeCore::cancel(OperationId operation) {
  const std::uint32_t caller = callers_.find(operation);
  if (caller == nobody) {
    return;
  }
  for (const auto& call : blocking_) {
    if (call->caller() == caller) {
      call->cancel();
      return;
    }
  }
  if (callers_[caller].exchange == nobody) {
    return;  // its answer is on its way to it already
  }
  detach(caller);
  failures_.add(caller, make_error_code(Errc::cancelled));
}

/// Takes the caller off its exchange. A write under way fences here: for this caller it has ended. An exchange that
/// was never sent and has no caller left is forgotten in time.
void NodeCore::detach(std::uint32_t caller) {
  const std::uint32_t index = callers_[caller].exchange;
  if (index == nobody) {
    return;
  }
  Exchange& exchange = exchanges_[index];
  std::uint32_t before = nobody;
  for (std::uint32_t at = exchange.first_caller; at != caller; at = callers_[at].next) {
    before = at;
  }
  (before == nobody ? exchange.first_caller : callers_[before].next) = callers_[caller].next;
  if (exchange.last_caller == caller) {
    exchange.last_caller = before;
  }
  callers_[caller].exchange = nobody;
  callers_[caller].next = nobody;
  if (exchange.state == Exchange::State::sent) {
    TRACKSIDE_MARK_IF(write_left_by_its_caller, exchange.kind == Exchange::Kind::write);
    fence_keys(exchange);
  }
  drop_abandoned();
}

/// Commands nobody waits for any more leave the queue when they are at its front; callers time out in that order.
void NodeCore::drop_abandoned() {
  while (!waiting_.empty() && exchanges_[waiting_.front()].first_caller == nobody) {
    const std::uint32_t index = waiting_.front();
    waiting_.pop_front();
    TRACKSIDE_MARK(abandoned_before_it_was_sent);
    release(index);
  }
}

}  // namespace trackside
