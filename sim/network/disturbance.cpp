// What faults do to paths and connections: holds and releases, resets, stopped processes. See network.hpp.
#include <algorithm>
#include <utility>

#include "sim/kernel/assertion.hpp"
#include "sim/kernel/sites.hpp"
#include "sim/network/network.hpp"

namespace trackside::sim {

namespace {

bool block(const Holds& holds, Direction direction) {
  return direction == Direction::to_client ? holds.block_to_client() : holds.block_to_server();
}

/// Whether anything passes now that was held back before.
bool frees(const Holds& before, const Holds& now) {
  return (before.block_to_client() && !now.block_to_client()) || (before.block_to_server() && !now.block_to_server());
}

bool frees(const Conditions& before, const Conditions& now) {
  return frees(before.holds, now.holds) ||
         std::any_of(before.held_apart.begin(), before.held_apart.end(), [&](const Conditions::HeldApart& apart) {
           return frees(before.holds_on(apart.server, apart.connection), now.holds_on(apart.server, apart.connection));
         });
}

bool frees(const HostConditions& before, const HostConditions& now) {
  const auto frees_towards = [&](const HostConditions::Apart& apart) {
    return frees(before.towards(apart.server), now.towards(apart.server));
  };
  return frees(before.all, now.all) || std::any_of(before.apart.begin(), before.apart.end(), frees_towards) ||
         std::any_of(now.apart.begin(), now.apart.end(), frees_towards);
}

}  // namespace

bool Network::blocked(const Stream& stream, Direction direction) const {
  return block(conditions(stream).holds_on(stream.at, stream.ordinal), direction);
}

void Network::note_holds(const Stream& stream, Direction direction) {
  const Holds holds = conditions(stream).holds_on(stream.at, stream.ordinal);
  if (holds.half_open) {
    effects_.note(FaultKind::half_open);
  }
  if (holds.cut) {
    effects_.note(FaultKind::cut_client);
  }
  if (direction == Direction::to_client ? holds.to_client : holds.to_server) {
    effects_.note(direction == Direction::to_client ? FaultKind::hold_to_client : FaultKind::hold_to_server);
  }
}

void Network::set_host_conditions(std::uint32_t host, HostConditions conditions) {
  Path& path = paths_[host];
  const HostConditions before = std::exchange(path.conditions, std::move(conditions));
  path.releases += frees(before, path.conditions) ? 1 : 0;
  for (const auto& each : streams_) {
    if (each->host != host) {
      continue;
    }
    change_holds(*each, Direction::to_client, before);
    change_holds(*each, Direction::to_server, before);
    arrange(*each, Direction::to_client);
    arrange(*each, Direction::to_server);
    unpark(*each);
  }
}

void Network::change_holds(Stream& stream, Direction direction, const HostConditions& before) {
  const bool was_blocked = block(before.towards(stream.at).holds_on(stream.at, stream.ordinal), direction);
  const bool is_blocked = blocked(stream, direction);
  Pipe& pipe = stream.pipe(direction);
  if (!was_blocked && is_blocked) {
    pipe.blocked_since = scheduler_.now();
    if (!pipe.empty()) {
      note_holds(stream, direction);
    }
  } else if (was_blocked && !is_blocked) {
    release(stream, direction);
  }
}

void Network::release(Stream& stream, Direction direction) {
  Pipe& pipe = stream.pipe(direction);
  if (pipe.empty()) {
    return;
  }
  const std::uint64_t releases = paths_[stream.host].releases;
  const auto decided = decider_.decide(site::release, stream.direction_entity(direction), releases, latency_max_);
  pipe.postpone(pipe.blocked_since, scheduler_.now() + latency_min_ + static_cast<Instant>(decided));
}

void Network::unpark(Stream& stream) {
  const Conditions& conditions = this->conditions(stream);
  if (!stream.parked || conditions.hang_connect || conditions.holds.any()) {
    return;
  }
  stream.parked = false;
  post(scheduler_.now() + 2 * latency_min_, EventKind::connect, stream);
}

void Network::reset(std::span<const StreamId> connections) {
  for (const StreamId id : connections) {
    Stream& each = stream(id);
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
}

std::vector<StreamId> Network::streams_of(std::uint32_t host, ServerIndex server) const {
  std::vector<StreamId> found;
  for (const auto& each : streams_) {
    if (each->host == host && each->at == server && each->server == Stream::ServerSide::open) {
      found.push_back(StreamId{each->index});
    }
  }
  std::sort(found.begin(), found.end(),
            [this](StreamId left, StreamId right) { return stream(left).ordinal < stream(right).ordinal; });
  return found;
}

void Network::abort_all(ServerIndex server) {
  for (const auto& each : streams_) {
    if (each->at == server && each->server == Stream::ServerSide::open) {
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
