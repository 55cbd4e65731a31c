// `Server` in terms of `Node`: one call of feed or run_timers is one iteration of the real server's event loop.
#include "sim/redis/server.hpp"

#include <algorithm>
#include <utility>

#include "sim/redis/context.hpp"
#include "sim/redis/server_impl.hpp"

namespace trackside::sim::redis {

Server::Server(ServerConfig config, ServerObserver* observer)
    : impl_{std::make_unique<Impl>(std::move(config), observer)} {}
Server::~Server() = default;

SessionId Server::open(Instant now, std::string_view address) {
  impl_->node.now = now;
  return impl_->node.accept(address).id;
}

void Server::feed(SessionId session, std::string_view bytes, Instant now) {
  feed_part(session, bytes, now);
  end_iteration(now);
}

void Server::feed_part(SessionId session, std::string_view bytes, Instant now) {
  Node& node = impl_->node;
  node.now = now;
  Session* found = node.find(session);
  if (found == nullptr || found->state != SessionState::normal) return;
  found->active_at_seconds = node.unix_seconds();
  found->requests.feed(bytes);
  if (node.migration) node.note_waiting_input(session);
  else node.process(*found);
}

void Server::end_iteration(Instant now) {
  impl_->node.now = now;
  impl_->node.before_sleep();
}

void Server::closed(SessionId session, Instant now) {
  impl_->node.now = now;
  impl_->node.forget(session);
}

void Server::take_dirty(std::vector<SessionId>& out) {
  Node& node = impl_->node;
  out.assign(node.dirty.rbegin(), node.dirty.rend());
  node.dirty.clear();
  for (const SessionId id : out) {
    Session& session = *node.find(id);
    session.dirty = false;
    session.active_at_seconds = node.unix_seconds();
  }
}

std::string& Server::output(SessionId session) {
  Session* found = impl_->node.find(session);
  if (found != nullptr) return found->output;
  impl_->unknown_output.clear();
  return impl_->unknown_output;
}

bool Server::wants_close(SessionId session) const {
  const Session* found = impl_->node.find(session);
  return found == nullptr || found->state == SessionState::closing || found->state == SessionState::gone;
}

bool Server::wants_abort(SessionId session) const {
  const Session* found = impl_->node.find(session);
  return found == nullptr || found->abort;
}

Instant Server::next_timer() const { return impl_->node.next_timer(); }

void Server::run_timers(Instant now, std::uint64_t expiry_lag_ticks) {
  impl_->node.now = now;
  impl_->node.run_timers(expiry_lag_ticks);
}

void Server::restart(Instant now) {
  impl_->node.now = now;
  impl_->node.restart();
}

void Server::step_clock(std::int64_t milliseconds) { impl_->node.step_clock(milliseconds); }

std::int64_t Server::unix_milliseconds(Instant now) const {
  return epoch_milliseconds + now / millisecond + impl_->node.clock_step_milliseconds;
}

std::size_t Server::evict(std::uint64_t keys, Instant now) {
  std::size_t evicted = 0;
  turn(now, [&](Node& node) { evicted = node.evict(keys); });
  return evicted;
}

std::size_t Server::forget_tracked(std::uint64_t keys, Instant now) {
  std::size_t forgotten = 0;
  turn(now, [&](Node& node) { forgotten = node.forget_tracked(keys); });
  return forgotten;
}

void Server::set_odd_answers(std::uint64_t which) {
  Node& node = impl_->node;
  if (which != node.config.odd_answers) node.commands_met_oddly.assign(node.calls.size(), 0);
  node.config.odd_answers = which;
}
std::uint64_t Server::take_odd_answers_given() { return std::exchange(impl_->node.odd_answers_given, 0); }
void Server::forbid(std::vector<std::string_view> commands) { impl_->node.config.forbidden = std::move(commands); }
std::vector<std::string_view> Server::take_refused_as_forbidden() {
  return std::exchange(impl_->node.refused_as_forbidden, {});
}
void Server::lift_output_limits() {
  impl_->node.config.output_limit_bytes = 0;
  impl_->node.config.subscriber_output_limit_bytes = 0;
}
void Server::set_role_replica(bool replica) { impl_->node.replica = replica; }

bool Server::redirects(SessionId session) const {
  const Session* found = impl_->node.find(session);
  return found != nullptr && found->tracking.redirects_from(found->client_id);
}

bool Server::tracks(SessionId session) const {
  const Session* found = impl_->node.find(session);
  return found != nullptr && found->tracking.on;
}

bool Server::broadcasts(SessionId session) const {
  const Session* found = impl_->node.find(session);
  return found != nullptr && found->tracking.on && found->tracking.broadcast;
}

bool Server::is_redirect_target(SessionId session) const {
  const Session* target = impl_->node.find(session);
  const auto& sessions = impl_->node.sessions;
  return target != nullptr && std::any_of(sessions.begin(), sessions.end(), [&](const auto& other) {
           return other->tracking.redirects_from(other->client_id) && other->tracking.redirect == target->client_id;
         });
}

std::size_t Server::tracked_keys() const { return impl_->node.tracking_table.key_count(); }
std::size_t Server::key_count() const {
  std::size_t count = 0;
  for (std::uint32_t index = 0; index < impl_->node.keyspace.database_count(); ++index)
    count += impl_->node.keyspace.database(index).size();
  return count;
}

std::uint64_t Server::commands_processed() const { return impl_->node.commands_processed; }

std::size_t Server::session_count() const { return impl_->node.live_clients; }

std::int64_t Server::client_id(SessionId session) const {
  const Session* found = impl_->node.find(session);
  return found == nullptr ? no_client : found->client_id;
}

}  // namespace trackside::sim::redis
