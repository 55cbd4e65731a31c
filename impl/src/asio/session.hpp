// One stream socket from the first attempt to connect to its end: TCP, or a Unix domain socket.
//
//   connecting --connected--> open --close(orderly)--> draining --all written--> lingering --peer's end--> closed
//   any state --error, end of stream, close(abortive), owner let go--> closed
//
// The `Connection` that the owner holds is a thin handle; the session is shared with the handlers under way, so that
// the owner may destroy the handle at any moment, from inside an event too. Invariant: `events_` is null from the
// moment on_close is delivered or the owner lets go, and nothing is ever called through it afterwards.
//
// Writes of one turn leave together: `write` only collects, and a posted flush sends. What comes while a send is under
// way collects in a second buffer. Neighbours: `asio_runtime.cpp` makes these; runtime.hpp states the contract.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include "trackside/runtime.hpp"

namespace trackside::asio {

using Strand = boost::asio::strand<boost::asio::any_io_executor>;

/// Starts connecting; everything that happens, happens in later turns of the strand.
std::unique_ptr<Connection> connect(const Strand& strand, const Endpoint& endpoint, ConnectionEvents& events);

class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(const Strand& strand, Endpoint endpoint, ConnectionEvents& events);

  void begin();
  void write(Bytes bytes);
  void close(CloseMode mode);
  /// The owner let go: ends abruptly what is not ended, and delivers nothing any more.
  void abandon();

 private:
  enum class Phase : std::uint8_t { connecting, open, draining, lingering, closed };

  using Protocol = boost::asio::generic::stream_protocol;
  using Socket = boost::asio::basic_stream_socket<Protocol, Strand>;
  using Resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, Strand>;
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, Strand>;

  void find_addresses();
  void resolve();
  void connect_next(error_code last);
  void connected(error_code error);
  error_code prepare();
  void read();
  void bytes_came(error_code error, std::size_t count);
  void flush();
  void flushed(error_code error);
  void stop_writing();
  void end(error_code reason);
  void close_socket(CloseMode mode);
  void finish(error_code reason);

  Strand strand_;
  Socket socket_;
  Timer patience_;  // of the orderly close
  std::optional<Resolver> resolver_;
  Endpoint endpoint_;
  ConnectionEvents* events_;

  std::vector<Protocol::endpoint> addresses_;
  std::size_t next_address_ = 0;

  Phase phase_ = Phase::connecting;
  bool flush_is_under_way_ = false;  // posted, or sending
  bool peer_has_ended_ = false;
  error_code write_error_{};
  std::string collecting_;
  std::string sending_;
  std::array<char, 32 * 1024> incoming_;
};

}  // namespace trackside::asio
