// The life of connections as hosts see it: handshake, writing, closing, letting go. See network.hpp.
#include "sim/network/network.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "seam/mark.hpp"
#include "sim/kernel/assertion.hpp"
#include "sim/kernel/sites.hpp"

namespace trackside::sim {
namespace {

using boost::system::errc::errc_t;

error_code failure(errc_t code) {
  return boost::system::errc::make_error_code(code);
}

}  // namespace

/// What a host holds. It may outlive the stream: then its generation is an old one and nothing happens.
class Network::Handle final : public Connection {
 public:
  Handle(Network& network, const Stream& stream)
      : network_(network), index_(stream.index), generation_(stream.generation) {}

  ~Handle() override {
    if (Stream* stream = network_.find(index_, generation_)) {
      network_.client_abandon(*stream);
    }
  }

  void write(Bytes bytes) override {
    if (Stream* stream = network_.find(index_, generation_)) {
      network_.client_write(*stream, bytes);
    }
  }

  void close(CloseMode mode) override {
    if (Stream* stream = network_.find(index_, generation_)) {
      network_.client_close(*stream, mode);
    }
  }

 private:
  Network& network_;
  std::uint32_t index_;
  std::uint32_t generation_;
};

template <void (Network::*Member)(const Event&)>
void Network::handle(EventKind kind) {
  scheduler_.handle(
      kind, [](void* self, const Event& event) { (static_cast<Network*>(self)->*Member)(event); }, this);
}

Network::Network(Scheduler& scheduler, Decider& decider, Trace& trace, Effects& effects,
                 std::span<const std::uint32_t> host_names)
    : scheduler_(scheduler), decider_(decider), trace_(trace), effects_(effects), paths_(host_names.size()) {
  for (std::size_t host = 0; host < host_names.size(); ++host) {
    paths_[host].name = host_names[host];
  }
  latency_min_ = decider.strategy().decides_orders() ? 0 : base_latency;
  handle<&Network::on_connect>(EventKind::connect);
  handle<&Network::on_to_client>(EventKind::to_client);
  handle<&Network::on_to_server>(EventKind::to_server);
  handle<&Network::on_client_told>(EventKind::client_told);
}

void Network::attach(ServerEnd& server, Address address) {
  const ServerIndex index{static_cast<std::uint16_t>(servers_.size())};
  servers_.push_back(&server);
  addresses_.emplace_back(std::move(address), index);
  std::sort(addresses_.begin(), addresses_.end());
}

ServerIndex Network::resolve(const Endpoint& endpoint) const {
  if (servers_.size() == 1 || endpoint.host == Endpoint{}.host) {
    return first_server;
  }
  const Address wanted{endpoint.host, endpoint.port};
  const auto found = std::lower_bound(addresses_.begin(), addresses_.end(), wanted,
                                      [](const auto& each, const Address& address) { return each.first < address; });
  return found != addresses_.end() && found->first == wanted ? found->second : cluster::no_server;
}

Stream& Network::stream(StreamId id) {
  return *streams_[static_cast<std::size_t>(id)];
}

const Stream& Network::stream(StreamId id) const {
  return *streams_[static_cast<std::size_t>(id)];
}

Stream* Network::find(std::uint32_t index, std::uint64_t generation) {
  Stream& candidate = *streams_[index];
  return candidate.generation == generation ? &candidate : nullptr;
}

Stream& Network::allocate() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(streams_.size()));
    streams_.push_back(std::make_unique<Stream>());
    streams_.back()->index = free_.back();
  }
  Stream& fresh = *streams_[free_.back()];
  free_.pop_back();
  return fresh;
}

void Network::recycle_if_gone(Stream& stream) {
  if (stream.client != Stream::ClientSide::gone || stream.server == Stream::ServerSide::open) {
    return;
  }
  stream.server = Stream::ServerSide::gone;
  ++stream.generation;
  forget_events(stream);
  stream.opened = stream.parked = stream.starved = false;
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    Pipe& pipe = stream.pipe(direction);
    pipe.clear();
    pipe.event_at = end_of_time;
    pipe.read_again_at = 0;
  }
  free_.push_back(stream.index);
}

/// Its owner is told nothing more.
void Network::forget_events(Stream& stream) {
  paths_[stream.host].open_connections -= stream.opened && stream.events != nullptr ? 1 : 0;
  stream.events = nullptr;
}

void Network::post(Instant at, EventKind kind, const Stream& stream) {
  scheduler_.post(at, kind, stream.index, stream.generation);
}

std::unique_ptr<Connection> Network::connect(std::uint32_t host, const Endpoint& endpoint, ConnectionEvents& events) {
  Stream& fresh = allocate();
  Path& path = paths_[host];
  fresh.host = host;
  fresh.host_name = path.name;
  const ServerIndex found = resolve(endpoint);
  fresh.at = found == cluster::no_server ? first_server : found;
  const auto server = static_cast<std::size_t>(fresh.at);
  path.connections.resize(std::max(path.connections.size(), server + 1));
  fresh.ordinal = path.connections[server]++;
  fresh.client = Stream::ClientSide::connecting;
  fresh.server = Stream::ServerSide::none;
  fresh.port = endpoint.unix_path.empty() && found != cluster::no_server ? endpoint.port : std::uint16_t{0};
  fresh.events = &events;
  const std::uint64_t entity = fresh.direction_entity(Direction::to_server) >> 32;
  const auto handshake = decider_.decide(site::connect, entity, fresh.ordinal, latency_max_);
  post(scheduler_.now() + 2 * latency_min_ + static_cast<Instant>(handshake), EventKind::connect, fresh);
  if (trace_.on()) {
    say(fresh, "starts to connect");
  }
  tell(fresh, NetworkObserver::Moment::begins);
  return std::make_unique<Handle>(*this, fresh);
}

