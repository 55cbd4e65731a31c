// How bytes travel: naming, cutting and timing messages, and delivering them at both ends. See network.hpp.
#include <algorithm>

#include <fmt/format.h>

#include "seam/mark.hpp"
#include "sim/kernel/assertion.hpp"
#include "sim/kernel/sites.hpp"
#include "sim/network/network.hpp"

namespace trackside::sim {
namespace {

constexpr std::uint64_t extra_parts_max = 3;

EventKind arrival_kind(Direction direction) {
  return direction == Direction::to_client ? EventKind::to_client : EventKind::to_server;
}

bool ended(const Pipe& pipe) {
  return !pipe.empty() && pipe.back().kind != ChunkKind::data;
}

}  // namespace

Instant Network::latency(const Stream& stream, Direction direction, std::uint64_t message) {
  const auto decided = decider_.decide(site::delay, stream.direction_entity(direction), message, latency_max_);
  const Instant more = conditions(stream).delay_on(stream.at, stream.ordinal);
  if (more > 0) {
    effects_.note(FaultKind::delay);
  }
  return latency_min_ + static_cast<Instant>(decided) + more;
}

void Network::transmit(Stream& stream, Direction direction, std::string_view bytes, Instant departure) {
  if (observer_ != nullptr) {
    observer_->on_sent(departure, stream.name(), direction, bytes);
  }
  Pipe& pipe = stream.pipe(direction);
  if (ended(pipe)) {
    TRACKSIDE_MARK(written_to_a_dead_connection);
    return;  // the connection was reset under the sender, who does not know yet
  }
  const std::uint64_t entity = stream.direction_entity(direction);
  const std::uint64_t content = hash_bytes(bytes);
  // Named by what it says and when it leaves: other messages may come and go without renaming this one.
  const std::uint64_t message = fold(content, static_cast<std::uint64_t>(departure));
  std::uint64_t parts_left = std::min<std::uint64_t>(extra_parts_max, bytes.size() - 1);
  parts_left = decider_.decide(site::chunk, entity, message, parts_left);
  for (std::uint64_t part = message; !bytes.empty(); ++part) {
    std::size_t length = bytes.size();
    if (parts_left > 0) {
      length = 1 + decider_.decide(site::cut, entity, part, bytes.size() - parts_left - 1);
      --parts_left;
    }
    pipe.push(ChunkKind::data, bytes.substr(0, length), departure + latency(stream, direction, part), part);
    bytes.remove_prefix(length);
  }
  note_holds(stream, direction);
  arrange(stream, direction);
}

void Network::transmit_end(Stream& stream, Direction direction, ChunkKind kind, Instant departure) {
  Pipe& pipe = stream.pipe(direction);
  if (ended(pipe)) {
    return;
  }
  // An end that is cut off may be followed by another, so it too is named by when it leaves.
  const std::uint64_t message =
      fold(hash_name(kind == ChunkKind::fin ? "fin" : "reset"), static_cast<std::uint64_t>(departure));
  pipe.push(kind, {}, departure + latency(stream, direction, message), message);
  note_holds(stream, direction);
  arrange(stream, direction);
}

Instant Network::readable_until(const Stream& stream, Direction direction) const {
  if (!blocked(stream, direction)) {
    return scheduler_.now();
  }
  return (direction == Direction::to_client ? stream.to_client : stream.to_server).blocked_since - 1;
}

void Network::arrange(Stream& stream, Direction direction) {
  Pipe& pipe = stream.pipe(direction);
  if (pipe.empty() || (blocked(stream, direction) && pipe.front().arrival > readable_until(stream, direction))) {
    return;
  }
  Instant at = std::max(pipe.front().arrival, scheduler_.now());
  const Conditions& conditions = this->conditions(stream);
  if (direction == Direction::to_client && conditions.slow_reader) {
    if (conditions.reader_rate == 0 && pipe.front().kind == ChunkKind::data) {
      return;
    }
    at = std::max(at, pipe.read_again_at);
  }
  if (at < pipe.event_at) {
    pipe.event_at = at;
    post(at, arrival_kind(direction), stream);
  }
}

void Network::on_to_client(const Event& event) {
  Stream* found = find(event.entity, event.argument);
  if (found == nullptr) {
    return;
  }
  if (paths_[found->host].paused) {
    defer(found->host, event);
    return;
  }
  found->to_client.event_at = end_of_time;
  if (found->client == Stream::ClientSide::open) {
    deliver(*found);
  } else {
    found->to_client.clear();
  }
}

void Network::deliver(Stream& stream) {
  const Conditions& conditions = this->conditions(stream);
  Pipe& pipe = stream.to_client;
  const Instant now = scheduler_.now();
  const bool slow = conditions.slow_reader;
  if (slow && now < pipe.read_again_at) {
    arrange(stream, Direction::to_client);
    return;
  }
  const Instant until = readable_until(stream, Direction::to_client);
  std::uint64_t hash = 0;
  std::size_t limit = slow ? conditions.reader_rate : SIZE_MAX;
  if (reads_single_messages() && !pipe.empty()) {
    limit = std::min<std::size_t>(limit, pipe.front().length);
  }
  const std::string_view bytes = pipe.take(until, limit, hash);
  if (!bytes.empty()) {
    require(stream.opened, "bytes come after the opening");
    if (slow) {
      pipe.read_again_at = now + millisecond;
      if (!pipe.empty() && pipe.front().arrival <= until) {
        effects_.note(FaultKind::slow_reader);
      }
    }
    scheduler_.note(hash);
    if (trace_.on()) {
      say(stream, fmt::format("receives {} bytes", bytes.size()));
    }
    if (observer_ != nullptr) {
      observer_->on_read(now, stream.name(), Direction::to_client, bytes.size());
    }
    const std::uint32_t generation = stream.generation;
    stream.events->on_bytes(bytes);
    if (stream.generation != generation || stream.client != Stream::ClientSide::open) {
      return;
    }
    if (stream.starved && stream.server == Stream::ServerSide::open) {
      stream.starved = false;
      end_of(stream).on_room(StreamId{stream.index});
    }
  }
  const bool goes_on = bytes.empty() || !reads_single_messages();
  if (goes_on && !pipe.empty() && pipe.front().kind != ChunkKind::data && pipe.front().arrival <= until) {
    const bool orderly = pipe.take_end() == ChunkKind::fin;
    tell_closed(stream, orderly ? error_code{}
                                : boost::system::errc::make_error_code(boost::system::errc::connection_reset));
    return;
  }
  arrange(stream, Direction::to_client);
}

void Network::on_to_server(const Event& event) {
  Stream* found = find(event.entity, event.argument);
  if (found == nullptr) {
    return;
  }
  found->to_server.event_at = end_of_time;
  if (found->server == Stream::ServerSide::open) {
    end_of(*found).on_arrival(StreamId{found->index});
  } else {
    found->to_server.clear();
  }
}

Network::Received Network::receive(StreamId id) {
  Stream& from = stream(id);
  Pipe& pipe = from.to_server;
  const Instant until = readable_until(from, Direction::to_server);
  std::uint64_t hash = 0;
  Received received;
  received.bytes = pipe.take(until, reads_single_messages() && !pipe.empty() ? pipe.front().length : SIZE_MAX, hash);
  if (!received.bytes.empty()) {
    received.kind = Received::Kind::bytes;
    received.name = hash;
    scheduler_.note(hash);
    if (observer_ != nullptr) {
      observer_->on_read(scheduler_.now(), from.name(), Direction::to_server, received.bytes.size());
    }
  } else if (!pipe.empty() && pipe.front().arrival <= until) {
    received.kind = pipe.take_end() == ChunkKind::fin ? Received::Kind::fin : Received::Kind::reset;
  }
  arrange(from, Direction::to_server);
  return received;
}

std::size_t Network::room(StreamId id) {
  const Stream& to = stream(id);
  const std::size_t held = to.client == Stream::ClientSide::open ? to.to_client.bytes() : 0;
  return held < window_bytes ? window_bytes - held : 0;
}

void Network::await_room(StreamId id) {
  stream(id).starved = true;
}

void Network::send(StreamId id, std::string_view bytes, Instant departure) {
  Stream& to = stream(id);
  if (to.client == Stream::ClientSide::open && !bytes.empty()) {
    transmit(to, Direction::to_client, bytes, departure);
  }
}

void Network::shut(StreamId id, Instant departure) {
  Stream& to = stream(id);
  if (to.client == Stream::ClientSide::open) {
    transmit_end(to, Direction::to_client, ChunkKind::fin, departure);
  }
  finish(id);
}

void Network::abort(StreamId id) {
  Stream& to = stream(id);
  if (to.client == Stream::ClientSide::open) {
    to.to_client.drop_after(readable_until(to, Direction::to_client));
    transmit_end(to, Direction::to_client, ChunkKind::reset, scheduler_.now());
  }
  finish(id);
}

void Network::finish(StreamId id) {
  Stream& done = stream(id);
  done.server = Stream::ServerSide::gone;
  done.to_server.clear();
  recycle_if_gone(done);
}

}  // namespace trackside::sim
