// What the links say, one event at a time.
#include "client/node_core.hpp"
#include "link/client_list.hpp"
#include "seam/mark.hpp"
#include "trackside/error.hpp"

#include <algorithm>

namespace trackside {

using client::Exchange;
using client::nobody;
using link::LinkEvent;

void NodeCore::on_event(Channel& channel, const LinkEvent& event) {
  if (event.kind != LinkEvent::Kind::unguarded) {
    drop_unguarded();
  }
  switch (event.kind) {
    case LinkEvent::Kind::up: on_up(channel); break;
    case LinkEvent::Kind::vouched: on_vouched(channel, event); break;
    case LinkEvent::Kind::listed: on_listed(channel, event); break;
    case LinkEvent::Kind::registered: on_registered(channel, event); break;
    case LinkEvent::Kind::redirect_lost: on_redirect_lost(channel, event); break;
    case LinkEvent::Kind::invalidate: on_invalidate(event.frame); break;
    case LinkEvent::Kind::flush:
      if (cache_ != nullptr) {
        TRACKSIDE_MARK_IF(flushed_while_fills_open, tally_.fills_open.value() > 0);
        ++tally_.flushes;
        cache_->flush();
      }
      break;
    case LinkEvent::Kind::reply: on_reply(event); break;
    case LinkEvent::Kind::barrier: pass_barrier(event.tag); break;
    case LinkEvent::Kind::guarded: cache_->guard_up(static_cast<std::uint16_t>(event.tag)); break;
    case LinkEvent::Kind::slots_proved: cache_->slots_vouched(channel.link().slot_proofs(), event.anchor); break;
    case LinkEvent::Kind::slots_changed: on_slots_changed(channel); break;
    case LinkEvent::Kind::unguarded: on_unguarded(event); break;
    case LinkEvent::Kind::failed: break;  // the channel's own business
  }
}

std::vector<std::int64_t> NodeCore::foreign_connections(const Channel& channel) {
  return &channel == invalidations_.get() ? cache_->foreign_connections() : std::vector<std::int64_t>{};
}

void NodeCore::on_up(Channel& channel) {
  ++tally_.links;
  if (&channel == invalidations_.get()) {
    cache_->link_up(channel.client_id());
    for (const auto& data : data_) {
      register_redirect(*data);
    }
    return;
  }
  link_up_.store(true, std::memory_order_release);
  tell_link_changed();
  if (membership_.in_cluster) {
    send_waiting();  // one that does not vouch yet answers all the same
  }
  if (invalidations_ != nullptr) {
    register_redirect(channel);
  } else if (cache_ != nullptr) {
    cache_->link_up(channel.client_id());
  }
}

/// Once both are up. With broadcasts the link tracks by itself.
void NodeCore::register_redirect(Channel& channel) {
  if (channel.is_up() && invalidations_->is_up() && cache_->tracking().selection != Selection::broadcast) {
    channel.link().register_redirect(runtime_.now(), invalidations_->client_id());
    channel.flush();
  }
}

void NodeCore::on_registered(Channel& channel, const LinkEvent& event) {
  if (!invalidations_->is_up() || event.tag != static_cast<std::uint64_t>(invalidations_->client_id())) {
    TRACKSIDE_MARK(registered_to_former_link);
    return;  // to a link that is gone by now; the next registration is under way
  }
  const DataConnection connection = identity_of(channel);
  ++tally_.registered;
  cache_->data_up(connection);
  const Duration since_probe = event.anchor - channel.vouched_anchor;
  cache_->data_vouched(connection, event.anchor, channel.vouched_server_time + since_probe.count());
}

/// The server has not the connection that this one redirects to: whatever our side of it says, it brings nothing.
void NodeCore::on_redirect_lost(Channel& channel, const LinkEvent& event) {
  TRACKSIDE_MARK(redirect_target_gone);
  if (invalidations_->is_up() && event.tag == static_cast<std::uint64_t>(invalidations_->client_id())) {
    TRACKSIDE_MARK(invalidations_given_up_for_redirection);
    cache_->data_down(identity_of(channel), runtime_.now());
    invalidations_->lose(make_error_code(Errc::connection_lost));
  }
}

void NodeCore::on_vouched(Channel& channel, const LinkEvent& event) {
  if (cache_ != nullptr && &channel == &vouching()) {
    if (!vouches_together()) {
      vouch(event.anchor, event.server_time);
    }
    while (!barriers_.empty() && barriers_.front().asked_at < event.anchor) {
      TRACKSIDE_MARK(barrier_passed_by_probe);
      pass_barrier(barriers_.front().tag);
    }
  } else if (cache_ != nullptr) {
    cache_->data_vouched(identity_of(channel), event.anchor, *event.server_time);
  }
  vouch_together();
  if (&channel != invalidations_.get()) {
    send_waiting();
  }
}

void NodeCore::vouch(Time anchor, std::optional<ServerTime> server_time) {
  cache_->link_vouched(anchor, server_time);
  tally_.anchor.store(anchor.time_since_epoch().count(), std::memory_order_relaxed);
}

/// By what the subscriber and the data connection that was answered last have proved both.
void NodeCore::vouch_together() {
  if (!vouches_together() || !invalidations_->has_vouched) {
    return;
  }
  Time proved = long_ago;
  for (const auto& channel : data_) {
    proved = channel->has_vouched ? std::max(proved, channel->vouched_anchor) : proved;
  }
  if (proved != long_ago) {
    vouch(std::min(invalidations_->vouched_anchor, proved), std::nullopt);
  }
}

void NodeCore::on_listed(const Channel& channel, const LinkEvent& event) {
  const auto text = event.frame.as_string();
  if (!text || !event.server_time) {
    return;
  }
  const std::vector<std::int64_t> there = link::redirecting_to(channel.client_id(), *text);
  for (const std::int64_t id : channel.link().foreign()) {
    if (std::find(there.begin(), there.end(), id) != there.end()) {
      cache_->data_vouched(DataConnection{id}, event.anchor, *event.server_time);
    } else {
      cache_->data_down(DataConnection{id}, event.anchor);
    }
  }
}

void NodeCore::on_invalidate(ReplyView keys) {
  if (cache_ == nullptr) {
    return;
  }
  ++tally_.invalidation_messages;
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

void NodeCore::pass_barrier(std::uint64_t tag) {
  for (auto at = barriers_.begin(); at != barriers_.end(); ++at) {
    if (at->tag == tag) {
      barriers_.erase(at);
      ++tally_.barriers;
      cache_->end_bypass();
      return;
    }
  }
}

/// Slots leave together more often than alone, and one pass over what is kept does for all of them. A slot whose guard
/// was refused for another reason than that it is elsewhere is not asked for again by this link.
void NodeCore::on_unguarded(const LinkEvent& event) {
  const auto slot = static_cast<std::uint16_t>(event.tag);
  TRACKSIDE_MARK_IF(guard_lost, !event.error);
  TRACKSIDE_MARK_IF(guard_refused_by_former_owner, event.error == Errc::wrong_role);
  TRACKSIDE_MARK_IF(guard_lost_while_fills_open, tally_.fills_open.value() > 0);
  unguarded_.push_back(slot);
  if (event.error != Errc::tracking_refused) {
    guards_asked_[slot] = false;
    tell_slot_lost();
  }
}

void NodeCore::drop_unguarded() {
  if (!unguarded_.empty()) {
    cache_->guards_down(unguarded_);
    unguarded_.clear();
  }
}

void NodeCore::on_pause(Channel&) { drop_unguarded(); }

/// Which of the slots did is not known: what the node vouches for goes, and the link begins anew for the cache.
void NodeCore::on_slots_changed(Channel& channel) {
  TRACKSIDE_MARK(epoch_changed_without_guards);
  guards_asked_.assign(guards_asked_.size(), false);
  cache_->link_up(channel.client_id());
  tell_slot_lost();
}

void NodeCore::tell_slot_lost() {
  if (membership_.slot_lost.function != nullptr && !final_) {
    slot_news_.set(runtime_.now());
  }
}

void NodeCore::on_reply(const LinkEvent& event) {
  const auto index = static_cast<std::uint32_t>(event.tag);
  Exchange& exchange = exchanges_[index];
  TRACKSIDE_MARK_IF(late_reply_after_timeout, event.last && exchange.first_caller == nobody);
  if (exchange.turns) {
    exchange.turns = false;  // READONLY's or READWRITE's
    return;
  }
  ++exchange.replies_seen;
  if (exchange.asks && exchange.replies_seen == 1) {
    return;  // ASKING's
  }
  if (exchange.permits && exchange.replies_seen == 1) {
    exchange.permitted = !event.frame.is_error();
    TRACKSIDE_MARK_IF(caching_permission_refused, !exchange.permitted);
    return;
  }
  if (exchange.at_replica) {
    on_replica_reply(index, event);
    return;
  }
  if (exchange.kind == Exchange::Kind::several) {
    on_part_reply(index, event);
    return;
  }
  if (exchange.kind == Exchange::Kind::fetch && !event.last) {
    exchange.value.assign(event.frame.frame());
    return;
  }
  if (!event.last) {
    // What fails to queue makes EXEC fail; but where MULTI itself is refused, what follows is executed one by one.
    const std::uint32_t first = exchange.asks ? 2 : 1;
    exchange.refused = exchange.refused || (exchange.replies_seen == first && event.frame.is_error());
    if (membership_.in_cluster && exchange.value.empty() && event.frame.is_error()) {
      exchange.value.assign(event.frame.frame());  // why EXEC will fail: perhaps a redirection
    }
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
  if (event.frame.is_error() && !exchange.value.empty()) {
    TRACKSIDE_MARK(transaction_failed_by_its_parts);
    const std::string cause = std::move(exchange.value);
    finish(index, {.reply = ReplyView{cause}});
    return;
  }
  finish(index, {.reply = event.frame});
}

}  // namespace trackside
