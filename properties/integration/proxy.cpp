// See proxy.hpp. A tunnel lives as long as one of its two directions waits for something.
#include "properties/integration/proxy.hpp"

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

namespace trackside::testing {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

class Proxy::Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  Tunnel(Proxy& proxy, tcp::socket client)
      : proxy_(proxy), near_{std::move(client), {}}, far_{tcp::socket{proxy.io_}, {}} {}

  void start() {
    far_.socket.async_connect(proxy_.server_, [self = shared_from_this()](error_code error) {
      if (error) {
        return;
      }
      self->far_.socket.set_option(tcp::no_delay{true});
      self->near_.socket.set_option(tcp::no_delay{true});
      self->carry(self->near_, self->far_);
      self->carry(self->far_, self->near_);
    });
  }

  bool is_of(const std::string& name) const { return !name.empty() && greeting_.find(name) != greeting_.npos; }

  void end() {
    error_code ignored;
    near_.socket.close(ignored);
    far_.socket.close(ignored);
  }

 private:
  struct End {
    tcp::socket socket;
    std::array<char, 16384> bytes;
  };

  void carry(End& from, End& to) {
    from.socket.async_read_some(net::buffer(from.bytes),
                                [this, self = shared_from_this(), &from, &to](error_code error, std::size_t count) {
                                  if (!error && &from == &near_ && greeting_.size() < 200) {
                                    greeting_.append(from.bytes.data(), count);
                                  }
                                  if (error || is_of(proxy_.refused_)) {
                                    end();
                                    return;
                                  }
                                  net::async_write(to.socket, net::buffer(from.bytes, count),
                                                   [this, self, &from, &to](error_code write_error, std::size_t) {
                                                     if (write_error) {
                                                       end();
                                                     } else {
                                                       carry(from, to);
                                                     }
                                                   });
                                });
  }

  Proxy& proxy_;
  End near_;
  End far_;
  std::string greeting_;
};

Proxy::Proxy(std::uint16_t server_port)
    : server_(net::ip::address_v4::loopback(), server_port),
      acceptor_(io_, {net::ip::address_v4::loopback(), 0}),
      port_(acceptor_.local_endpoint().port()) {
  accept();
  thread_ = std::thread{[this] { io_.run(); }};
}

Proxy::~Proxy() {
  io_.stop();
  thread_.join();
}

void Proxy::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (error) {
      return;
    }
    const auto tunnel = std::make_shared<Tunnel>(*this, std::move(socket));
    tunnels_.remove_if([](const std::weak_ptr<Tunnel>& gone) { return gone.expired(); });
    tunnels_.push_back(tunnel);
    tunnel->start();
    accept();
  });
}

void Proxy::refuse(const std::string& client_name) {
  const auto refuse_now = [&] {
    refused_ = client_name;
    for (const std::weak_ptr<Tunnel>& known : tunnels_) {
      const std::shared_ptr<Tunnel> tunnel = known.lock();
      if (tunnel != nullptr && tunnel->is_of(client_name)) {
        tunnel->end();
      }
    }
  };
  net::post(io_, net::use_future(refuse_now)).get();
}

void Proxy::admit_all() {
  net::post(io_, net::use_future([this] { refused_.clear(); })).get();
}

}  // namespace trackside::testing