void Network::on_connect(const Event& event) {
  Stream* found = find(event.entity, event.argument);
  if (found == nullptr || found->client != Stream::ClientSide::connecting) {
    return;
  }
  const Conditions& conditions = this->conditions(*found);
  if (conditions.hang_connect || conditions.holds.any()) {
    found->parked = true;
    if (conditions.hang_connect) {
      effects_.note(FaultKind::hang_connect);
    }
    note_holds(*found, Direction::to_client);
    note_holds(*found, Direction::to_server);
  } else if (conditions.refuse) {
    effects_.note(FaultKind::refuse);
    tell_closed(*found, failure(errc_t::connection_refused));
  } else if (!end_of(*found).listening(found->port)) {
    tell_closed(*found, failure(errc_t::connection_refused));
  } else {
    establish(*found);
  }
}

void Network::establish(Stream& stream) {
  stream.client = Stream::ClientSide::open;
  stream.server = Stream::ServerSide::open;
  post(scheduler_.now(), EventKind::client_told, stream);
  end_of(stream).on_accept(StreamId{stream.index});
}

void Network::tell_closed(Stream& stream, error_code reason) {
  stream.client = Stream::ClientSide::closing;
  stream.verdict = reason;
  post(scheduler_.now(), EventKind::client_told, stream);
}

void Network::on_client_told(const Event& event) {
  Stream* found = find(event.entity, event.argument);
  if (found == nullptr || found->events == nullptr) {
    return;
  }
  if (paths_[found->host].paused) {
    defer(found->host, event);
    return;
  }
  ConnectionEvents& events = *found->events;
  if (found->client == Stream::ClientSide::closing) {
    const error_code reason = found->verdict;
    if (trace_.on()) {
      say(*found, reason ? "ends: " + reason.message() : "ends");
    }
    if (observer_ != nullptr) {
      tell(*found, NetworkObserver::Moment::ends, reason ? reason.message() : std::string{});
    }
    found->client = Stream::ClientSide::gone;
    forget_events(*found);
    recycle_if_gone(*found);
    events.on_close(reason);
  } else if (found->client == Stream::ClientSide::open && !found->opened) {
    if (trace_.on()) {
      say(*found, "is open");
    }
    tell(*found, NetworkObserver::Moment::opens);
    found->opened = true;
    ++paths_[found->host].open_connections;
    events.on_open();
  }
}

Network::Step Network::step_of(const Event& event) {
  const Stream* const found = find(event.entity, event.argument);
  if (found == nullptr) {
    return {.is_over = true};
  }
  const auto content = [](const Pipe& pipe) { return pipe.empty() ? 0 : pipe.front().hash; };
  std::uint64_t what = 0;
  switch (event.kind) {
    case EventKind::to_client: what = content(found->to_client); break;
    case EventKind::to_server: what = content(found->to_server); break;
    case EventKind::client_told: what = found->client == Stream::ClientSide::closing ? 1 : 2; break;
    default: break;
  }
  const std::uint64_t entity = found->direction_entity(Direction::to_server);
  return {fold(fold(entity, static_cast<std::uint64_t>(event.kind)), what), found->host, found->at, false};
}

std::size_t Network::streams_in_use() const {
  return streams_.size() - free_.size();
}

void Network::client_write(Stream& stream, std::string_view bytes) {
  if (stream.client == Stream::ClientSide::open && stream.opened && !bytes.empty()) {
    transmit(stream, Direction::to_server, bytes, scheduler_.now());
  }
}

void Network::client_close(Stream& stream, CloseMode mode) {
  using ClientSide = Stream::ClientSide;
  if (stream.client == ClientSide::closing) {
    stream.verdict = {};  // whoever ended it himself is told of no error
    return;
  }
  if (mode == CloseMode::abortive) {
    abort_from_client(stream);
  } else if (stream.client == ClientSide::open) {
    transmit_end(stream, Direction::to_server, ChunkKind::fin, scheduler_.now());
  }
  tell_closed(stream, {});
}

void Network::client_abandon(Stream& stream) {
  if (stream.client != Stream::ClientSide::closing) {  // else it has ended, and what was written is still delivered
    abort_from_client(stream);
  }
  stream.client = Stream::ClientSide::gone;
  forget_events(stream);
  recycle_if_gone(stream);
}

void Network::abort_from_client(Stream& stream) {
  if (stream.client == Stream::ClientSide::open) {
    const Instant readable = readable_until(stream, Direction::to_server);
    TRACKSIDE_MARK_IF(abort_left_written_data_to_be_read,
                      stream.to_server.bytes() > stream.to_server.bytes_after(readable));
    stream.to_server.drop_after(readable);
    transmit_end(stream, Direction::to_server, ChunkKind::reset, scheduler_.now());
  }
}

void Network::tell(const Stream& stream, NetworkObserver::Moment moment, std::string_view reason) const {
  if (observer_ != nullptr) {
    observer_->on_moment(scheduler_.now(), stream.name(), moment, reason);
  }
}

void Network::tell_vanished(StreamId id, std::string_view frames) const {
  if (observer_ != nullptr) {
    observer_->on_vanished(scheduler_.now(), stream(id).name(), frames);
  }
}

void Network::say(const Stream& stream, std::string text) {
  const std::string where =
      servers_.size() == 1 ? std::string{} : fmt::format(" to node {}", static_cast<unsigned>(stream.at));
  trace_.add(scheduler_.now(), fmt::format("host {}", stream.host),
             fmt::format("connection {}{} {}", stream.ordinal, where, text));
}

}  // namespace trackside::sim
