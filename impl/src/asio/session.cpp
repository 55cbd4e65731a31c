// The socket's side of a connection. See session.hpp for its states.
//
// Reading decides when a stream ended: after a failed write there may still be bytes to read (a server's last words
// before it closes), so the write's error is kept and the read loop, which then ends by itself, reports it. A reset is
// told once by the kernel, to whichever call comes first: if that is a send, reading sees no more than the end of the
// stream. So an end that is read while a send is under way waits for what the send has to say.
#include "asio/session.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace trackside::asio {

namespace {

/// A command that blocks without end has no probes beside it: the kernel asks whether its peer still lives, after 15 s
/// of silence, three times, 5 s apart. What the system does not know of this it leaves at its own defaults.
void keep_alive(int socket) {
  const auto set = [socket](int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
#endif
}


namespace net = boost::asio;

// How long an orderly close waits for a peer that does not take, or does not end, before it ends abruptly.
constexpr std::chrono::seconds orderly_patience{2};
// A send buffer that a burst made larger than this is given back.
constexpr std::size_t kept_capacity = 1024 * 1024;

class Handle final : public Connection {
 public:
  explicit Handle(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  ~Handle() override { session_->abandon(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  void write(Bytes bytes) override { session_->write(bytes); }
  void close(CloseMode mode) override { session_->close(mode); }

 private:
  std::shared_ptr<Session> session_;
};

}  // namespace

std::unique_ptr<Connection> connect(const Strand& strand, const Endpoint& endpoint, ConnectionEvents& events) {
  auto session = std::make_shared<Session>(strand, endpoint, events);
  session->begin();
  return std::make_unique<Handle>(std::move(session));
}

Session::Session(const Strand& strand, Endpoint endpoint, ConnectionEvents& events)
    : strand_(strand), socket_(strand), patience_(strand), endpoint_(std::move(endpoint)), events_(&events) {}

void Session::begin() {
  net::post(strand_, [self = shared_from_this()] {
    if (self->phase_ == Phase::connecting) self->find_addresses();
  });
}

void Session::find_addresses() {
  if (!endpoint_.unix_path.empty()) {
    if (endpoint_.unix_path.size() >= sizeof(sockaddr_un::sun_path)) {
      return end(make_error_code(boost::system::errc::filename_too_long));
    }
    addresses_.emplace_back(net::local::stream_protocol::endpoint{endpoint_.unix_path});
    return connect_next({});
  }
  error_code not_an_address;
  const auto address = net::ip::make_address(endpoint_.host, not_an_address);
  if (not_an_address) return resolve();
  addresses_.emplace_back(net::ip::tcp::endpoint{address, endpoint_.port});
  connect_next({});
}

void Session::resolve() {
  resolver_.emplace(strand_);
  resolver_->async_resolve(
      endpoint_.host, std::to_string(endpoint_.port), Resolver::numeric_service,
      [self = shared_from_this()](error_code error, const Resolver::results_type& found) {
        if (self->phase_ != Phase::connecting) return;
        if (error) return self->end(error);
        for (const auto& entry : found) self->addresses_.emplace_back(entry.endpoint());
        self->connect_next(net::error::host_not_found);
      });
}

void Session::connect_next(error_code last) {
  if (next_address_ == addresses_.size()) return end(last);
  error_code ignored;
  socket_.close(ignored);
  socket_.async_connect(addresses_[next_address_++],
                        [self = shared_from_this()](error_code error) { self->connected(error); });
}

void Session::connected(error_code error) {
  if (phase_ != Phase::connecting) return;
  if (!error) error = prepare();
  if (error) return connect_next(error);
  phase_ = Phase::open;
  events_->on_open();
  if (phase_ != Phase::closed) read();
}

// Two things that the kernel calls connected are not. A Unix socket whose peer's backlog is full has no remote end.
// A TCP socket that connects to a port of this machine where nobody listens may be given that very port as its own and
// reach itself: it would read its own commands, and keep a restarting server from its port.
error_code Session::prepare() {
  error_code error;
  const auto remote = socket_.remote_endpoint(error);
  if (error || !endpoint_.unix_path.empty()) return error;
  if (remote == socket_.local_endpoint(error)) return net::error::connection_refused;
  socket_.set_option(net::ip::tcp::no_delay{true}, error);
  keep_alive(socket_.native_handle());
  return error;
}

void Session::read() {
  socket_.async_read_some(net::buffer(incoming_), [self = shared_from_this()](error_code error, std::size_t count) {
    self->bytes_came(error, count);
  });
}

void Session::bytes_came(error_code error, std::size_t count) {
  if (phase_ == Phase::open && count > 0) events_->on_bytes(Bytes{incoming_.data(), count});
  if (phase_ == Phase::closed) return;
  if (!error) return read();
  if (error != net::error::eof) return end(error);
  peer_has_ended_ = true;
  if (phase_ == Phase::draining) return;  // it may still read what we have to say
  if (!flush_is_under_way_) return end(write_error_);
  socket_.cancel(error);  // `flushed` ends it, with what the send may have learnt
}

void Session::write(Bytes bytes) {
  if (phase_ != Phase::open || write_error_) return;
  collecting_.append(bytes);
  if (std::exchange(flush_is_under_way_, true)) return;
  net::post(strand_, [self = shared_from_this()] { self->flush(); });
}

void Session::flush() {
  if (phase_ != Phase::open && phase_ != Phase::draining) return;
  if (peer_has_ended_ && phase_ == Phase::open) return end(write_error_);
  std::swap(sending_, collecting_);
  net::async_write(socket_, net::buffer(sending_),
                   [self = shared_from_this()](error_code error, std::size_t) { self->flushed(error); });
}

void Session::flushed(error_code error) {
  if (phase_ == Phase::closed) return;
  sending_.clear();
  if (sending_.capacity() > kept_capacity) sending_.shrink_to_fit();
  if (error) {
    write_error_ = error == net::error::operation_aborted ? error_code{} : error;
    collecting_.clear();
  }
  if (peer_has_ended_ && phase_ == Phase::open) return end(write_error_);
  if (!collecting_.empty()) return flush();
  flush_is_under_way_ = false;
  if (phase_ == Phase::draining) stop_writing();
}

void Session::close(CloseMode mode) {
  if (phase_ == Phase::closed || phase_ == Phase::lingering) return;
  if (mode == CloseMode::abortive || phase_ == Phase::connecting) {
    close_socket(CloseMode::abortive);
    net::post(strand_, [self = shared_from_this()] { self->finish({}); });
    return;
  }
  if (phase_ == Phase::draining) return;
  phase_ = Phase::draining;
  patience_.expires_after(orderly_patience);
  patience_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && self->phase_ != Phase::closed) self->end({});
  });
  if (!flush_is_under_way_) stop_writing();
}

// Everything written is the kernel's. The socket is kept, and read, until the peer has ended too: closing it with
// unread bytes would make the kernel send a reset, which may overtake and destroy what was written.
void Session::stop_writing() {
  phase_ = Phase::lingering;
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  if (peer_has_ended_) close_socket(CloseMode::orderly);
  net::post(strand_, [self = shared_from_this()] { self->finish({}); });
}

void Session::abandon() {
  const bool is_over = events_ == nullptr;
  events_ = nullptr;
  if (!is_over && phase_ != Phase::closed) close_socket(CloseMode::abortive);
}

// From handlers only: it delivers.
void Session::end(error_code reason) {
  const bool was_closing = phase_ == Phase::draining || phase_ == Phase::lingering;
  close_socket(reason || phase_ == Phase::draining ? CloseMode::abortive : CloseMode::orderly);
  finish(was_closing ? error_code{} : reason);
}

void Session::close_socket(CloseMode mode) {
  phase_ = Phase::closed;
  collecting_ = {};
  error_code ignored;
  if (mode == CloseMode::abortive) socket_.set_option(Socket::linger{true, 0}, ignored);
  socket_.close(ignored);
  patience_.cancel();
  if (resolver_) resolver_->cancel();
}

void Session::finish(error_code reason) {
  if (ConnectionEvents* events = std::exchange(events_, nullptr)) events->on_close(reason);
}

}  // namespace trackside::asio
