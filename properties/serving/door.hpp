// The TCP side of one node: its listening socket and the connections of its clients.
//
// Listens while the node's process is there and nobody refuses; a crash resets everybody. Faults of connections are
// conditions that hit all guests alike. Invariant: a guest is known from its acceptance until its socket is closed, and
// by its session from the moment the node knows it. Neighbours: guest.hpp (one connection), served_world.hpp (the
// pace).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "properties/serving/guest.hpp"
#include "sim/network/outside_sessions.hpp"
#include "sim/network/server_port.hpp"
#include "sim/scenario.hpp"

namespace trackside::serving {

struct Figures {
  std::uint64_t connections = 0;
  std::uint64_t commands = 0;
};

/// Lets the world's time reach the real one.
class Pace {
 public:
  virtual void catch_up() = 0;

 protected:
  ~Pace() = default;
};

class Door final : private sim::OutsideSessions {
 public:
  /// How many faults of each kind last now.
  struct Conditions {
    int refuses = 0;
    int holds_to_client = 0;
    int holds_to_server = 0;
    int drops_pushes = 0;
  };
  struct Parts {
    boost::asio::io_context& io;
    sim::ServerPort& port;
    Pace& pace;
  };

  Door(Parts parts, boost::asio::ip::tcp::endpoint endpoint);
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  ~Door();

  /// Listens. Throws boost::system::system_error if the address cannot be had.
  void open();
  /// To be called when the world has moved on: listens or not, as the node does, and serves those who waited.
  void attend();
  /// Whether somebody waits for the process, which is busy.
  bool waited_for() const { return !queue_.empty(); }
  Figures figures() const;

  /// Faults of connections.
  void begin(sim::FaultKind kind) { change(kind, +1); }
  void end(sim::FaultKind kind) { change(kind, -1); }
  /// `reset`, `close` or `kill_client`, of all guests.
  void strike(sim::FaultKind kind);

  // For guests.
  sim::ServerPort& port() noexcept { return parts_.port; }
  const Conditions& conditions() const noexcept { return conditions_; }
  void catch_up() { parts_.pace.catch_up(); }
  void queue(Guest& guest) { queue_.push_back(guest.shared_from_this()); }
  void admit(Guest& guest);
  void dismiss(Guest& guest);

 private:
  // OutsideSessions
  void on_output(sim::redis::SessionId session) override;
  void on_crash() override;

  void change(sim::FaultKind kind, int by);
  void accept();
  std::vector<std::shared_ptr<Guest>> everybody() const;

  Parts parts_;
  boost::asio::ip::tcp::endpoint endpoint_;
  boost::asio::ip::tcp::acceptor acceptor_;
  bool accepting_ = false;
  Conditions conditions_;
  Figures figures_;
  std::map<sim::redis::SessionId, std::shared_ptr<Guest>> guests_;
  std::vector<std::shared_ptr<Guest>> queue_;    // for the process's attention, in order of arrival
  std::vector<std::shared_ptr<Guest>> scratch_;  // of `attend`
};

}  // namespace trackside::serving
