// What a network tells whoever draws its messages: bytes that leave, bytes that are read, connections that come and go.
//
// Off in blind runs, where it costs one branch. Written to and never read by the network: a run is the same with and
// without it. Each direction of a connection delivers a prefix of what was sent into it, in order, so counting bytes is
// enough to know when what was read. Neighbour: network.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/network/stream.hpp"

namespace trackside::sim {

class NetworkObserver {
 public:
  /// Bytes leave, behind all that left before in this direction. They may never arrive.
  virtual void on_sent(Instant departure, const ConnectionName& connection, Direction direction,
                       std::string_view bytes) = 0;
  /// The process at the other end reads the next so many bytes.
  virtual void on_read(Instant at, const ConnectionName& connection, Direction direction, std::size_t bytes) = 0;
  /// Whole frames towards the client that a fault took out before they left; they count as never sent.
  virtual void on_vanished(Instant at, const ConnectionName& connection, std::string_view frames) = 0;
  enum class Moment : std::uint8_t { begins, opens, ends };
  /// As the client's end is told; `reason` is empty unless it ended by an error.
  virtual void on_moment(Instant at, const ConnectionName& connection, Moment moment, std::string_view reason) = 0;

 protected:
  ~NetworkObserver() = default;
};

}  // namespace trackside::sim
