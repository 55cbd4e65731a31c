// What faults do to links between servers: cuts and their end, dead and frozen processes. See server_links.hpp.
#include <algorithm>
#include <utility>

#include "sim/kernel/sites.hpp"
#include "sim/network/server_links.hpp"

namespace trackside::sim {

void ServerLinks::set_cuts(std::vector<ServerCut> cuts) {
  cuts_ = std::move(cuts);
  for (std::uint32_t index = 0; index < links_.size(); ++index) {
    Link& link = links_[index];
    if (!there(link, End::opener) && !there(link, End::acceptor)) {
      continue;
    }
    update_cut(index, End::opener);
    update_cut(index, End::acceptor);
    if (link.parked && !way_to(link, End::opener).blocked && !way_to(link, End::acceptor).blocked) {
      link.parked = false;
      scheduler_.post(scheduler_.now() + 2 * base_latency, EventKind::link_connect, index, link.generation);
    }
  }
}

void ServerLinks::update_cut(std::uint32_t index, End to) {
  Link& link = links_[index];
  Way& way = way_to(link, to);
  const ServerCut* cut = cut_between(server_at(link, other(to)), server_at(link, to));
  const bool was_blocked = std::exchange(way.blocked, cut != nullptr);
  if (!was_blocked && way.blocked) {
    way.blocked_since = scheduler_.now();
    if (!way.empty()) {
      effects_.note(cut->kind);
    }
  } else if (was_blocked && !way.blocked && !way.empty()) {
    const auto decided = decider_.decide(site::link_release, entity_of(link, to),
                                         static_cast<std::uint64_t>(scheduler_.now()), latency_max_);
    const Instant not_before = scheduler_.now() + base_latency + static_cast<Instant>(decided);
    for (std::size_t position = way.first; position < way.items.size(); ++position) {
      Instant& arrival = way.items[position].arrival;
      arrival = arrival >= way.blocked_since ? std::max(arrival, not_before) : arrival;
    }
    arrange(index, to);
  }
}

void ServerLinks::crash(ServerIndex server) {
  for (std::uint32_t index = 0; index < links_.size(); ++index) {
    for (const End end : {End::opener, End::acceptor}) {
      if (server_at(links_[index], end) == server && there(links_[index], end)) {
        leave(index, end);
      }
    }
  }
}

void ServerLinks::thaw(ServerIndex server) {
  for (std::uint32_t index = 0; index < links_.size(); ++index) {
    Link& link = links_[index];
    for (const End end : {End::opener, End::acceptor}) {
      if (server_at(link, end) != server || !there(link, end)) {
        continue;
      }
      way_to(link, end).event_at = end_of_time;
      arrange(index, end);
    }
    const bool waits_for_it = link.parked && link.id.opener == server;
    if (waits_for_it && !way_to(link, End::opener).blocked && !way_to(link, End::acceptor).blocked) {
      link.parked = false;
      scheduler_.post(scheduler_.now(), EventKind::link_connect, index, link.generation);
    }
  }
}

}  // namespace trackside::sim
