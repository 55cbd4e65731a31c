// MGET, answered from single-key entries where that gives one state of the server, with only the rest fetched.
//
// The entries that were found hold until the fetched part is answered, or they are gone: in band every invalidation up
// to the execution of the fetch comes before its answer. So if all of them are still there then, they and the answer
// were true together when the server executed it. If one is not, the whole is asked again. Where replies and
// invalidations have no common order (redirect, broadcast) MGET is not split: see trackside/tracking_options.hpp.
#include <algorithm>

#include <boost/container/small_vector.hpp>

#include "client/node_core.hpp"
#include "resp/slot.hpp"
#include "resp/writer.hpp"
#include "seam/mark.hpp"

namespace trackside {

using client::Classified;
using client::CommandKind;
using client::Exchange;
using client::nobody;
using client::Part;

namespace {

/// An MGET of more keys goes to the server as it is.
constexpr std::size_t parts_max = 256;

using Queries = boost::container::small_vector<Query, 16>;

Queries queries_of(const Command& command) {
  Queries queries;
  for (std::size_t part = 0; part + 1 < command.size(); ++part) {
    queries.push_back(client::query_of_part(command, part));
  }
  return queries;
}

}  // namespace

bool NodeCore::may_split(const Classified& classified, const Command& command) const {
  return classified.kind == CommandKind::cacheable_many && cache_ != nullptr && command.size() - 1 <= parts_max &&
         in_stream_order(cache_->tracking());
}

bool NodeCore::several_cached(const Command& command, Reply& out) {
  const Queries queries = queries_of(command);
  boost::container::small_vector<Reply, 16> replies(queries.size());
  if (cache_->confidence() < 100.0 || !cache_->get_all(queries, replies)) {
    return false;
  }
  std::string frame;
  resp::array_header(frame, replies.size());
  for (const Reply& reply : replies) {
    frame += reply.view().frame();
  }
  out.assign(frame);
  tally_.mget_cached.fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// What the cache has, and a fill for each of the others. Where it has all, all is fetched: that it has all at one
/// moment was asked before, in vain.
void NodeCore::look_up_parts(Exchange& exchange, DataConnection by) {
  const Queries queries = queries_of(exchange.command);
  exchange.parts.resize(queries.size());
  bool complete = true;
  for (std::size_t index = 0; index < queries.size(); ++index) {
    Part& part = exchange.parts[index];
    Reply found;
    if (!cache_->get_all({&queries[index], 1}, {&found, 1})) {
      cache_->get(queries[index], found);  // counts the miss
      complete = false;
    } else if (is_doubted()) {
      part.doubted = found.view().frame();
      complete = false;
    } else {
      part.cached = found.view().frame();
    }
  }
  for (std::size_t index = 0; index < queries.size(); ++index) {
    Part& part = exchange.parts[index];
    if (complete) {
      part.cached.clear();
    }
    if (part.is_fetched()) {
      part.fill = open_fill(queries[index], by);
    }
  }
}

void NodeCore::send_several(Exchange& exchange, Channel& channel) {
  if (membership_.in_cluster) {
    guard(resp::slot_of(exchange.command[1]), channel);  // the one of all of them
  }
  look_up_parts(exchange, identity_of(channel));
  std::string& out = channel.link().outgoing();
  const bool may_keep = std::any_of(exchange.parts.begin(), exchange.parts.end(),
                                    [](const Part& part) { return part.fill != Fill::none; });
  if (cache_->tracking().selection == Selection::opt_in && may_keep) {
    say_caching(exchange, channel, "YES");
  }
  Command fetch{"MGET"};
  for (std::size_t index = 0; index < exchange.parts.size(); ++index) {
    if (exchange.parts[index].is_fetched()) {
      fetch.add(exchange.command[index + 1]);
    }
  }
  fetch.encode(out);
  for (std::size_t at = 1; at < fetch.size(); ++at) {
    Command{question_of_expiry(channel), fetch[at]}.encode(out);
    ++exchange.replies_expected;
  }
}

/// The values first, then the expiry of each key that was fetched.
void NodeCore::on_part_reply(std::uint32_t index, const link::LinkEvent& event) {
  Exchange& exchange = exchanges_[index];
  std::uint32_t number = exchange.replies_seen - (exchange.permits ? 2 : 1);
  if (number == 0) {
    exchange.value.assign(event.frame.frame());
  }
  for (Part& part : exchange.parts) {
    if (number != 0 && part.is_fetched() && --number == 0) {
      part.expiry.assign(event.frame.frame());
      break;
    }
  }
  if (event.last) {
    finish_several(index);
  }
}

void NodeCore::keep_parts(Exchange& exchange) {
  auto value = ReplyView{exchange.value}.begin();
  for (std::size_t index = 0; index < exchange.parts.size(); ++index) {
    Part& part = exchange.parts[index];
    if (!part.is_fetched()) {
      continue;
    }
    const ReplyView reply = *value;
    ++value;
    const Query query = client::query_of_part(exchange.command, index);
    if (!part.doubted.empty() && cache_->is_open(part.fill)) {
      give_feedback(query, part.doubted == reply.frame() ? Match::yes : Match::no);
    }
    const ReplyView answer{part.expiry};
    const Expiry expiry = expiry_of(exchange, reply, answer);
    // A nil of a key that exists is MGET's word for another type, which GET answers with an error.
    const bool exists = !answer.as_integer() || *answer.as_integer() != -2;
    TRACKSIDE_MARK_IF(mget_hid_another_type, reply.is_null() && exists);
    if (!expiry.keepable || !exchange.permitted || (reply.is_null() && exists)) {
      abandon(part.fill);
      cache_->seen({&query.key, 1}, identity_of(*data_[exchange.channel]));
    } else {
      keep(part.fill, query, reply, expiry.at);
    }
  }
}

/// Whether what was taken from the cache is still true now, and the answer to the rest is not too old to go with it.
bool NodeCore::parts_confirmed(const Exchange& exchange) const {
  Queries queries;
  boost::container::small_vector<ReplyView, 16> replies;
  for (std::size_t index = 0; index < exchange.parts.size(); ++index) {
    if (!exchange.parts[index].is_fetched()) {
      queries.push_back(client::query_of_part(exchange.command, index));
      replies.push_back(ReplyView{exchange.parts[index].cached});
    }
  }
  return queries.empty() ||
         (runtime_.now() - exchange.sent_at < cache_->max_idle() && cache_->confirm_all(queries, replies));
}

void NodeCore::finish_several(std::uint32_t index) {
  Exchange& exchange = exchanges_[index];
  const ReplyView fetched{exchange.value};
  std::size_t expected = 0;
  for (const Part& part : exchange.parts) {
    expected += part.is_fetched() ? 1 : 0;
  }
  if (fetched.type() != ReplyType::array || fetched.size() != expected) {
    TRACKSIDE_MARK(mget_refused);
    const std::string value = std::move(exchange.value);
    for (const Part& part : exchange.parts) {
      abandon(part.fill);
    }
    finish(index, {.reply = ReplyView{value}});
    return;
  }
  const bool confirmed = parts_confirmed(exchange);  // before anything of it is kept
  keep_parts(exchange);
  if (!confirmed && exchange.first_caller != nobody) {
    TRACKSIDE_MARK(mget_asked_again_as_a_whole);
    send_whole(index);
    return;
  }
  std::string answer;
  resp::array_header(answer, exchange.parts.size());
  auto value = fetched.begin();
  for (const Part& part : exchange.parts) {
    answer += part.is_fetched() ? (*value).frame() : std::string_view{part.cached};
    if (part.is_fetched()) {
      ++value;
    }
  }
  if (expected < exchange.parts.size()) {
    TRACKSIDE_MARK(mget_partly_from_the_cache);
    ++tally_.mget_mixed;
    for (std::uint32_t caller = exchange.first_caller; caller != nobody; caller = callers_[caller].next) {
      callers_[caller].source = Source::mixed;
    }
  }
  finish(index, {.reply = ReplyView{answer}});
}

/// Asks everything at once; those who wait go on waiting.
void NodeCore::send_whole(std::uint32_t index) {
  ++tally_.mget_repeated;
  Exchange& exchange = exchanges_[index];
  exchange.kind = Exchange::Kind::plain;
  exchange.parts.clear();
  exchange.value.clear();
  exchange.permits = false;
  exchange.replies_seen = 0;
  send(index, *data_[exchange.channel]);
}

}  // namespace trackside
