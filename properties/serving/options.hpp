// What `trackside serve` is asked for. Times are those of the world, which runs at the pace of real time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario.hpp"

namespace trackside::serving {

struct ServingOptions {
  std::string bind = "127.0.0.1";
  std::string announce{};       // the address that nodes of a cluster tell; empty: `bind`, or loopback for any
  std::uint16_t port = 6379;    // of node 0; the others follow
  std::uint32_t primaries = 0;  // 0: one standalone server
  std::uint32_t replicas = 0;   // of each primary
  std::uint32_t spares = 0;     // nodes behind those, which know nobody and own nothing
  sim::Instant node_timeout = 5 * sim::second;
  std::uint64_t seed = 1;
  std::string password{};
  std::vector<sim::Fault> faults{};  // by time; `FaultList` makes them

  std::uint32_t nodes() const { return primaries == 0 ? 1 : primaries * (1 + replicas) + spares; }
};

}  // namespace trackside::serving
