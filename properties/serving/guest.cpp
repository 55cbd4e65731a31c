#include "properties/serving/guest.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>

#include "properties/serving/door.hpp"
#include "sim/network/push_filter.hpp"

namespace trackside::serving {

using boost::asio::ip::tcp;
using boost::system::error_code;
using sim::redis::SessionId;

Guest::Guest(Door& door, tcp::socket socket) : door_(door), socket_(std::move(socket)) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
}

void Guest::wait() {
  if (in_line_ == Waiting::no) {
    in_line_ = Waiting::yes;
    door_.queue(*this);
  }
}

void Guest::attend() {
  in_line_ = Waiting::no;
  if (!socket_.is_open()) {
    return;
  }
  if (session_ == SessionId::none) {
    enter();
  }
  if (to_write_ == Waiting::yes) {
    flush();
  }
  if (to_read_ == Waiting::yes) {
    read();
  }
}

void Guest::enter() {
  if (!door_.port().attends()) {
    return wait();
  }
  error_code unknown;
  const tcp::endpoint peer = socket_.remote_endpoint(unknown);
  session_ = door_.port().open_outside(fmt::format("{}:{}", peer.address().to_string(unknown), peer.port()));
  door_.admit(*this);
  flush();
  await_readable();
}

void Guest::await_readable() {
  if (socket_.is_open()) {
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
      if (!error && self->socket_.is_open()) {
        self->door_.catch_up();
        self->read();
      }
    });
  }
}

void Guest::read() {
  if (!socket_.is_open()) {
    return;
  }
  if (!door_.port().attends() || door_.conditions().holds_to_server > 0) {
    to_read_ = Waiting::yes;
    return wait();
  }
  to_read_ = Waiting::no;
  const auto keep = shared_from_this();
  error_code error;
  const std::size_t length = socket_.read_some(boost::asio::buffer(buffer_), error);
  if (error && error != boost::asio::error::would_block) {
    return leave();
  }
  if (length > 0) {
    door_.port().feed_outside(session_, std::string_view(buffer_.data(), length));
  }
  await_readable();
}

void Guest::flush() {
  if (!socket_.is_open() || session_ == SessionId::none) {
    return;
  }
  sim::redis::Server& server = door_.port().server();
  if (server.wants_abort(session_)) {
    return leave();
  }
  if (kernel_is_full_ == Waiting::yes) {
    return;
  }
  if (!door_.port().attends() || door_.conditions().holds_to_client > 0) {
    to_write_ = Waiting::yes;
    return wait();
  }
  to_write_ = Waiting::no;
  std::string& output = server.output(session_);
  if (door_.conditions().drops_pushes > 0) {
    sim::drop_invalidations(output, examined_);
  }
  std::size_t sent = 0;
  error_code error;
  while (!error && sent < output.size()) {
    sent += socket_.write_some(boost::asio::buffer(output) + sent, error);
  }
  output.erase(0, sent);
  examined_ = output.size();
  if (error == boost::asio::error::would_block) {
    await_writable();
  } else if (error || server.wants_close(session_)) {
    leave();
  }
}

void Guest::await_writable() {
  kernel_is_full_ = Waiting::yes;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code error) {
    self->kernel_is_full_ = Waiting::no;
    if (!error) {
      self->door_.catch_up();
      self->flush();
    }
  });
}

void Guest::leave() {
  if (!socket_.is_open()) {
    return;
  }
  close_socket();
  if (session_ != SessionId::none) {
    door_.port().close_outside(session_);
  }
  door_.dismiss(*this);
}

void Guest::reset() {
  error_code ignored;
  socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  leave();
}

void Guest::reset_without_session() {
  session_ = SessionId::none;
  reset();
}

void Guest::close_socket() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace trackside::serving
