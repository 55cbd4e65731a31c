// See client_harness.hpp.
#include "properties/integration/client_harness.hpp"

#include <array>
#include <future>
#include <utility>

#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

namespace trackside::testing {

namespace net = boost::asio;

Threads::Threads(int count) : work_(io_.get_executor()) {
  for (int i = 0; i < count; ++i) {
    threads_.emplace_back([this] { io_.run(); });
  }
}

Threads::~Threads() {
  work_.reset();
  io_.stop();
  for (std::thread& thread : threads_) thread.join();
}

namespace {

template <class Start>
Answer wait_for(const char* what, Start start) {
  auto promise = std::make_shared<std::promise<Answer>>();
  std::future<Answer> future = promise->get_future();
  start([promise](error_code error, Reply reply) { promise->set_value({error, std::move(reply)}); });
  if (future.wait_for(std::chrono::seconds{10}) == std::future_status::ready) return future.get();
  ADD_FAILURE() << what << " hangs";
  return {make_error_code(boost::system::errc::timed_out), {}};
}

}  // namespace

Answer execute(Client& client, Command command) {
  const std::string name{command.empty() ? std::string_view{} : command[0]};
  return wait_for(name.c_str(), [&](auto handler) { client.async_execute(std::move(command), handler); });
}

Answer execute_all(Client& client, std::vector<Command> commands) {
  return wait_for("EXEC", [&](auto handler) { client.async_transaction(std::move(commands), handler); });
}

std::string ask(Client& client, Command command) {
  const Answer answer = execute(client, std::move(command));
  if (answer.error.category() == error_category()) return std::string{name_of(static_cast<Errc>(answer.error.value()))};
  if (answer.error) return answer.error.message();
  const auto text = answer.reply.as_string();
  return text && !answer.reply.is_error() ? std::string{*text} : to_text(answer.reply);
}

bool is_cached(Client& client, const Command& command) {
  Reply ignored;
  return client.cached(command, ignored);
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

ClientOptions quick_options(std::uint16_t port) {
  return {.endpoint = {.port = port},
          .command_timeout = std::chrono::milliseconds{1000},
          .connect_timeout = std::chrono::milliseconds{300},
          .backoff = {.first = std::chrono::milliseconds{5}, .cap = std::chrono::milliseconds{100}}};
}

std::shared_ptr<NodeTrackingCache> quick_cache(Duration max_idle) {
  return std::make_shared<NodeTrackingCache>(CacheOptions{.max_idle = max_idle});
}

// One accepted connection: reads, and says what the answer to it is.
class OddServer::Visit : public std::enable_shared_from_this<Visit> {
 public:
  Visit(OddServer& server, net::ip::tcp::socket socket) : server_(server), socket_(std::move(socket)) {}

  void hear(std::string_view heard) {
    const Words words = server_.answer_(heard);
    said_ = words.say;
    net::async_write(socket_, net::buffer(said_),
                     [self = shared_from_this(), hang_up = words.hang_up](error_code error, std::size_t) {
                       if (!error && !hang_up) self->listen();
                     });
  }

 private:
  void listen() {
    socket_.async_read_some(net::buffer(heard_), [self = shared_from_this()](error_code error, std::size_t count) {
      if (!error) self->hear({self->heard_.data(), count});
    });
  }

  OddServer& server_;
  net::ip::tcp::socket socket_;
  std::array<char, 4096> heard_{};
  std::string said_;
};

OddServer::OddServer(std::function<Words(std::string_view)> answer)
    : answer_(std::move(answer)),
      acceptor_(io_, {net::ip::address_v4::loopback(), 0}),
      port_(acceptor_.local_endpoint().port()) {
  accept();
  thread_ = std::thread{[this] { io_.run(); }};
}

OddServer::~OddServer() {
  io_.stop();
  thread_.join();
}

void OddServer::accept() {
  acceptor_.async_accept([this](error_code error, net::ip::tcp::socket socket) {
    if (error) return;
    std::make_shared<Visit>(*this, std::move(socket))->hear({});
    accept();
  });
}

}  // namespace trackside::testing
