// What happens without a request: active expiry, idle timeouts, time-outs of blocked clients, the table's limit.
//
// All of it is due at ticks of 100 ms (hz 10). A key that lags behind, as in a busy active cycle, is offered again at
// every tick. Idle time is counted in whole seconds of the wall clock, as in the real server: N+1 to N+2 seconds.
#include <algorithm>

#include "seam/mark.hpp"
#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

Instant Node::next_timer() {
  if (migration) return end_of_time;
  Instant due = idle_check_at_;
  if (const Keyspace::Deadline* first = replica || writes_paused() ? nullptr : keyspace.first_deadline())
    due = std::min(due, when_wall_clock_shows(first->expires_at + 1));
  for (const Session* session : blocked_) {
    due = std::min(due, session->blocked.deadline);
    if (cluster != nullptr && route_of_blocked(*session).refusal != Refusal::none) due = 0;
  }
  if (writes_paused_until != 0) due = std::min(due, writes_paused_until);
  if (config.tracking_table_max_keys != 0 && tracking_table.key_count() > config.tracking_table_max_keys) due = 0;
  if (due > end_of_time - tick) return end_of_time;
  const Instant rounded_up = (std::max<Instant>(due, 0) + tick - 1) / tick * tick;
  return std::max(rounded_up, last_tick_ + tick);
}

void Node::run_timers(std::uint64_t expiry_lag_ticks) {
  if (migration) return;
  last_tick_ = now / tick * tick;
  if (now >= idle_check_at_) close_idle_clients();
  if (cluster != nullptr && !blocked_.empty()) redirect_blocked_clients();
  if (!replica && !writes_paused()) expire_keys(expiry_lag_ticks);
  limit_tracking_table();
  before_sleep();
}

void Node::expire_keys(std::uint64_t lag_ticks) {
  const std::int64_t lag_milliseconds = static_cast<std::int64_t>(lag_ticks) * (tick / millisecond);
  while (const Keyspace::Deadline* first = keyspace.first_deadline()) {
    if (unix_milliseconds() <= first->expires_at + lag_milliseconds) return;
    const std::uint32_t database = first->database;
    delete_key(database, keyspace.find(database, first->key));
    propagate();
  }
}

void Node::close_idle_clients() {
  const std::int64_t allowed = config.idle_timeout / second;
  for (const auto& session : sessions) {
    if (session->state == SessionState::gone || session->blocked.active || session->subscribed()) continue;
    TRACKSIDE_MARK_IF(idle_client_closed, unix_seconds() - session->active_at_seconds > allowed);
    if (unix_seconds() - session->active_at_seconds > allowed) free_client(*session);
  }
  schedule_idle_check();
}

/// Activity only moves the due times on, so an early check is harmless and none comes late.
void Node::schedule_idle_check() {
  idle_check_at_ = end_of_time;
  if (config.idle_timeout == 0) return;
  for (const auto& session : sessions) {
    if (session->state == SessionState::gone || session->subscribed()) continue;
    const std::int64_t due_seconds = session->active_at_seconds + config.idle_timeout / second + 1;
    idle_check_at_ = std::min(idle_check_at_, std::max(when_wall_clock_shows(due_seconds * 1000), now + 1));
  }
}

void Node::set_idle_timeout(Instant timeout) {
  config.idle_timeout = timeout;
  schedule_idle_check();
}

void Node::step_clock(std::int64_t milliseconds) {
  clock_step_milliseconds += milliseconds;
  schedule_idle_check();
}

void Node::time_out_blocked() {
  for (std::size_t index = 0; index < blocked_.size();) {
    Session& session = *blocked_[index];
    if (session.blocked.deadline > now) {
      ++index;
      continue;
    }
    time_out(session);
  }
}

void Node::time_out(Session& session) {
  Reply reply{reply_sink(session), session.protocol};
  if (session.blocked.reason == BlockedFor::acknowledgements)
    reply.integer(acknowledging_replicas(session.replication_offset));
  else reply.null_array();
  mark_dirty(session);
  unblock(session);
}

}  // namespace trackside::sim::redis
