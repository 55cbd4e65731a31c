// What faults do to the server's process: frozen, killed, told to drop its connections. See server_port.hpp.
#include "sim/network/server_port.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace trackside::sim {

using redis::SessionId;

void ServerPort::freeze() {
  frozen_ = true;
}

void ServerPort::thaw() {
  frozen_ = false;
  timer_at_ = end_of_time;
  arrange_serving();
  for (std::size_t index = 0; index < sockets_.size(); ++index) {
    const SessionId session = sockets_[index].session;
    if (session != SessionId::none) {
      flush(session, parts_.scheduler.now());  // the peer may have made room meanwhile
    }
  }
  arrange_timer();
}

void ServerPort::crash() {
  parts_.effects.note(FaultKind::restart_server);
  down_ = true;
  parts_.network.abort_all(index_);
  if (outside_ != nullptr) {
    outside_->on_crash();
  }
  sockets_.clear();
  stream_of_.clear();
  waiting_.clear();
  waiting_first_ = 0;
  busy_until_ = 0;
  timer_at_ = end_of_time;
  ++timer_request_;
}

void ServerPort::start_again() {
  server_.restart(parts_.scheduler.now());
  down_ = false;
  arrange_timer();
}

void ServerPort::forbid(std::vector<ForbiddenCommand> commands) {
  forbidden_ = std::move(commands);
  std::vector<std::string_view> names;
  for (const ForbiddenCommand& command : forbidden_) {
    names.push_back(command.name);
  }
  server_.forbid(std::move(names));
}

void ServerPort::note_refused() {
  for (const std::string_view name : server_.take_refused_as_forbidden()) {
    if (const auto found = std::ranges::find(forbidden_, name, &ForbiddenCommand::name); found != forbidden_.end()) {
      parts_.effects.note(found->because_of);
    }
  }
}

void ServerPort::set_odd_answers(std::uint64_t which) {
  server_.set_odd_answers(which);
}

SessionId ServerPort::session_on(StreamId stream) const {
  const auto index = static_cast<std::size_t>(stream);
  return index < sockets_.size() ? sockets_[index].session : SessionId::none;
}

/// With broadcasts one connection tracks for all of its host's, and the others say nothing about it.
bool ServerPort::is_meant(FaultScope scope, SessionId session, bool host_broadcasts) const {
  switch (scope) {
    case FaultScope::all: return true;
    case FaultScope::invalidations: return server_.is_redirect_target(session) || server_.broadcasts(session);
    case FaultScope::data: return server_.redirects(session) || (host_broadcasts && !server_.tracks(session));
  }
  return false;
}

std::vector<StreamId> ServerPort::connections_of(std::uint32_t host, FaultScope scope) const {
  std::vector<StreamId> found = parts_.network.streams_of(host, index_);
  const bool broadcasts = std::any_of(found.begin(), found.end(),
                                      [&](StreamId stream) { return server_.broadcasts(session_on(stream)); });
  std::erase_if(found, [&](StreamId stream) { return !is_meant(scope, session_on(stream), broadcasts); });
  return found;
}

std::vector<SessionId> ServerPort::sessions_of(std::uint32_t host, FaultScope scope) const {
  std::vector<SessionId> found;
  for (const StreamId stream : connections_of(host, scope)) {
    if (session_on(stream) != SessionId::none) {
      found.push_back(session_on(stream));
    }
  }
  return found;
}

std::size_t ServerPort::close_connections(std::uint32_t host, FaultScope scope) {
  if (frozen_ || down_) {
    return 0;
  }
  const auto sessions = sessions_of(host, scope);
  for (const SessionId session : sessions) {
    const StreamId stream = stream_of(session);
    parts_.network.send(stream, server_.output(session), parts_.scheduler.now());
    server_.closed(session, parts_.scheduler.now());
    forget(stream);
    parts_.network.shut(stream, parts_.scheduler.now());
  }
  return sessions.size();
}

std::size_t ServerPort::kill_connections(std::uint32_t host, FaultScope scope) {
  return kill(sessions_of(host, scope));
}

std::size_t ServerPort::kill(std::span<const SessionId> sessions) {
  if (frozen_ || down_ || sessions.empty()) {
    return 0;
  }
  const Instant now = parts_.scheduler.now();
  const SessionId administrator = server_.open(now, "10.0.1.1:40000");
  if (!password_.empty()) {
    server_.feed(administrator, fmt::format("*2\r\n$4\r\nAUTH\r\n${}\r\n{}\r\n", password_.size(), password_), now);
  }
  for (const SessionId session : sessions) {
    const std::string id = fmt::format("{}", server_.client_id(session));
    server_.feed(administrator,
                 fmt::format("*4\r\n$6\r\nCLIENT\r\n$4\r\nKILL\r\n$2\r\nID\r\n${}\r\n{}\r\n", id.size(), id), now);
  }
  server_.closed(administrator, now);
  flush_all(now);
  arrange_timer();
  return sessions.size();
}

}  // namespace trackside::sim
