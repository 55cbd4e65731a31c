// Reading from a node that is a replica: what goes with each read, and when its answer counts.
//
// Nothing in the stream tells that a replica was promoted, or follows somebody else now. So behind each read it is
// asked whom it follows: if that is still the primary it was chosen for, and in step, it was so when it read. And
// whether the keys are there: of a slot that is open for migration it serves what is left, without a word about the
// rest.
#include <algorithm>

#include "client/node_core.hpp"
#include "link/probe.hpp"
#include "seam/mark.hpp"

namespace trackside {

using client::Exchange;

/// A node that was demoted must answer MOVED again, not as a replica: so what it may answer is said when it changes.
void NodeCore::turn_to(std::uint32_t index, Channel& channel) {
  Exchange& exchange = exchanges_[index];
  if (!exchange.may_turn || exchange.at_replica == is_read_only_) {
    return;
  }
  TRACKSIDE_MARK_IF(node_read_as_replica, exchange.at_replica);
  TRACKSIDE_MARK_IF(node_read_as_primary_again, !exchange.at_replica);
  is_read_only_ = exchange.at_replica;
  exchange.turns = true;
  Command{is_read_only_ ? "READONLY" : "READWRITE"}.encode(channel.link().outgoing());
  channel.link().expect(index, 1);  // ahead of a guard's confirmation
  channel.expect_duty(is_read_only_ ? link::Probe::Duty::replica : link::Probe::Duty::primary);
}

void NodeCore::ask_role(Exchange& exchange, Channel& channel) {
  std::string& out = channel.link().outgoing();
  if (exchange.kind == Exchange::Kind::plain) {
    client::Keys keys;
    client::keys_of(exchange.command, exchange.classified, keys);
    Command presence{"EXISTS"};
    for (const std::string_view key : keys) {
      presence.add(key);
    }
    presence.encode(out);
    ++exchange.replies_expected;
  }
  Command{"ROLE"}.encode(out);
  ++exchange.replies_expected;
}

namespace {

/// Whether it is what a key gives that is not there: null, nothing, none, or a list of nothing but null.
bool may_be_of_absent_key(ReplyView value) {
  if (value.is_null()) {
    return true;
  }
  if (const auto number = value.as_integer()) {
    return *number <= 0;
  }
  if (const auto text = value.as_string()) {
    return text->empty() || *text == "none";
  }
  return std::all_of(value.begin(), value.end(), [](ReplyView element) { return element.is_null(); });
}

}  // namespace

/// Whether the reply is one of the primary that the replica was chosen for, and about keys that are there.
bool NodeCore::answers_for_primary(const Exchange& exchange, ReplyView role) const {
  constexpr std::int64_t absent = -2;
  if (followed_.empty() || link::followed_primary(role) != followed_) {
    TRACKSIDE_MARK(replica_followed_another);
    return false;
  }
  const ReplyView value{exchange.value};
  if (exchange.kind == Exchange::Kind::several) {
    const bool all_there = std::none_of(value.begin(), value.end(), [](ReplyView each) { return each.is_null(); });
    return all_there && std::all_of(exchange.parts.begin(), exchange.parts.end(), [](const client::Part& part) {
      const auto expiry = ReplyView{part.expiry}.as_integer();
      return !part.is_fetched() || (expiry && *expiry != absent);
    });
  }
  if (value.is_error()) {
    return value.as_string().value().starts_with("WRONGTYPE");
  }
  if (may_be_of_absent_key(value)) {
    TRACKSIDE_MARK(replica_lacked_the_key);
    return false;  // though it may be there now: it may have come between the two questions
  }
  const auto presence = ReplyView{exchange.presence}.as_integer();
  if (!presence || exchange.kind == Exchange::Kind::fetch) {
    return presence && *presence != absent;
  }
  client::Keys keys;
  client::keys_of(exchange.command, exchange.classified, keys);
  return *presence == static_cast<std::int64_t>(keys.size());
}

void NodeCore::on_replica_reply(std::uint32_t index, const link::LinkEvent& event) {
  Exchange& exchange = exchanges_[index];
  const bool is_several = exchange.kind == Exchange::Kind::several;
  if (!event.last) {
    if (is_several) {
      on_part_reply(index, event);
    } else {
      (exchange.value.empty() ? exchange.value : exchange.presence).assign(event.frame.frame());
    }
    return;
  }
  if (!answers_for_primary(exchange, event.frame)) {
    finish(index, {.error = make_error_code(Errc::wrong_role)});
    return;
  }
  if (is_several) {
    on_part_reply(index, event);
    return;
  }
  if (exchange.kind == Exchange::Kind::fetch) {
    finish_fetch(exchange, ReplyView{exchange.presence});
  }
  const std::string value = std::move(exchange.value);
  finish(index, {.reply = ReplyView{value}});
}

}  // namespace trackside
