// See server_links.hpp.
#include "sim/network/server_links.hpp"

#include <algorithm>

#include "sim/kernel/assertion.hpp"
#include "sim/kernel/sites.hpp"

namespace trackside::sim {

ServerLinks::ServerLinks(Scheduler& scheduler, Decider& decider, Effects& effects, LinkReceiver& receiver,
                         std::size_t servers)
    : scheduler_(scheduler),
      decider_(decider),
      effects_(effects),
      receiver_(receiver),
      names_(servers),
      lags_(servers) {
  scheduler.handle(
      EventKind::link_connect,
      [](void* self, const Event& event) { static_cast<ServerLinks*>(self)->on_connect(event); }, this);
  scheduler.handle(
      EventKind::link_arrival,
      [](void* self, const Event& event) { static_cast<ServerLinks*>(self)->on_arrival(event); }, this);
}

std::vector<ServerLinks::Named>& ServerLinks::names_of(LinkId link) {
  return names_[static_cast<std::size_t>(link.opener)][static_cast<std::size_t>(link.purpose)];
}

ServerLinks::Link* ServerLinks::find(LinkId link) {
  const std::vector<Named>& names = names_of(link);
  const auto found = std::lower_bound(names.begin(), names.end(), link.number,
                                      [](const Named& each, std::uint32_t wanted) { return each.number < wanted; });
  return found != names.end() && found->number == link.number ? &links_[found->index] : nullptr;
}

ServerLinks::Link* ServerLinks::find(const Event& event, std::uint64_t generation) {
  Link& candidate = links_[event.entity];
  return candidate.generation == generation ? &candidate : nullptr;
}

std::uint32_t ServerLinks::allocate() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(links_.size()));
    links_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

void ServerLinks::recycle_if_gone(std::uint32_t index) {
  Link& link = links_[index];
  if (there(link, End::opener) || there(link, End::acceptor)) {
    return;
  }
  for (const End end : {End::opener, End::acceptor}) {
    discard(link, end);
    way_to(link, end).event_at = end_of_time;
    way_to(link, end).blocked = false;
  }
  std::erase_if(names_of(link.id), [&](const Named& each) { return each.number == link.id.number; });
  ++link.generation;
  link.up = link.parked = false;
  free_.push_back(index);
}

void ServerLinks::open(LinkId link, ServerIndex to) {
  std::vector<Named>& names = names_of(link);
  require(names.empty() || names.back().number < link.number, "the numbers of links go up");
  const std::uint32_t index = allocate();
  names.push_back({link.number, index});
  Link& fresh = links_[index];
  fresh.id = link;
  fresh.acceptor = to;
  fresh.there = {true, false};
  for (const End end : {End::opener, End::acceptor}) {
    update_cut(index, end);
  }
  const Instant at = scheduler_.now() + base_latency + latency(fresh, End::acceptor);
  scheduler_.post(at, EventKind::link_connect, index, fresh.generation);
}

void ServerLinks::on_connect(const Event& event) {
  Link* link = find(event, event.argument);
  if (link == nullptr) {
    return;
  }
  if (way_to(*link, End::opener).blocked || way_to(*link, End::acceptor).blocked) {
    link->parked = true;
    const ServerCut* cut = cut_between(link->id.opener, link->acceptor);
    effects_.note((cut != nullptr ? cut : cut_between(link->acceptor, link->id.opener))->kind);
    return;
  }
  const Instant ready = receiver_.ready_at(link->id.opener);
  if (ready > scheduler_.now()) {  // it hears of it when it reads again
    link->parked = ready == end_of_time;
    if (!link->parked) {
      scheduler_.post(ready, event.kind, event.entity, event.argument);
    }
    return;
  }
  const LinkId id = link->id;
  if (!receiver_.listening(link->acceptor)) {
    there(*link, End::opener) = false;
    recycle_if_gone(event.entity);
    receiver_.on_closed(id.opener, id);
    return;
  }
  link->up = true;
  there(*link, End::acceptor) = true;
  for (Item& item : way_to(*link, End::acceptor).items) {
    item.arrival = std::max(item.arrival, scheduler_.now() + base_latency);
  }
  arrange(event.entity, End::acceptor);
  receiver_.on_open(id.opener, id);
}

void ServerLinks::send(LinkId link, ServerIndex from, MessageSlot message) {
  Link* found = find(link);
  const End end = from == link.opener ? End::opener : End::acceptor;
  if (found == nullptr || !there(*found, end) || (found->up && !there(*found, other(end)))) {
    receiver_.on_lost(link, message);
    return;
  }
  const auto index = static_cast<std::uint32_t>(found - links_.data());
  push(index, other(end), {scheduler_.now() + latency(*found, other(end)), message, false});
}

void ServerLinks::close(LinkId link, ServerIndex from) {
  if (Link* found = find(link)) {
    leave(static_cast<std::uint32_t>(found - links_.data()), from == link.opener ? End::opener : End::acceptor);
  }
}

