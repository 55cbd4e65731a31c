// What faults do to paths and connections: holds and releases, resets, stopped processes. See network.hpp.
#include <algorithm>

#include "sim/kernel/assertion.hpp"
#include "sim/kernel/sites.hpp"
#include "sim/network/network.hpp"

namespace trackside::sim {

void Network::set_conditions(std::uint32_t host, const Conditions& conditions) {
  Path& path = paths_[host];
  const Conditions before = path.conditions;
  const auto begins = [&](bool was, bool is, Instant& since) {
    if (!was && is) {
      since = scheduler_.now();
    }
    return !was && is;
  };
  const bool client_held = begins(before.blocked_to_client(), conditions.blocked_to_client(),
                                  path.to_client_blocked_since);
  const bool server_held = begins(before.blocked_to_server(), conditions.blocked_to_server(),
                                  path.to_server_blocked_since);
  const bool client_freed = before.blocked_to_client() && !conditions.blocked_to_client();
  const bool server_freed = before.blocked_to_server() && !conditions.blocked_to_server();
  path.conditions = conditions;
  path.releases += client_freed || server_freed ? 1 : 0;
  for (const auto& each : streams_) {
    if (each->host != host) {
      continue;
    }
    if (client_held && !each->to_client.empty()) {
      note_holds(*each, Direction::to_client);
    }
    if (server_held && !each->to_server.empty()) {
      note_holds(*each, Direction::to_server);
    }
    if (client_freed) {
      release(*each, Direction::to_client, path.to_client_blocked_since);
    }
    if (server_freed) {
      release(*each, Direction::to_server, path.to_server_blocked_since);
    }
    arrange(*each, Direction::to_client);
    arrange(*each, Direction::to_server);
    unpark(*each);
  }
}

void Network::release(Stream& stream, Direction direction, Instant since) {
  Pipe& pipe = stream.pipe(direction);
  if (pipe.empty()) {
    return;
  }
  const std::uint64_t releases = paths_[stream.host].releases;
  const auto decided = decider_.decide(site::release, stream.direction_entity(direction), releases, latency_max_);
  pipe.postpone(since, scheduler_.now() + base_latency + static_cast<Instant>(decided));
}

void Network::unpark(Stream& stream) {
  const Conditions& conditions = paths_[stream.host].conditions;
  if (!stream.parked || conditions.hang_connect || conditions.blocked_to_client() || conditions.blocked_to_server()) {
    return;
  }
  stream.parked = false;
  post(scheduler_.now() + 2 * base_latency, EventKind::connect, stream);
}

std::size_t Network::reset(std::uint32_t host) {
  std::size_t count = 0;
  for (const StreamId id : streams_of(host)) {
    Stream& each = stream(id);
    ++count;
    for (const Direction direction : {Direction::to_server, Direction::to_client}) {
      if (direction == Direction::to_client && each.client != Stream::ClientSide::open) {
        continue;
      }
      Pipe& pipe = each.pipe(direction);
      const Instant until = readable_until(each, direction);
      const auto when = static_cast<std::uint64_t>(scheduler_.now());
      const std::uint64_t passing =
          decider_.decide(site::reset_cut, each.direction_entity(direction), when, pipe.bytes_after(until));
      pipe.cut_after(until, passing, scheduler_.now());
      transmit_end(each, direction, ChunkKind::reset, scheduler_.now());
    }
  }
  return count;
}

std::vector<StreamId> Network::streams_of(std::uint32_t host) const {
  std::vector<StreamId> found;
  for (const auto& each : streams_) {
    if (each->host == host && each->server == Stream::ServerSide::open) {
      found.push_back(StreamId{each->index});
    }
  }
  std::sort(found.begin(), found.end(),
            [this](StreamId left, StreamId right) { return stream(left).ordinal < stream(right).ordinal; });
  return found;
}

void Network::abort_all() {
  for (const auto& each : streams_) {
    if (each->server == Stream::ServerSide::open) {
      abort(StreamId{each->index});
    }
  }
}

void Network::pause(std::uint32_t host) {
  paths_[host].paused = true;
}

void Network::resume(std::uint32_t host) {
  Path& path = paths_[host];
  path.paused = false;
  for (const Event& event : path.deferred) {
    scheduler_.post(scheduler_.now(), event.kind, event.entity, event.argument);
  }
  path.deferred.clear();
}

void Network::defer(std::uint32_t host, const Event& event) {
  require(paths_[host].paused, "only paused hosts wait");
  effects_.note(FaultKind::pause_client);
  paths_[host].deferred.push_back(event);
}

std::uint32_t Network::host_of(StreamId id) const {
  return stream(id).host;
}

std::uint32_t Network::connection_of(StreamId id) const {
  return stream(id).ordinal;
}

std::uint64_t Network::entity_of(StreamId id) const {
  return stream(id).direction_entity(Direction::to_server);
}

}  // namespace trackside::sim
