// A real redis-server of one's own for integration tests: a free loopback port, no persistence, a temporary directory.
//
// The process dies with the fixture, and with the test process should that be killed. Only its own id is signalled.
// A missing redis-server is an exception with a message that says what to install, so the test fails and says why.
// Neighbours: private_network.hpp, real_cluster.hpp; differential_test.cpp; the tests of the socket runtime and of
// faults on a live server.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace trackside::testing {

/// Where a server lives: on loopback, or in a network namespace of its own.
struct ServerPlace {
  std::string host = "127.0.0.1";
  /// Given, the server starts in a new network namespace; called with its process, connects that to ours, so that the
  /// server can be reached at `host`.
  std::function<void(pid_t)> attach{};
};

class RedisProcess {
 public:
  RedisProcess() = default;
  explicit RedisProcess(ServerPlace place) : place_(std::move(place)) {}
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  /// Starts the server and returns when it answers PING. `extra` are further command-line arguments
  /// ("--requirepass", "secret"). Starting again after stop() keeps the port. Throws std::runtime_error on failure.
  void start(const std::vector<std::string>& extra = {});
  /// As `start`, as a sentinel: `config` are the lines of its configuration file.
  void start_sentinel(const std::string& config);
  /// Ends the server (SIGKILL: nothing is to be saved) and waits until it is gone. Harmless when not running.
  void stop();
  /// Sends a signal (SIGSTOP, SIGCONT, ...) to the server. Requires running().
  void signal(int number);

  bool running() const noexcept { return pid_ > 0; }
  const std::string& host() const noexcept { return place_.host; }
  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }

 private:
  void attach();
  void prepare();
  void run(std::vector<std::string> words);
  void await_answer();

  ServerPlace place_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  std::string directory_;
};

/// A blocking connection to an IPv4 address, as a file descriptor the caller closes; -1 if refused.
int connect_to(const std::string& host, std::uint16_t port);
/// The same to 127.0.0.1.
int connect_loopback(std::uint16_t port);

/// A loopback port that nobody listens on at this moment, that no outgoing connection is given, and that this process
/// has not been told before. From one thread at a time. Throws std::runtime_error if there is none.
std::uint16_t free_loopback_port();

}  // namespace trackside::testing
