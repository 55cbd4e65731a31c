// Client-side caching: who tracks, what was read, and who is told of a change, when.
//
//   change of a key   -> every id in its entry, once, at once; the executing client itself only behind its own reply
//                     -> every matching prefix, at the end of the loop iteration
//   flush of anything -> every tracking client, at once (the executing one behind its reply); the table is emptied
//
// A client is skipped, and its entry consumed all the same, when it no longer tracks, tracks in broadcast mode by now,
// or asked for NOLOOP and is the one executing. RESP2 clients hear nothing, but for the target of a redirection that is
// in subscribe mode, to whatever: it gets a message of the channel __redis__:invalidate.
#include <algorithm>

#include "seam/mark.hpp"
#include "sim/kernel/assertion.hpp"
#include "sim/redis/command_keys.hpp"
#include "sim/redis/node.hpp"

namespace trackside::sim::redis {
namespace {

constexpr std::string_view invalidate_head = ">2\r\n$10\r\ninvalidate\r\n";
constexpr std::string_view message_head = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";
constexpr std::string_view broken_head = ">2\r\n$21\r\ntracking-redir-broken\r\n";

/// The keys of `prefix` that `except` did not change itself, as an array; empty if there is none.
void write_changed_keys(std::string& out, const BroadcastPrefixes::Prefix& prefix, ClientId except) {
  out.clear();
  const auto own = std::count_if(prefix.changed.begin(), prefix.changed.end(),
                                 [&](const auto& key) { return except != no_client && key.writer == except; });
  if (prefix.changed.size() == static_cast<std::size_t>(own)) return;
  resp::array_header(out, prefix.changed.size() - static_cast<std::size_t>(own));
  for (const BroadcastPrefixes::ChangedKey& key : prefix.changed)
    if (except == no_client || key.writer != except) resp::bulk(out, key.key);
}

std::string_view null_of(const Session& session) {
  return session.protocol == resp::Protocol::resp3 ? "_\r\n" : "$-1\r\n";
}

}  // namespace

void Node::start_tracking(Session& session, const TrackingState& wanted, Arguments new_prefixes) {
  if (!session.tracking.on) ++tracking_clients;
  std::vector<std::string> registered = std::move(session.tracking.prefixes);
  const bool caching_given = session.tracking.caching_given;
  session.tracking = wanted;
  session.tracking.on = true;
  session.tracking.caching_given = caching_given;
  session.tracking.prefixes = std::move(registered);
  if (!wanted.broadcast) return;
  const auto add = [&](std::string_view prefix) {
    std::vector<std::string>& own = session.tracking.prefixes;
    const auto place = std::lower_bound(own.begin(), own.end(), prefix);
    if (place != own.end() && *place == prefix) return;
    own.emplace(place, prefix);
    prefixes.add(prefix, session.client_id);
  };
  if (new_prefixes.empty()) add("");
  for (const std::string_view prefix : new_prefixes) add(prefix);
}

void Node::stop_tracking(Session& session) {
  if (!session.tracking.on) return;
  for (const std::string& prefix : session.tracking.prefixes) prefixes.remove(prefix, session.client_id);
  // Not the redirection: pushes still pending (TRACKING OFF inside an EXEC) go there yet.
  session.tracking = {.redirect = session.tracking.redirect};
  --tracking_clients;
}

void Node::remember_read(Session& session, const CommandSpec& command, Arguments arguments) {
  const TrackingState& tracking = session.tracking;
  if ((tracking.optin && !tracking.caching_given) || (tracking.optout && tracking.caching_given)) return;
  read_keys_.clear();
  add_keys(command, arguments, read_keys_);
  for (const std::string_view key : read_keys_) tracking_table.remember(key, session.client_id);
}

void Node::invalidate(std::string_view key, Session* writer) {
  // What a script writes is written by nobody the real server knows: broadcast NOLOOP does not hide it.
  const bool known = writer != nullptr && !in_script_;
  if (!prefixes.empty()) prefixes.key_changed(key, known ? writer->client_id : no_client);
  invalidate_readers(key);
}

void Node::invalidate_readers(std::string_view key) {
  const TrackingTable::Ids ids = tracking_table.take(key);
  if (ids.empty()) return;
  if (current != nullptr) mark_dirty(*current);  // what it has been answered already counts as queued before the pushes
  for (const ClientId id : ids) {
    Session* target = find_client(id);
    TRACKSIDE_MARK_IF(entry_consumed_without_a_word, target == nullptr || !target->tracking.on);
    if (target == nullptr || !target->tracking.on || target->tracking.broadcast) continue;
    if (target->tracking.noloop && target == current) continue;
    TRACKSIDE_MARK_IF(own_push_waits_for_own_reply, target == current && nesting_ > 0);
    if (target == current && nesting_ > 0) pending_pushes_.push_back({false, std::string{key}});
    else send_key_push(*target, key);
  }
}

void Node::invalidate_all() {
  if (current != nullptr) mark_dirty(*current);
  for (std::size_t index = 0; tracking_clients != 0 && index < sessions.size(); ++index) {
    Session& session = *sessions[index];
    if (!session.tracking.on) continue;
    if (&session == current) pending_pushes_.push_back({true, {}});
    else send_push(session, null_of(session));
  }
  tracking_table.clear();
}

void Node::deliver_pending_pushes() {
  for (const PendingPush& push : pending_pushes_) {
    if (current == nullptr || current->state == SessionState::gone) break;
    if (push.flush) send_push(*current, null_of(*current));
    else send_key_push(*current, push.key);
  }
  pending_pushes_.clear();
}

void Node::send_key_push(Session& tracker, std::string_view key) {
  payload_.clear();
  resp::array_header(payload_, 1);
  resp::bulk(payload_, key);
  send_push(tracker, payload_);
}

void Node::send_push(Session& tracker, std::string_view payload) {
  const bool redirected = tracker.tracking.redirect != no_client;
  Session* target = redirected ? find_client(tracker.tracking.redirect) : &tracker;
  if (target == nullptr) return send_broken_redirection(tracker);
  const bool as_message = redirected && target->in_subscribe_mode();
  if (target->protocol != resp::Protocol::resp3 && !as_message) return;
  std::string* out = begin_push(*target);
  if (out == nullptr) return;
  *out += as_message ? message_head : invalidate_head;
  *out += payload;
  end_push(*target);
}

void Node::send_broken_redirection(Session& tracker) {
  TRACKSIDE_MARK(push_for_a_broken_redirection);
  tracker.tracking.redirect_broken = true;
  std::string* out = tracker.protocol == resp::Protocol::resp3 ? begin_push(tracker) : nullptr;
  if (out == nullptr) return;
  *out += broken_head;
  resp::integer(*out, tracker.tracking.redirect);
  end_push(tracker);
}

std::string* Node::begin_push(Session& receiver) {
  if (receiver.abort) return nullptr;
  if (receiver.state == SessionState::deaf) receiver.state = SessionState::closing;
  if (receiver.state == SessionState::closing) mark_dirty(receiver);
  return receiver.state == SessionState::normal ? &receiver.output : nullptr;
}

void Node::end_push(Session& receiver) {
  mark_dirty(receiver);
  enforce_output_limit(receiver);
}

void Node::broadcast_changes() {
  for (BroadcastPrefixes::Prefix& prefix : prefixes.all()) {
    if (prefix.changed.empty()) continue;
    for (const ClientId id : prefix.clients) {
      Session* client = find_client(id);
      require(client != nullptr, "whoever left was taken off its prefixes");
      write_changed_keys(payload_, prefix, client->tracking.noloop ? id : no_client);
      if (!payload_.empty()) send_push(*client, payload_);
    }
    prefix.changed.clear();
  }
}

std::size_t Node::forget_tracked(std::uint64_t keys) {
  std::size_t forgotten = 0;
  for (; forgotten < keys && tracking_table.key_count() != 0; ++forgotten) {
    const std::string key = tracking_table.some_key(evictions_++);
    invalidate_readers(key);
  }
  return forgotten;
}

void Node::limit_tracking_table() {
  const std::uint64_t limit = config.tracking_table_max_keys;
  if (limit == 0) return;
  for (std::uint64_t effort = 100 * (eviction_failures_ + 1); effort > 0; --effort) {
    if (tracking_table.key_count() <= limit) {
      eviction_failures_ = 0;
      return;
    }
    TRACKSIDE_MARK(tracking_table_overflowed);
    const std::string key = tracking_table.some_key(evictions_++);
    invalidate_readers(key);
  }
  eviction_failures_ = tracking_table.key_count() <= limit ? 0 : eviction_failures_ + 1;
}

}  // namespace trackside::sim::redis
