// The peer over sockets. See asio_seam_fixture.hpp.
#include "properties/impl/asio_seam_fixture.hpp"

#include <unistd.h>

#include <chrono>
#include <cstring>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

namespace trackside::testing {

namespace net = boost::asio;

namespace {

// Nothing that is under way on a loopback connection takes longer.
constexpr std::chrono::milliseconds quiet{2};

std::string socket_path(const char* name) {
  return "/tmp/trackside-seam-" + std::to_string(::getpid()) + "-" + name + ".sock";
}

}  // namespace

// Listens at one address, and holds another where it does not: connecting there is refused, and nobody else gets it.
class AsioSeamFixture::Listener {
 public:
  Listener(net::io_context& io, Transport transport)
      : is_unix_(transport == Transport::unix_domain), listening_(io), refusing_(io) {
    if (is_unix_) ::unlink(path_.c_str());
    const Protocol::endpoint address = is_unix_ ? Protocol::endpoint{net::local::stream_protocol::endpoint{path_}}
                                                : Protocol::endpoint{loopback()};
    listening_.open(address.protocol());
    listening_.bind(address);
    listening_.listen();
    if (is_unix_) return;
    refusing_.open(net::ip::tcp::v4());
    refusing_.bind(loopback());
  }
  ~Listener() {
    if (is_unix_) ::unlink(path_.c_str());
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Endpoint listening() { return is_unix_ ? Endpoint{.unix_path = path_} : at(listening_.local_endpoint()); }
  Endpoint refusing() {
    return is_unix_ ? Endpoint{.unix_path = socket_path("nobody")} : at(refusing_.local_endpoint());
  }

  template <class Function>
  void accept(Function function) {
    listening_.async_accept(function);
  }

 private:
  static net::ip::tcp::endpoint loopback() { return {net::ip::address_v4::loopback(), 0}; }

  static Endpoint at(const Protocol::endpoint& address) {
    net::ip::tcp::endpoint tcp;
    tcp.resize(address.size());
    std::memcpy(tcp.data(), address.data(), address.size());
    return {.host = "127.0.0.1", .port = tcp.port()};
  }

  bool is_unix_;
  std::string path_ = socket_path("peer");
  net::basic_socket_acceptor<Protocol> listening_;
  Protocol::socket refusing_;
};

AsioSeamFixture::AsioSeamFixture(Transport transport)
    : runtime_(io_.get_executor()), transport_(transport), listener_(new Listener(io_, transport)), peer_(io_) {
  listening_ = listener_->listening();
  refusing_ = listener_->refusing();
  listener_->accept([this](error_code error, Protocol::socket socket) {
    if (!error) accepted(std::move(socket));
  });
}

AsioSeamFixture::~AsioSeamFixture() = default;

void AsioSeamFixture::turn() {
  io_.restart();
  io_.poll_one();
}

void AsioSeamFixture::settle() {
  io_.restart();
  while (io_.run_one_for(quiet) > 0) {
  }
}

void AsioSeamFixture::run_for(Duration duration) {
  io_.restart();
  io_.run_for(duration);
}

int AsioSeamFixture::peer_native_handle() { return peer_.native_handle(); }

bool AsioSeamFixture::peer_send(Bytes bytes) {
  if (!peer_.is_open() || is_closing_) return false;
  outgoing_.append(bytes);
  if (!is_sending_) flush();
  return true;
}

bool AsioSeamFixture::peer_close() {
  if (!peer_.is_open() || is_closing_) return false;
  is_closing_ = true;
  if (!is_sending_) flush();
  return true;
}

bool AsioSeamFixture::peer_reset() {
  if (transport_ == Transport::unix_domain || !peer_.is_open() || is_closing_) return false;
  peer_.set_option(Protocol::socket::linger{true, 0});
  peer_.close();
  return true;
}

void AsioSeamFixture::accepted(Protocol::socket socket) {
  peer_ = std::move(socket);
  if (transport_ == Transport::tcp) peer_.set_option(net::ip::tcp::no_delay{true});
  read();
}

void AsioSeamFixture::read() {
  peer_.async_read_some(net::buffer(incoming_), [this](error_code error, std::size_t count) {
    received_.append(incoming_, 0, count);
    if (error == net::error::operation_aborted) return;
    if (!error) return read();
    saw_ = error == net::error::eof ? End::orderly : End::reset;
    peer_.close();
  });
}

void AsioSeamFixture::flush() {
  is_sending_ = !outgoing_.empty();
  if (!is_sending_) {
    error_code ignored;
    if (is_closing_) peer_.shutdown(Protocol::socket::shutdown_send, ignored);
    return;
  }
  sending_ = std::exchange(outgoing_, {});
  net::async_write(peer_, net::buffer(sending_), [this](error_code error, std::size_t) {
    is_sending_ = false;
    if (!error) flush();
  });
}

}  // namespace trackside::testing
