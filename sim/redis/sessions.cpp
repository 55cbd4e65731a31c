// Who is connected: accepting, finding, forgetting, and which sessions have something for the network.
//
// Ids only grow, so the vector of sessions stays sorted by either id and is searched by halving.
#include <algorithm>

#include "seam/mark.hpp"
#include "sim/redis/node.hpp"

namespace trackside::sim::redis {

Node::Node(ServerConfig the_config, ServerObserver* the_observer)
    : config(std::move(the_config)),
      observer(the_observer),
      keyspace(config.databases, config.cluster_enabled),
      calls(all_commands().size()),
      commands_met_oddly(all_commands().size()) {
  configuration_file_ = config;
  if (!config.cluster_enabled) return;
  cluster = std::make_unique<ClusterView>();
  cluster->nodes.push_back({.id = config.node_id, .host = config.node_host, .port = config.port});
  cluster->ok = false;  // without slots
}

Session& Node::accept(std::string_view address) {
  const bool full = live_clients >= config.max_clients;
  sessions.push_back(std::make_unique<Session>(next_session_, next_client_));
  next_session_ = SessionId{static_cast<std::uint32_t>(next_session_) + 1};
  Session& session = *sessions.back();
  session.address = address;
  session.opened_at = now;
  session.active_at_seconds = unix_seconds();
  session.authenticated = config.password.empty();
  if (full) {
    session.state = SessionState::gone;  // never became a client: no id is used up
    session.output = "-ERR max number of clients reached\r\n";
    mark_dirty(session);
    return session;
  }
  ++next_client_;
  ++live_clients;
  if (config.idle_timeout != 0 && idle_check_at_ == end_of_time) schedule_idle_check();
  return session;
}

void Node::restart() {
  const SessionId next_session = next_session_;
  const std::int64_t clock_step = clock_step_milliseconds;
  const Instant restarted_at = now;
  const bool was_replica = replica;
  report_all_absent();
  std::vector<std::string_view> forbidden = std::move(config.forbidden);
  const std::uint64_t odd_answers = config.odd_answers;
  std::unique_ptr<ClusterView> view = std::move(cluster);
  ClusterRequests* const asked = requests;
  ReplicationFeed* const fed = feed;
  *this = Node{std::move(configuration_file_), observer};
  cluster = std::move(view);
  requests = asked;
  feed = fed;
  config.forbidden = std::move(forbidden);
  config.odd_answers = odd_answers;
  now = started_at = restarted_at;
  next_session_ = next_session;  // the network's names for sessions are never reused; client ids are
  clock_step_milliseconds = clock_step;
  replica = was_replica;
}

void Node::forget(SessionId id) {
  Session* session = find(id);
  if (session == nullptr) return;
  if (session->state != SessionState::gone) free_client(*session);
  std::erase(dirty, id);
  std::erase_if(sessions, [&](const auto& other) { return other.get() == session; });
}

Session* Node::find(SessionId id) {
  const auto found = std::lower_bound(sessions.begin(), sessions.end(), id,
                                      [](const auto& session, SessionId wanted) { return session->id < wanted; });
  return found != sessions.end() && (*found)->id == id ? found->get() : nullptr;
}

Session* Node::find_client(ClientId id) {
  auto found = std::lower_bound(sessions.begin(), sessions.end(), id,
                                [](const auto& session, ClientId wanted) { return session->client_id < wanted; });
  for (; found != sessions.end() && (*found)->client_id == id; ++found)
    if ((*found)->state != SessionState::gone) return found->get();
  return nullptr;
}

void Node::free_client(Session& session) {
  stop_tracking(session);
  unsubscribe_all(session);
  unsubscribe_all_shard(session);
  unwatch(session);
  std::erase(blocked_, &session);
  std::erase(unblocked_, &session);
  session.blocked = {};
  session.postponed.reset();
  session.transaction = {};
  session.state = SessionState::gone;
  session.abort = true;
  session.output.clear();
  --live_clients;
  mark_dirty(session);
}

void Node::close_gracefully(Session& session) {
  session.state = session.output.empty() ? SessionState::deaf : SessionState::closing;
  mark_dirty(session);
}

void Node::mark_dirty(Session& session) {
  const bool open = session.state == SessionState::normal || session.state == SessionState::deaf;
  if (session.dirty || (session.output.empty() && open)) return;
  session.dirty = true;
  dirty.push_back(session.id);
}

std::string& Node::reply_sink(Session& session) {
  const bool wanted = session.reply_mode == ReplyMode::on || session.reply_mode == ReplyMode::skip_next;
  if (wanted && session.state == SessionState::normal && !session.abort) return session.output;
  discarded_.clear();
  return discarded_;
}

void Node::enforce_output_limit(Session& session) {
  const std::size_t limit = session.subscribed() ? config.subscriber_output_limit_bytes : config.output_limit_bytes;
  if (limit == 0 || session.output.size() <= limit || session.abort) return;
  TRACKSIDE_MARK(output_limit_exceeded);
  session.abort = true;
  to_free_.push_back(session.id);
}

std::int64_t Node::unix_milliseconds() const {
  return epoch_milliseconds + now / millisecond + clock_step_milliseconds;
}

Instant Node::when_wall_clock_shows(std::int64_t unix_milliseconds) const {
  constexpr std::int64_t last = end_of_time / millisecond;
  return std::min(unix_milliseconds - epoch_milliseconds - clock_step_milliseconds, last) * millisecond;
}

}  // namespace trackside::sim::redis
