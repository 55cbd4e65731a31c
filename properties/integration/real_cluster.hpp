// A real Redis Cluster of one's own for integration tests: redis-servers on loopback, a node timeout of a second.
//
// Node n is a primary for n < primaries; the others are replicas of node n % primaries. Each is a RedisProcess, so all
// of it dies with the fixture.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "properties/integration/private_network.hpp"
#include "properties/integration/redis_process.hpp"

namespace trackside::testing {

class RealCluster {
 public:
  /// Starts the nodes, joins them, and returns when every one of them finds the cluster ok. Throws on failure.
  /// Given a network, each node is a host of its own in it: node n is host n.
  explicit RealCluster(std::size_t primaries, std::size_t replicas = 0, std::vector<std::string> extra = {},
                       PrivateNetwork* network = nullptr);
  ~RealCluster();

  RedisProcess& node(std::size_t index) { return *nodes_[index]; }
  const std::string& host(std::size_t index) const { return nodes_[index]->host(); }
  std::uint16_t port(std::size_t index) const { return nodes_[index]->port(); }
  std::size_t size() const { return nodes_.size(); }
  /// Its forty digits.
  const std::string& id(std::size_t index) const { return ids_[index]; }
  /// Sends a command to one node on a connection of its own; the raw reply.
  std::string ask(std::size_t index, const std::vector<std::string>& words) const;
  /// The primary that owns the key's slot, by its own word.
  std::size_t owner_of(const std::string& key) const;

  /// Whether a node is a primary, by its own word; false if it does not run.
  bool is_primary(std::size_t index) const;
  /// Starts a node that was stopped, with its old name and its belief of then.
  void start_again(std::size_t index) { nodes_[index]->start(options_[index]); }

  /// Moves the slot with its keys, as redis-cli does.
  void move_slot(std::uint16_t slot, std::size_t from, std::size_t to);
  /// The first half of that: the slot is open for migration, and its keys have gone.
  void open_slot(std::uint16_t slot, std::size_t from, std::size_t to);
  void move_keys(std::uint16_t slot, std::size_t from, std::size_t to);
  void close_slot(std::uint16_t slot, std::size_t from, std::size_t to);

 private:
  bool is_ok() const;

  std::vector<std::unique_ptr<RedisProcess>> nodes_;
  std::vector<std::vector<std::string>> options_;
  std::vector<std::string> ids_;
};

}  // namespace trackside::testing
