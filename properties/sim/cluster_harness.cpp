#include "properties/sim/cluster_harness.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/kernel/hash.hpp"

namespace trackside::testing {
namespace {

LinkId no_link() { return {}; }

}  // namespace

TestCluster::TestCluster(const ClusterShape& shape) : shape_(shape) {
  const std::size_t count = shape.primaries * (1U + shape.replicas_of_each);
  for (std::size_t index = 0; index < count; ++index) {
    servers_.push_back(std::make_unique<TestServer>(*this, ServerIndex{static_cast<std::uint16_t>(index)}, shape,
                                                    initial_view(index)));
  }
  for (std::size_t index = 0; index < count; ++index) {
    bus(index).settle_into(0);
    // Each process has its own phase.
    post({1 + static_cast<Instant>(sim::mix(index + shape.seed) % (100 * millisecond)), 0, index, no_link(), false});
  }
}

/// The view's first node is the server itself; the others follow in order of their numbers.
ClusterView TestCluster::initial_view(std::size_t self) const {
  const std::size_t count = shape_.primaries * (1U + shape_.replicas_of_each);
  const auto position = [self](std::size_t server) {
    return static_cast<NodeIndex>(server == self ? 0 : server < self ? server + 1 : server);
  };
  ClusterView view;
  view.nodes.resize(count);
  for (std::size_t server = 0; server < count; ++server) {
    KnownNode& known = view.nodes[position(server)];
    const auto index = ServerIndex{static_cast<std::uint16_t>(server)};
    known.id = digits_of(node_id(index));
    known.host = host(index);
    known.port = port(index);
    known.primary = server < shape_.primaries ? no_node : position(server % shape_.primaries);
    known.config_epoch = server % shape_.primaries + 1;
  }
  for (std::uint32_t slot = 0; slot < slot_count; ++slot) {
    view.owner.set(slot, position(slot * shape_.primaries / slot_count));
  }
  view.current_epoch = shape_.primaries;
  return view;
}

std::size_t TestCluster::add_stranger() {
  const std::size_t index = servers_.size();
  servers_.push_back(
      std::make_unique<TestServer>(*this, ServerIndex{static_cast<std::uint16_t>(index)}, shape_, ClusterView{}));
  bus(index).start_alone(now_);
  post({now_ + 1, 0, index, no_link(), false});
  return index;
}

void TestCluster::run_until(Instant at) {
  while (!events_due_.empty() && events_due_.top().at <= at) {
    step();
  }
  now_ = at;
}

bool TestCluster::run_until(const std::function<bool()>& holds, Instant limit) {
  const Instant end = now_ + limit;
  while (!holds()) {
    if (events_due_.empty() || events_due_.top().at > end) {
      return false;
    }
    step();
  }
  return true;
}

void TestCluster::step() {
  const Event event = events_due_.top();
  events_due_.pop();
  now_ = event.at;
  ++events_;
  hash_ = sim::fold(hash_, static_cast<std::uint64_t>(event.at));
  if (event.link != no_link()) {
    pump(event);
    return;
  }
  if (servers_[event.server]->up && !servers_[event.server]->frozen) {
    servers_[event.server]->member.tick(now_);
    flush_outboxes(event.server);
  }
  post({now_ + Member::tick_period, 0, event.server, no_link(), false});
}

void TestCluster::post(Event event) {
  event.sequence = ++sequence_;
  events_due_.push(event);
}

const KnownNode& TestCluster::belief(std::size_t observer, std::size_t subject) {
  return view(observer).nodes[bus(observer).position_of(bus(subject).id())];
}

NodeIndex TestCluster::position(std::size_t observer, std::size_t subject) {
  return bus(observer).position_of(bus(subject).id());
}

void TestCluster::assign(std::size_t at, Slot slot, std::size_t owner) {
  server(at).view.owner.set(slot, position(at, owner));
  bus(at).slots_changed(now_);
  flush_outboxes(at);
}

std::size_t TestCluster::owner_of(std::string_view key) const {
  const auto owner =
      std::find_if(servers_.begin(), servers_.end(), [key](const auto& each) { return each->owns(key); });
  return static_cast<std::size_t>(owner - servers_.begin());
}

void TestCluster::cut_one_way(std::size_t from, std::size_t to) { cuts_.insert({from, to}); }

void TestCluster::cut(std::size_t one, std::size_t other) {
  cut_one_way(one, other);
  cut_one_way(other, one);
}

void TestCluster::cut_replication(std::size_t one, std::size_t other) {
  replication_cuts_.insert({one, other});
  replication_cuts_.insert({other, one});
}

void TestCluster::isolate(const std::set<std::size_t>& side) {
  for (std::size_t other = 0; other < size(); ++other) {
    if (!side.contains(other)) {
      for (const std::size_t inside : side) {
        cut(inside, other);
      }
    }
  }
}

void TestCluster::heal() {
  cuts_.clear();
  replication_cuts_.clear();
  resume();
}

void TestCluster::lose_links(std::size_t one, std::size_t other) {
  for (auto& [link, state] : links_) {
    const auto [opener, acceptor] = ends(link, true);
    state.lost = state.lost || (opener == one && acceptor == other) || (opener == other && acceptor == one);
  }
}

void TestCluster::freeze(std::size_t index) { servers_[index]->frozen = true; }

void TestCluster::thaw(std::size_t index) {
  servers_[index]->frozen = false;
  resume();
}

/// What was held back arrives after one more latency, if nothing else holds it.
void TestCluster::resume() {
  for (auto& [link, state] : links_) {
    for (const bool forth : {true, false}) {
      Direction& direction = forth ? state.forth : state.back;
      if (!direction.under_way.empty() && direction.under_way.front().arrival <= now_) {
        post({now_ + latency(link, forth, direction.sent), 0, 0, link, forth});
      }
    }
  }
}

void TestCluster::crash(std::size_t index) {
  servers_[index]->up = false;
  std::vector<LinkId> own;
  for (const auto& [link, state] : links_) {
    if (static_cast<std::size_t>(link.opener) == index || static_cast<std::size_t>(state.acceptor) == index) {
      own.push_back(link);
    }
  }
  for (const LinkId link : own) {
    close_end(link, static_cast<std::size_t>(link.opener) == index);
  }
}

void TestCluster::start_again(std::size_t index) {
  TestServer& server = *servers_[index];
  server.up = true;
  server.frozen = false;
  server.keys.clear();
  server.member.restart(now_);
}

void TestCluster::flush_outboxes(std::size_t index) {
  carry(servers_[index]->member.bus().outbox());
  carry(servers_[index]->member.replication().outbox());
}

template <class Message>
void TestCluster::carry(Outbox<Message>& outbox) {
  if (outbox.empty()) {
    return;
  }
  std::vector<LinkAction<Message>> actions;
  outbox.take(actions);
  for (LinkAction<Message>& action : actions) {
    const bool own = outbox.self() == action.link.opener;
    switch (action.verb) {
      case LinkVerb::open:
        links_[action.link].acceptor = action.server;
        send(action.link, true, {ParcelKind::open, 0, {}});
        break;
      case LinkVerb::send:
        if (links_.contains(action.link)) {
          ++messages_;
          send(action.link, own, {ParcelKind::message, 0, std::move(action.message)});
        }
        break;
      case LinkVerb::close: close_end(action.link, own); break;
    }
  }
}

std::pair<std::size_t, std::size_t> TestCluster::ends(LinkId link, bool forth) const {
  const auto opener = static_cast<std::size_t>(link.opener);
  const auto acceptor = static_cast<std::size_t>(links_.at(link).acceptor);
  return forth ? std::pair(opener, acceptor) : std::pair(acceptor, opener);
}

bool TestCluster::blocked(LinkId link, bool forth) const {
  const Link& state = links_.at(link);
  const Direction& direction = forth ? state.forth : state.back;
  const bool for_the_process = direction.under_way.front().kind != ParcelKind::open;
  if (state.lost || (for_the_process && servers_[ends(link, forth).second]->frozen)) {
    return true;
  }
  return cuts_.contains(ends(link, forth)) ||
         (link.purpose == LinkPurpose::replication && replication_cuts_.contains(ends(link, forth)));
}

Instant TestCluster::latency(LinkId link, bool forth, std::uint64_t ordinal) const {
  const std::uint64_t name = sim::fold(
      sim::fold(sim::fold(shape_.seed, static_cast<std::uint64_t>(link.opener)), link.number * 2U + (forth ? 1U : 0U)),
      ordinal);
  const auto spread = static_cast<std::uint64_t>(shape_.latency - 50 * microsecond);
  return 50 * microsecond + static_cast<Instant>(sim::scale_down(sim::mix(name), spread));
}

void TestCluster::send(LinkId link, bool forth, Parcel parcel) {
  Link& state = links_.at(link);
  Direction& direction = forth ? state.forth : state.back;
  const bool sender_has_closed = (forth ? state.back : state.forth).gone;
  if (direction.gone || (sender_has_closed && parcel.kind != ParcelKind::closed)) {
    return;
  }
  parcel.arrival = std::max(direction.last_arrival, now_ + latency(link, forth, direction.sent++));
  direction.last_arrival = parcel.arrival;
  post({parcel.arrival, 0, 0, link, forth});
  direction.under_way.push_back(std::move(parcel));
}

/// One end closes: it hears nothing more, and the other end is told behind what was sent.
void TestCluster::close_end(LinkId link, bool opener_end) {
  const auto found = links_.find(link);
  if (found == links_.end()) {
    return;
  }
  Direction& incoming = opener_end ? found->second.back : found->second.forth;
  if (!incoming.gone) {
    incoming.gone = true;
    incoming.under_way.clear();
    send(link, opener_end, {ParcelKind::closed, 0, {}});
    if (found->second.forth.gone && found->second.back.gone) {
      links_.erase(found);
    }
  }
}

void TestCluster::pump(const Event& event) {
  while (true) {
    const auto found = links_.find(event.link);
    if (found == links_.end()) {
      return;
    }
    Direction& direction = event.forth ? found->second.forth : found->second.back;
    if (direction.under_way.empty() || direction.under_way.front().arrival > now_ || blocked(event.link, event.forth)) {
      return;
    }
    Parcel parcel = std::move(direction.under_way.front());
    direction.under_way.pop_front();
    deliver(event.link, event.forth, std::move(parcel));
  }
}

void TestCluster::deliver(LinkId link, bool forth, Parcel parcel) {
  const std::size_t receiver = ends(link, forth).second;
  TestServer& server = *servers_[receiver];
  hash_ = sim::fold(hash_, receiver);
  switch (parcel.kind) {
    case ParcelKind::open:
      if (server.up) {
        send(link, false, {ParcelKind::opened, 0, {}});
      } else {
        close_end(link, false);
      }
      return;
    case ParcelKind::opened: server.member.on_open(now_, link); break;
    case ParcelKind::closed:
      server.member.on_closed(now_, link);
      links_.erase(link);
      break;
    case ParcelKind::message:
      if (const auto* message = std::get_if<BusMessage>(&parcel.message)) {
        server.member.on_message(now_, link, *message);
      } else {
        server.member.on_message(now_, link, std::get<ReplicationMessage>(parcel.message));
      }
      break;
  }
  flush_outboxes(receiver);
}

bool TestCluster::all_agree() const {
  std::map<std::string, std::pair<std::string, std::uint64_t>> roles;  // by node: whose replica, and its config epoch
  std::vector<std::string> owners;
  for (const auto& server : servers_) {
    if (!server->up) {
      continue;
    }
    const ClusterView& view = server->view;
    if (!view.ok) {
      return false;
    }
    std::vector<std::string> believed(slot_count);
    for (std::uint32_t slot = 0; slot < slot_count; ++slot) {
      believed[slot] = view.owner[slot] == no_node ? "" : view.nodes[view.owner[slot]].id;
    }
    if (!owners.empty() && owners != believed) {
      return false;
    }
    owners = std::move(believed);
    for (const KnownNode& known : view.nodes) {
      if (known.forgotten) {
        continue;
      }
      const std::string primary = known.is_primary() ? "" : view.nodes[known.primary].id;
      const std::pair<std::string, std::uint64_t> role{primary, known.is_primary() ? known.config_epoch : 0};
      if (known.suspected || roles.try_emplace(known.id, role).first->second != role) {
        return false;
      }
    }
  }
  return true;
}

void TestCluster::check_belief(ServerIndex self) {
  const ClusterView& view = servers_[static_cast<std::size_t>(self)]->view;
  if (!view.nodes[sim::redis::itself].is_primary()) {
    return;
  }
  SlotSet own;
  for (Slot slot = 0; slot < slot_count; ++slot) {
    if (view.owns(slot)) {
      own.append(slot);
    }
  }
  const std::uint64_t epoch = view.nodes[sim::redis::itself].config_epoch;
  auto& claims = owners_by_epoch_[epoch];
  for (const auto& [other, slots] : claims) {
    if (other == self) {
      continue;
    }
    own.for_each_while([&, other = other, &slots = slots](Slot slot) {
      if (slots.contains(slot)) {
        complaint_ = fmt::format("Servers {} and {} both owned slot {} in config epoch {}", static_cast<int>(other),
                                 static_cast<int>(self), slot, epoch);
      }
      return !slots.contains(slot);
    });
  }
  claims[self] = std::move(own);
}

}  // namespace trackside::testing
