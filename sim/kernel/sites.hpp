// The names of all decisions. A name is forever: changing one changes every run that uses it.
//
// Entities: a host's name (`Path::name`), or a direction of a connection (see `direction_entity` in
// network/stream.hpp), or a direction between two servers (`entity_of` in network/server_links.cpp).
#pragma once

#include "sim/kernel/decider.hpp"

namespace trackside::sim::site {

inline constexpr Site connect{"net.connect", Shape::delay};     // host; n-th connect: handshake
inline constexpr Site delay{"net.delay", Shape::delay};         // direction; message and part: latency
inline constexpr Site chunk{"net.chunk", Shape::rare};          // direction; message: into how many more parts
inline constexpr Site cut{"net.cut", Shape::even};              // direction; message and part: where it is cut
inline constexpr Site reset_cut{"net.reset_cut", Shape::even};  // direction; when: bytes that pass before a reset
inline constexpr Site release{"net.release", Shape::delay};     // direction; n-th: first bytes after a hold
inline constexpr Site entropy{"host.entropy", Shape::even};     // host; n-th call
inline constexpr Site late_timer{"host.late_timer", Shape::even};  // host; n-th timer: how late
inline constexpr Site think{"server.think", Shape::delay};      // direction; messages: service time
inline constexpr Site link_delay{"link.delay", Shape::delay};   // servers, purpose; when it leaves: latency
inline constexpr Site link_release{"link.release", Shape::delay};          // likewise; when: first message after a cut
inline constexpr Site tick_phase{"cluster.tick_phase", Shape::even};       // server; n-th process: when its cron runs
inline constexpr Site bus_ping{"cluster.ping", Shape::even};               // server; n-th: whom it pings
inline constexpr Site bus_gossip{"cluster.gossip", Shape::even};           // server; n-th: of whom it tells
inline constexpr Site election{"cluster.election", Shape::even};           // server; n-th: milliseconds more
inline constexpr Site key_transfer{"cluster.key_transfer", Shape::delay};  // servers; when: of MIGRATE, latency
inline constexpr Site sentinel_election{"sentinel.election", Shape::even};  // sentinel; epoch: when it begins one
inline constexpr Site sentinel_config{"sentinel.config", Shape::even};  // leader; epoch: when it names the new one
inline constexpr Site sentinel_hello{"sentinel.hello", Shape::even};    // sentinel; epoch: when it hears of it
inline constexpr Site order{"world.order", Shape::even};        // n-th choice: which of those that are due
inline constexpr Site garbage{"net.garbage", Shape::rare};      // direction; messages: which, before these
inline constexpr Site company{"server.company", Shape::even};   // direction; messages: how many more in that iteration

}  // namespace trackside::sim::site
