// What the link says, one event at a time, and how a command ends.
#include <boost/assert.hpp>

#include "client/impl.hpp"
#include "seam/saturating.hpp"
#include "trackside/error.hpp"

namespace trackside {

using client::Exchange;
using client::nobody;
using link::LinkEvent;

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

void ClientCore::Impl::pump() {
  LinkEvent event;
  while (connection_ != nullptr && link_.next(event)) {
    switch (event.kind) {
      case LinkEvent::Kind::up: on_link_up(); break;
      case LinkEvent::Kind::vouched: on_vouched(event); break;
      case LinkEvent::Kind::invalidate: on_invalidate(event.frame); break;
      case LinkEvent::Kind::flush:
        if (cache_ != nullptr) {
          cache_->flush();
        }
        break;
      case LinkEvent::Kind::reply: on_reply(event); break;
      case LinkEvent::Kind::barrier: pass_barrier(event.tag); break;
      case LinkEvent::Kind::failed: lose(event.error); return;
    }
  }
  flush();
  arm();
}

void ClientCore::Impl::on_link_up() {
  ++links_;
  backoff_.succeeded();
  link_error_ = {};
  link_up_.store(true, std::memory_order_release);
  if (cache_ != nullptr) {
    cache_->link_up(link_.identity().client_id);
  }
}

void ClientCore::Impl::on_vouched(const LinkEvent& event) {
  vouched_anchor_ = event.anchor;
  vouched_server_time_ = event.server_time;
  if (cache_ != nullptr) {
    cache_->link_vouched(event.anchor, event.server_time);
  }
  while (!barriers_.empty() && barriers_.front().asked_at < event.anchor) {
    pass_barrier(barriers_.front().tag);
  }
  while (!waiting_.empty()) {
    const std::uint32_t index = waiting_.front();
    waiting_.pop_front();
    if (exchanges_[index].first_caller == nobody) {
      release(index);
    } else {
      send(index);
    }
  }
}

void ClientCore::Impl::on_invalidate(ReplyView keys) {
  if (cache_ == nullptr) {
    return;
  }
  constexpr std::size_t batch = 64;  // a push may name any number of keys; we hold few of them at a time
  client::Keys names;
  const auto invalidate = [&] {
    cache_->invalidate({names.data(), names.size()});
    names.clear();
  };
  for (const ReplyView key : keys) {
    names.push_back(key.as_string().value());
    if (names.size() == batch) {
      invalidate();
    }
  }
  if (!names.empty()) {
    invalidate();
  }
}

void ClientCore::Impl::pass_barrier(std::uint64_t tag) {
  for (auto at = barriers_.begin(); at != barriers_.end(); ++at) {
    if (at->tag == tag) {
      barriers_.erase(at);
      cache_->end_bypass();
      return;
    }
  }
}

void ClientCore::Impl::on_reply(const LinkEvent& event) {
  const auto index = static_cast<std::uint32_t>(event.tag);
  Exchange& exchange = exchanges_[index];
  ++exchange.replies_seen;
  if (exchange.kind == Exchange::Kind::fetch && !event.last) {
    exchange.value.assign(event.frame.frame());
    return;
  }
  if (!event.last) {
    // What fails to queue makes EXEC fail; but where MULTI itself is refused, what follows is executed one by one.
    exchange.refused = exchange.refused || (exchange.replies_seen == 1 && event.frame.is_error());
    return;
  }
  if (exchange.kind == Exchange::Kind::fetch) {
    finish_fetch(exchange, event.frame);
    const std::string value = std::move(exchange.value);
    finish(index, {.reply = ReplyView{value}});
    return;
  }
  if (exchange.refused) {
    finish(index, {.error = make_error_code(Errc::transaction_refused)});
    return;
  }
  finish(index, {.reply = event.frame});
}

ServerTime ClientCore::Impl::expiry_of(const Exchange& exchange, ReplyView expiry, bool& keepable) const {
  constexpr std::int64_t nanoseconds = 1'000'000;
  const auto answer = expiry.as_integer();
  keepable = answer.has_value() && !expiry.is_error();
  if (!keepable || *answer == -1) {
    return no_expiry;
  }
  if (*answer == -2) {
    // Gone between the two answers unless the value says so too; the push about it is still under way.
    keepable = looks_absent(ReplyView{exchange.value}, exchange.classified.name);
    return no_expiry;
  }
  if (link_.identity().version >= 700) {
    return saturating_product(*answer, nanoseconds);
  }
  const Duration since_probe = exchange.sent_at - vouched_anchor_;
  return saturating_sum(saturating_sum(vouched_server_time_, since_probe.count()),
                        saturating_product(*answer, nanoseconds));
}

/// From Redis 7.4 on a hash's fields may have times to live of their own, which no reply tells and nobody pushes in
/// time.
bool ClientCore::Impl::fields_may_expire(const Exchange& exchange) const {
  return link_.identity().version >= 704 && client::reads_hash(exchange.classified);
}

void ClientCore::Impl::finish_fetch(Exchange& exchange, ReplyView expiry) {
  const ReplyView value{exchange.value};
  const client::QueryOf question{exchange.command, exchange.classified};
  if (exchange.checks && !value.is_error()) {
    // A mismatch is only the cache's fault if nothing told it meanwhile: a revoked fill proves an overtaking write.
    const bool same = exchange.doubted.view().frame() == value.frame();
    if (same || cache_->is_open(exchange.fill)) {
      cache_->feedback(question.query, same ? Match::yes : Match::no);
    }
  }
  bool keepable = false;
  const ServerTime expires_at = expiry_of(exchange, expiry, keepable);
  if (value.is_error() || !keepable || fields_may_expire(exchange)) {
    cache_->abandon_fill(exchange.fill);
    return;
  }
  if (cache_->put(exchange.fill, question.query, value, expires_at) == PutResult::refused_revoked) {
    ++revoked_;
  }
}

void ClientCore::Impl::forget_fetch(std::uint32_t index) {
  const Exchange& exchange = exchanges_[index];
  if (!exchange.joinable) {
    return;
  }
  const auto at = open_fetches_.find(exchange.hash);
  if (at != open_fetches_.end() && at->second == index) {
    open_fetches_.erase(at);
  }
}

void ClientCore::Impl::fence_keys(const Exchange& exchange) {
  if (cache_ != nullptr) {
    for_each_written([this](auto keys) { cache_->fence(keys); }, exchange);
  }
}

void ClientCore::Impl::release(std::uint32_t index) {
  forget_fetch(index);
  pending_bytes_ -= exchanges_[index].bytes;
  exchanges_.release(index);
}

/// The end of a write for the cache, whichever end it is; before anybody is told.
void ClientCore::Impl::fence_at_end(Exchange& exchange) {
  fence_keys(exchange);
  if (!exchange.bypasses) {
    return;
  }
  if (exchange.swaps || !link_.sees_swaps()) {
    cache_->flush();
  }
  exchange.bypasses = false;
  if (!link_.is_up()) {
    cache_->end_bypass();
    return;
  }
  barriers_.push_back({++last_barrier_, runtime_.now()});
  link_.send_barrier(last_barrier_);
}

void ClientCore::Impl::finish(std::uint32_t index, const Outcome& outcome) {
  Exchange& exchange = exchanges_[index];
  if (exchange.state == Exchange::State::sent) {
    fence_at_end(exchange);
  }
  if (outcome.error && cache_ != nullptr) {
    cache_->abandon_fill(exchange.fill);
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
    callers_.complete(caller, told);
    caller = next;
  }
}

}  // namespace trackside
