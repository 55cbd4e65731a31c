// How a command ends: what its reply does to the cache, and that its callers are told once, last.
#include "client/node_core.hpp"
#include "seam/mark.hpp"
#include "seam/saturating.hpp"
#include "trackside/error.hpp"

namespace trackside {

using client::Classified;
using client::CommandKind;
using client::Exchange;
using client::nobody;

namespace {

/// What reads answer when their key does not exist: nil, nothing, zero, none.
bool looks_absent(ReplyView value, std::string_view command) {
  switch (value.type()) {
    case ReplyType::null: return true;
    case ReplyType::integer: return value.as_integer().value() == 0;
    case ReplyType::simple_string: return value.as_string().value() == "none";
    // A key that holds an empty string answers GET like that too.
    case ReplyType::bulk_string:
      return value.as_string().value().empty() && (command == "GETRANGE" || command == "SUBSTR");
    case ReplyType::array:
    case ReplyType::set:
    case ReplyType::map:
      for (const ReplyView element : value) {
        if (!looks_absent(element, command)) {
          return false;
        }
      }
      return true;
    case ReplyType::error:
    case ReplyType::verbatim:
    case ReplyType::big_number:
    case ReplyType::number:
    case ReplyType::boolean:
    case ReplyType::push: break;
  }
  return false;
}

}  // namespace

/// What the answer behind a read says of how long it may be kept.
NodeCore::Expiry NodeCore::expiry_of(const Exchange& exchange, ReplyView value, ReplyView expiry) const {
  constexpr std::int64_t nanoseconds = 1'000'000;
  const auto answer = expiry.as_integer();
  if (!answer || expiry.is_error()) {
    TRACKSIDE_MARK(expiry_not_told);
    return {.keepable = false, .at = no_expiry};
  }
  if (*answer == -1) {
    return {.keepable = true, .at = no_expiry};
  }
  if (*answer == -2) {
    TRACKSIDE_MARK_IF(key_gone_between_two_answers, !looks_absent(value, exchange.classified.name));
    // Gone between the two answers unless the value says so too; the push about it is still under way.
    return {.keepable = !exchange.at_replica && looks_absent(value, exchange.classified.name),
            .at = membership_.in_cluster ? key_absent : no_expiry};
  }
  const Channel& channel = *data_[exchange.channel];
  if (channel.link().identity().version >= 700) {
    return {.keepable = true, .at = saturating_product(*answer, nanoseconds)};
  }
  const Duration since_probe = exchange.sent_at - channel.vouched_anchor;
  return {.keepable = true,
          .at = saturating_sum(saturating_sum(channel.vouched_server_time, since_probe.count()),
                               saturating_product(*answer, nanoseconds))};
}

/// From Redis 7.4 on a hash's fields may have times to live of their own, which no reply tells and nobody pushes in
/// time.
bool NodeCore::fields_may_expire(const Exchange& exchange) const {
  return data_[exchange.channel]->link().identity().version >= 704 && client::reads_hash(exchange.classified);
}

void NodeCore::finish_fetch(Exchange& exchange, ReplyView expiry) {
  const ReplyView value{exchange.value};
  const client::QueryOf question{exchange.command, exchange.classified};
  if (exchange.checks && !value.is_error()) {
    // A mismatch is only the cache's fault if nothing told it meanwhile: a revoked fill proves an overtaking write.
    const bool same = exchange.doubted.view().frame() == value.frame();
    TRACKSIDE_MARK_IF(overtaken_while_checked, !same && !cache_->is_open(exchange.fill));
    TRACKSIDE_MARK_IF(hit_found_stale, !same && cache_->is_open(exchange.fill));
    if (same || cache_->is_open(exchange.fill)) {
      give_feedback(question.query, same ? Match::yes : Match::no);
    }
  }
  const Expiry end = expiry_of(exchange, value, expiry);
  if (value.is_error() || !end.keepable || !exchange.permitted || fields_may_expire(exchange)) {
    abandon(exchange.fill);
    cache_->seen({&question.query.key, 1}, identity_of(*data_[exchange.channel]));
    return;
  }
  keep(exchange.fill, question.query, value, end.at);
}

void NodeCore::keep(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) {
  tally_.count(fill, cache_->put(fill, query, value, expires_at));
}

void NodeCore::abandon(Fill fill) {
  if (fill != Fill::none) {
    --tally_.fills_open;
    ++tally_.abandoned;
  }
  cache_->abandon_fill(fill);
}

void NodeCore::give_feedback(const Query& query, Match match) {
  ++tally_.hits_checked;
  cache_->feedback(query, match);
}

void NodeCore::forget_fetch(std::uint32_t index) {
  const Exchange& exchange = exchanges_[index];
  if (!exchange.joinable) {
    return;
  }
  const auto at = open_fetches_.find(exchange.hash);
  if (at != open_fetches_.end() && at->second == index) {
    open_fetches_.erase(at);
  }
}

void NodeCore::fence_keys(const Exchange& exchange) {
  if (cache_ != nullptr) {
    for_each_written([this](auto keys) { cache_->fence(keys); }, exchange);
  }
}

void NodeCore::release(std::uint32_t index) {
  forget_fetch(index);
  pending_bytes_ -= exchanges_[index].bytes;
  exchanges_.release(index);
}

/// The end of a write for the cache, whichever end it is; before anybody is told.
void NodeCore::fence_at_end(Exchange& exchange) {
  fence_keys(exchange);
  if (!exchange.bypasses) {
    return;
  }
  Channel& channel = vouching();
  if (exchange.swaps || !channel.link().sees_swaps()) {
    TRACKSIDE_MARK(flushed_behind_own_swap);
    ++tally_.flushes;
    cache_->flush();
  }
  exchange.bypasses = false;
  if (!channel.is_up()) {
    TRACKSIDE_MARK(bypass_ended_without_link);
    cache_->end_bypass();
    return;
  }
  barriers_.push_back({++last_barrier_, runtime_.now()});
  channel.link().send_barrier(last_barrier_);
  if (invalidations_ != nullptr) {
    channel.flush();  // not the one whose events are being handled, which flushes behind them
  }
}

/// A reply that is not kept tells of keys all the same: what another connection vouches for may be older.
void NodeCore::tell_seen(const Exchange& exchange) {
  if (cache_ == nullptr) {
    return;
  }
  const auto tell = [&](const Command& command, const Classified& classified) {
    client::Keys keys;
    if (classified.kind == CommandKind::cacheable || classified.kind == CommandKind::cacheable_many ||
        classified.kind == CommandKind::plain) {
      client::keys_of(command, classified, keys);
    }
    if (!keys.empty()) {
      cache_->seen({keys.data(), keys.size()}, identity_of(*data_[exchange.channel]));
    }
  };
  if (exchange.kind == Exchange::Kind::plain) {
    tell(exchange.command, exchange.classified);
  }
  for (const Command& command : exchange.commands) {
    tell(command, client::classify(command));
  }
}

void NodeCore::complete(std::uint32_t caller, const Outcome& outcome) {
  if (outcome.error) {
    tally_.failed.count(outcome.error);
  }
  callers_.complete(caller, outcome);
}

void NodeCore::finish(std::uint32_t index, const Outcome& outcome) {
  Exchange& exchange = exchanges_[index];
  if (exchange.state == Exchange::State::sent) {
    fence_at_end(exchange);
    tell_seen(exchange);
  }
  if (outcome.error && cache_ != nullptr) {
    abandon(exchange.fill);
    for (const client::Part& part : exchange.parts) {
      abandon(part.fill);
    }
  }
  std::uint32_t caller = exchange.first_caller;
  // Callers may submit from inside their completions: the exchange is gone before the first is told, and none of them
  // can be cancelled any more.
  for (std::uint32_t at = caller; at != nobody; at = callers_[at].next) {
    callers_[at].exchange = nobody;
  }
  release(index);
  while (caller != nobody) {
    const std::uint32_t next = callers_[caller].next;
    Outcome told = outcome;
    told.source = callers_[caller].source;
    complete(caller, told);
    caller = next;
  }
}

}  // namespace trackside
