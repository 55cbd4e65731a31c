// A simulated Redis node or cluster behind real sockets, at the pace of real time.
//
// The world is the one in which caches are tried (sim/world.hpp), without hosts: its clock follows the real one, its
// timers, crons, replication and elections run in it, and clients come from outside through a door for each node. One
// thread. What happens between client and node is TCP and nothing else, unless a fault was asked for. Neighbours:
// door.hpp, fault_list.hpp; properties/tool/serve_command.cpp is who uses it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "properties/serving/door.hpp"
#include "properties/serving/options.hpp"
#include "sim/world.hpp"

namespace trackside::serving {

class ServedWorld final : private Pace {
 public:
  /// Told of each fault when it begins and when it ends, as a sentence for people, with the world's time.
  using Tell = std::function<void(sim::Instant at, const std::string& what)>;

  /// Listens on all ports. Throws std::runtime_error with what is wrong if it cannot.
  ServedWorld(const ServingOptions& options, Tell tell);
  ServedWorld(const ServedWorld&) = delete;
  ServedWorld& operator=(const ServedWorld&) = delete;
  ~ServedWorld();

  /// Serves until the flag is set; it is looked at several times a second.
  void run_until(const std::atomic<bool>& stop);
  Figures figures() const;

 private:
  void catch_up() override;
  void turn();
  sim::Instant real_now() const;
  sim::Instant next_turn() const;
  void attend_all();

  void post_next_fault();
  void on_fault_begin(std::size_t index);
  void on_fault_end(std::size_t index);
  std::vector<Door*> doors_meant(const sim::Fault& fault);

  sim::Scenario scenario_;
  std::vector<sim::Fault> faults_;
  std::size_t next_fault_ = 0;
  Tell tell_;
  std::chrono::steady_clock::time_point start_;
  std::unique_ptr<sim::World> world_;
  boost::asio::io_context io_{1};
  std::vector<std::unique_ptr<Door>> doors_;  // by node
};

}  // namespace trackside::serving
