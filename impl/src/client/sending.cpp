// From an exchange to bytes: which connection it takes, what the cache forgets first, and how it is put.
#include "cache/hash.hpp"
#include "client/node_core.hpp"
#include "resp/slot.hpp"
#include "seam/mark.hpp"

namespace trackside {

using client::Exchange;
using client::nobody;

namespace {

/// What decides the connection: the first key that is named, so that commands about one key stay in order.
std::string_view first_key(const Command& command, const client::Classified& classified) {
  client::Keys keys;
  client::keys_of(command, classified, keys);
  return keys.empty() ? std::string_view{} : keys.front();
}

}  // namespace

/// The connection of the command's key, or another one that is up; null if there is none.
NodeCore::Channel* NodeCore::channel_for(const Exchange& exchange) {
  std::size_t index = 0;
  if (data_.size() > 1) {
    const Command& command = exchange.commands.empty() ? exchange.command : exchange.commands.front();
    index = cache::hash_bytes(first_key(command, client::classify(command)), 0) % data_.size();
  }
  for (std::size_t tries = 0; tries < data_.size(); ++tries, index = (index + 1) % data_.size()) {
    if (data_[index]->is_up()) {
      return data_[index].get();
    }
  }
  return nullptr;
}

void NodeCore::send_waiting() {
  bool found = true;
  while (found && !waiting_.empty()) {
    const std::uint32_t index = waiting_.front();
    waiting_.pop_front();
    if (exchanges_[index].first_caller == nobody) {
      release(index);
    } else if (Channel* const channel = channel_for(exchanges_[index])) {
      send(index, *channel);
    } else {
      waiting_.push_front(index);
      found = false;
    }
  }
  for (const auto& channel : data_) {
    channel->flush();  // all of them at once: what leaves together travels together
  }
}

void NodeCore::send(std::uint32_t index, Channel& channel) {
  Exchange& exchange = exchanges_[index];
  exchange.state = Exchange::State::sent;
  exchange.sent_at = runtime_.now();
  exchange.channel = 0;
  while (data_[exchange.channel].get() != &channel) {
    ++exchange.channel;
  }
  exchange.replies_expected = 1;
  std::string& out = channel.link().outgoing();
  fence_at_sending(exchange);
  turn_to(index, channel);
  if (exchange.asks) {
    Command{"ASKING"}.encode(out);
  }
  switch (exchange.kind) {
    case Exchange::Kind::fetch: send_fetch(exchange, channel); break;
    case Exchange::Kind::several: send_several(exchange, channel); break;
    case Exchange::Kind::transaction:
      Command{"MULTI"}.encode(out);
      for (const Command& command : exchange.commands) {
        command.encode(out);
      }
      Command{"EXEC"}.encode(out);
      exchange.replies_expected = static_cast<std::uint32_t>(exchange.commands.size()) + 2;
      break;
    case Exchange::Kind::plain:
      if (cache_ != nullptr && !exchange.asks && cache_->tracking().selection == Selection::opt_out &&
          client::is_recorded(exchange.classified)) {
        say_caching(exchange, channel, "NO");
      }
      exchange.command.encode(out);
      break;
    case Exchange::Kind::write:
    case Exchange::Kind::bypass: exchange.command.encode(out); break;
  }
  if (exchange.at_replica) {
    ask_role(exchange, channel);
  }
  exchange.replies_expected += exchange.asks ? 1 : 0;
  channel.link().expect(index, exchange.replies_expected);
}

/// Ahead of the exchange's own command, with a reply of its own.
void NodeCore::say_caching(Exchange& exchange, Channel& channel, std::string_view word) {
  Command{"CLIENT", "CACHING", word}.encode(channel.link().outgoing());
  exchange.permits = true;
  ++exchange.replies_expected;
}

void NodeCore::send_fetch(Exchange& exchange, Channel& channel) {
  const client::QueryOf question{exchange.command, exchange.classified};
  std::string& out = channel.link().outgoing();
  if (membership_.in_cluster) {
    guard(resp::slot_of(question.query.key), channel);
  }
  exchange.fill = open_fill(question.query, identity_of(channel));
  TRACKSIDE_MARK_IF(gone_before_it_was_checked,
                    exchange.checks && !cache_->holds(question.query, exchange.doubted));
  exchange.checks = exchange.checks && cache_->holds(question.query, exchange.doubted);
  if (cache_->tracking().selection == Selection::opt_in && exchange.fill != Fill::none) {
    say_caching(exchange, channel, "YES");
  }
  exchange.command.encode(out);
  // Behind the read: in band, a write between the two pushes before the second answer and revokes the fill, so the pair
  // is as good as one transaction; otherwise the push about that write is still to come and removes what is kept.
  // CLIENT CACHING YES would not survive it, were it the other way round.
  Command{question_of_expiry(channel), question.query.key}.encode(out);
  ++exchange.replies_expected;
}

/// Ahead of the first read of the slot, so that the node tells of its loss from before that read on.
void NodeCore::guard(std::uint16_t slot, Channel& channel) {
  if (!guards_asked_[slot]) {
    guards_asked_[slot] = true;
    channel.link().send_guard(runtime_.now(), slot);
  }
}

void NodeCore::forget_slots(std::span<const std::uint16_t> slots) {
  for (const std::uint16_t slot : slots) {
    guards_asked_[slot] = false;
    vouching().link().forget_guard(slot);
  }
  if (cache_ != nullptr) {
    cache_->guards_down(slots);
  }
}

Fill NodeCore::open_fill(const Query& query, DataConnection by) {
  const Fill fill = cache_->begin_fill(query, by);
  if (fill != Fill::none) {
    ++tally_.fills_open;
  }
  return fill;
}

/// PEXPIRETIME came with Redis 7.
std::string_view NodeCore::question_of_expiry(const Channel& channel) {
  return channel.link().identity().version >= 700 ? "PEXPIRETIME" : "PTTL";
}

void NodeCore::fence_at_sending(Exchange& exchange) {
  if (cache_ == nullptr) {
    return;
  }
  for_each_written([this](auto keys) { cache_->invalidate(keys); }, exchange);
  if (exchange.may_bypass) {
    exchange.bypasses = true;
    ++tally_.bypasses;
    cache_->begin_bypass();
  }
}

}  // namespace trackside
