// What the tests of `Client` against real servers share: threads for the clients, a blocking call, and servers that
// are not what they should be.
// A call that is not answered in ten seconds is a test failure ("hangs"), never a test that hangs.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "trackside/client.hpp"
#include "trackside/node_tracking_cache.hpp"

namespace trackside::testing {

/// An io_context with its threads.
class Threads {
 public:
  explicit Threads(int count = 1);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  boost::asio::any_io_executor executor() { return io_.get_executor(); }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

struct Answer {
  error_code error;
  Reply reply;
};

/// Executes a command and waits for its answer.
Answer execute(Client& client, Command command);
Answer execute_all(Client& client, std::vector<Command> commands);
/// The answer as text: "OK", the reply's text, or the name of the error.
std::string ask(Client& client, Command command);
/// Whether the cache would answer this now.
bool is_cached(Client& client, const Command& command);

/// Waits until the condition holds, for at most so long. Returns whether it does.
bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = std::chrono::seconds{8});

/// Options that lose no time: tests end in seconds.
ClientOptions quick_options(std::uint16_t port);
std::shared_ptr<NodeTrackingCache> quick_cache(Duration max_idle = std::chrono::seconds{5});

/// A server on a loopback port that says what it is told to say.
class OddServer {
 public:
  struct Words {
    std::string say;
    bool hang_up = false;
  };
  /// `answer` gets what one read brought, an empty view when a connection was accepted.
  explicit OddServer(std::function<Words(std::string_view)> answer);
  ~OddServer();
  OddServer(const OddServer&) = delete;
  OddServer& operator=(const OddServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  class Visit;

  void accept();

  std::function<Words(std::string_view)> answer_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::thread thread_;
};

}  // namespace trackside::testing
