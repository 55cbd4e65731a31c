// One client's connection: bytes between a TCP socket and a session of the simulated node.
//
// It reads only while the node's process attends to its sockets, so what a frozen node does not take stays in the
// kernel, as with a real one. It keeps no output of its own: what the kernel does not take stays with the session and
// counts against its limit. Invariant: the socket is open as long as the door knows the guest; the session is there
// from the first moment at which the process attended. Neighbours: door.hpp, sim/network/server_port.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "sim/redis/session_id.hpp"

namespace trackside::serving {

class Door;

class Guest final : public std::enable_shared_from_this<Guest> {
 public:
  Guest(Door& door, boost::asio::ip::tcp::socket socket);
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  /// Does what waited for the process's attention, or waits again.
  void attend();
  /// The server said something, or wants to close.
  void flush();
  /// Ends the connection in an orderly way; what the kernel has taken still arrives.
  void leave();
  /// Ends it by a reset: what is under way is lost.
  void reset();
  /// The same, and there is no session any more.
  void reset_without_session();

  sim::redis::SessionId session() const noexcept { return session_; }

 private:
  enum class Waiting : bool { no, yes };

  void enter();
  void read();
  void await_readable();
  void await_writable();
  void wait();
  void close_socket();

  Door& door_;
  boost::asio::ip::tcp::socket socket_;
  sim::redis::SessionId session_ = sim::redis::SessionId::none;
  Waiting in_line_ = Waiting::no;         // for the process's attention,
  Waiting to_read_ = Waiting::no;         // in order to read,
  Waiting to_write_ = Waiting::no;        // in order to write
  Waiting kernel_is_full_ = Waiting::no;  // until the kernel takes more
  std::size_t examined_ = 0;              // output in which no invalidation is left to be dropped
  std::array<char, 16 * 1024> buffer_{};  // as much as a real server reads at once
};

}  // namespace trackside::serving
