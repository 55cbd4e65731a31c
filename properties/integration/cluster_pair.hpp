// Two real cluster nodes of one's own that know each other: the first is held against a simulated one.
//
// The first node owns all slots but three: a key's tag says how its slot stands, see `SlotPlan`. `restore` brings both
// back to that, whatever was done to the first in between. What the second believes never changes the first's mind: the
// first's epoch is the greatest. A missing redis-server is an exception that says what to install.
// Neighbours: cluster_differential_test.cpp, twin_servers.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "properties/integration/twin_servers.hpp"
#include "resp/slot.hpp"

namespace trackside::testing {

/// Tags of keys, chosen so that no slot's number looks like a client's id.
struct SlotPlan {
  static constexpr std::string_view own = "{own23}";    // the first node's
  static constexpr std::string_view moving = "{mov4}";  // the first's, open for migration to the second
  static constexpr std::string_view coming = "{imp}";   // the second's, being imported by the first
  static constexpr std::string_view far = "{far4}";     // the second's
  static constexpr std::string_view gap = "{gap1}";     // nobody's

  static std::uint16_t slot(std::string_view tag) { return resp::slot_of(tag); }
};

class ClusterPair {
 public:
  /// Starts both, lets them meet, and gives them their slots. Throws std::runtime_error on failure.
  ClusterPair();

  /// Slots as planned, no keys, nothing left of earlier talks but the first's epoch.
  void restore();
  /// A simulated node that is told what the first one believes.
  sim::redis::ServerConfig configuration() const;
  void settle_into(sim::redis::Server& first);
  /// The second's part of a MIGRATE.
  std::unique_ptr<sim::redis::Server> simulated_second() const;

  const RedisProcess& first() const { return *first_; }
  std::uint16_t second_port() const { return second_->port(); }
  const std::string& first_id() const { return first_id_; }
  const std::string& second_id() const { return second_id_; }

 private:
  static std::unique_ptr<RedisProcess> start_node();
  /// The answer, of one line or as a bulk string, without its frame.
  static std::string ask(const RedisProcess& node, const std::string& line);
  void meet();

  std::unique_ptr<RedisProcess> first_ = start_node();
  std::unique_ptr<RedisProcess> second_ = start_node();
  std::string first_id_;
  std::string second_id_;
};

}  // namespace trackside::testing
