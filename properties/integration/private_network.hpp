// A network of one's own for tests: hosts in network namespaces, and the test process in one that routes between them.
//
// A cut is a route that swallows packets, so that programs on both sides notice nothing but silence, as with a real
// partition; the way between the test and a host that is cut off from its peers stays. Nothing of it is seen outside,
// and nothing needs to be tidied up: a namespace ends with its last process, and what connects it ends with it.
// Needs `ip` (iproute2), and root or user namespaces. Neighbours: redis_process.hpp, real_cluster.hpp.
#pragma once

#include <cstddef>
#include <string>

#include "properties/integration/redis_process.hpp"

namespace trackside::testing {

class PrivateNetwork {
 public:
  /// Moves this process into a network namespace of its own, for good. Empty, or why that is not possible here; the
  /// same again at every call. Requires that no other thread runs.
  static const std::string& enter();

  PrivateNetwork();
  PrivateNetwork(const PrivateNetwork&) = delete;
  PrivateNetwork& operator=(const PrivateNetwork&) = delete;
  ~PrivateNetwork() { heal(); }

  /// Where a server lives that is this host. Requires that `enter` succeeded, and that the network outlives it.
  ServerPlace place(std::size_t host);

  /// From now on nothing passes between this host and any other; we and the host still reach each other.
  void cut_from_peers(std::size_t host);
  /// From now on nothing passes between us and this host.
  void cut_from_us(std::size_t host);
  /// Ends all cuts.
  void heal();

 private:
  std::string address_of(std::size_t host) const;
  void attach(std::size_t host, pid_t process) const;

  std::string prefix_;  // of the hosts' addresses
  std::string device_;  // likewise of their devices' names
};

}  // namespace trackside::testing
