// A TCP proxy before a server of one's own, which can be told to refuse a client: its connections end at once, and so
// does every attempt of it to come back. Clients are told apart by the name that they introduce themselves with.
// Both clients use one port, since caches share entries only about one address.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace trackside::testing {

class Proxy {
 public:
  explicit Proxy(std::uint16_t server_port);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::uint16_t port() const { return port_; }
  /// Ends every connection whose first words hold this name, now and from now on. Returns when they have ended.
  void refuse(const std::string& client_name);
  /// Refuses nobody any more.
  void admit_all();

 private:
  class Tunnel;

  void accept();

  boost::asio::io_context io_;
  boost::asio::ip::tcp::endpoint server_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::list<std::weak_ptr<Tunnel>> tunnels_;  // this and what follows: in the thread only
  std::string refused_;
  std::thread thread_;
};

}  // namespace trackside::testing
