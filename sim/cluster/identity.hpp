// Who is who on the cluster's own network: servers, the names of nodes, and the links between them.
//
// A server is a place where a process runs; it keeps its number for ever. A node is who that process says it is: forty
// hexadecimal digits for the real thing, one number here, which is written as forty digits wherever a client sees it.
// Invariant: nodes are ordered as their digits are, since the order decides who gives way when config epochs collide.
// Simplified: a node never changes its address, so its number tells its server.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace trackside::sim::cluster {

enum class ServerIndex : std::uint16_t {};
inline constexpr ServerIndex no_server{UINT16_MAX};
constexpr std::uint32_t number_of(ServerIndex server) { return static_cast<std::uint32_t>(server); }

/// A node's name: the server in the lower half, in the upper half how often it has changed its name (CLUSTER RESET
/// HARD).
enum class NodeId : std::uint32_t {};
inline constexpr NodeId no_id{UINT32_MAX};

constexpr NodeId node_id(ServerIndex server, std::uint16_t generation = 0) {
  return NodeId{static_cast<std::uint32_t>(generation) << 16 | static_cast<std::uint32_t>(server)};
}
constexpr ServerIndex server_of(NodeId id) { return ServerIndex{static_cast<std::uint16_t>(id)}; }
constexpr std::uint16_t generation_of(NodeId id) {
  return static_cast<std::uint16_t>(static_cast<std::uint32_t>(id) >> 16);
}

/// A node that was met and has not told its name yet has one of these.
inline constexpr std::uint16_t first_provisional_generation = 0x8000;
constexpr bool is_provisional(NodeId id) { return id != no_id && generation_of(id) >= first_provisional_generation; }

/// The forty digits that clients see.
std::string digits_of(NodeId id);
/// The node with these forty digits; no_id if they are nobody's.
NodeId parse_digits(std::string_view digits);

enum class LinkPurpose : std::uint8_t { bus, replication };

/// One connection between two servers, named by who opened it. Messages travel both ways, each way in order.
struct LinkId {
  ServerIndex opener = no_server;
  LinkPurpose purpose = LinkPurpose::bus;
  std::uint32_t number = 0;
  friend auto operator<=>(const LinkId&, const LinkId&) = default;
};

/// Where servers are found, as clients and CLUSTER NODES show it.
class Directory {
 public:
  virtual std::string_view host(ServerIndex server) const = 0;
  virtual std::uint16_t port(ServerIndex server) const = 0;

 protected:
  ~Directory() = default;
};

}  // namespace trackside::sim::cluster