/// One end is no more; the other is to be told, if it knows of the link at all.
void ServerLinks::leave(std::uint32_t index, End end) {
  Link& link = links_[index];
  if (!there(link, end)) {
    return;
  }
  there(link, end) = false;
  discard(link, end);
  if (there(link, other(end))) {
    push(index, other(end), {scheduler_.now() + latency(link, other(end)), MessageSlot{}, true});
  }
  recycle_if_gone(index);
}

void ServerLinks::push(std::uint32_t index, End to, Item item) {
  Link& link = links_[index];
  Way& way = way_to(link, to);
  if (way.empty()) {
    way.items.clear();
    way.first = 0;
  } else {
    item.arrival = std::max(item.arrival, way.items.back().arrival);
  }
  way.items.push_back(item);
  if (way.blocked) {
    effects_.note(cut_between(server_at(link, other(to)), server_at(link, to))->kind);
  }
  arrange(index, to);
}

void ServerLinks::discard(Link& link, End to) {
  Way& way = way_to(link, to);
  for (; !way.empty(); ++way.first) {
    if (!way.items[way.first].is_end) {
      receiver_.on_lost(link.id, way.items[way.first].message);
    }
  }
}

void ServerLinks::arrange(std::uint32_t index, End to) {
  Link& link = links_[index];
  Way& way = way_to(link, to);
  if (way.empty() || !link.up || (way.blocked && way.items[way.first].arrival >= way.blocked_since)) {
    return;
  }
  const Instant at = std::max(way.items[way.first].arrival, scheduler_.now());
  if (at < way.event_at) {
    way.event_at = at;
    scheduler_.post(at, EventKind::link_arrival, index,
                    (std::uint64_t{link.generation} << 1) | static_cast<std::uint64_t>(to));
  }
}

void ServerLinks::on_arrival(const Event& event) {
  Link* link = find(event, event.argument >> 1);
  if (link == nullptr) {
    return;
  }
  const End end{static_cast<std::uint8_t>(event.argument & 1U)};
  const Instant ready = receiver_.ready_at(server_at(*link, end));
  if (ready == end_of_time) {  // thaw comes back to it
    return;
  }
  way_to(*link, end).event_at = end_of_time;
  if (ready > scheduler_.now()) {
    way_to(*link, end).event_at = ready;
    scheduler_.post(ready, event.kind, event.entity, event.argument);
    return;
  }
  deliver(event.entity, end);
}

/// Hands over the first thing that has arrived, if there is one and it may pass.
bool ServerLinks::deliver_one(std::uint32_t index, End end) {
  Link& link = links_[index];
  Way& way = way_to(link, end);
  const bool may_pass = !way.empty() && way.items[way.first].arrival <= scheduler_.now() &&
                        !(way.blocked && way.items[way.first].arrival >= way.blocked_since);
  if (!may_pass) {
    return false;
  }
  const Item item = way.items[way.first++];
  if (way.first > 64 && way.first > way.items.size() / 2) {
    way.items.erase(way.items.begin(), way.items.begin() + static_cast<std::ptrdiff_t>(way.first));
    way.first = 0;
  }
  const LinkId id = link.id;
  const ServerIndex at = server_at(link, end);
  if (item.is_end) {
    there(link, end) = false;
    recycle_if_gone(index);
    receiver_.on_closed(at, id);
  } else {
    receiver_.on_message(at, id, item.message);
  }
  return true;
}

/// What left together is read together. Any of it may end the link, or open others.
void ServerLinks::deliver(std::uint32_t index, End end) {
  const std::uint32_t generation = links_[index].generation;
  bool more = true;
  while (more && links_[index].generation == generation && there(links_[index], end)) {
    more = deliver_one(index, end);
  }
  if (links_[index].generation == generation) {
    arrange(index, end);
  }
}

const ServerCut* ServerLinks::cut_between(ServerIndex from, ServerIndex to) const {
  for (const ServerCut& cut : cuts_) {
    if (cut.blocks(from, to)) {
      return &cut;
    }
  }
  return nullptr;
}

std::uint64_t ServerLinks::entity_of(const Link& link, End to) const noexcept {
  return (static_cast<std::uint64_t>(server_at(link, other(to))) << 32) |
         (static_cast<std::uint64_t>(server_at(link, to)) << 8) | static_cast<std::uint64_t>(link.id.purpose);
}

Instant ServerLinks::latency(const Link& link, End to) {
  // Named by when it leaves: what leaves at one instant arrives in its order anyway.
  const auto decided = decider_.decide(site::link_delay, entity_of(link, to),
                                       static_cast<std::uint64_t>(scheduler_.now()), latency_max_);
  const Instant lag =
      link.id.purpose == LinkPurpose::replication ? lags_[static_cast<std::size_t>(server_at(link, to))] : 0;
  if (lag > 0) {
    effects_.note(FaultKind::replica_lag);
  }
  return base_latency + static_cast<Instant>(decided) + lag;
}

}  // namespace trackside::sim
