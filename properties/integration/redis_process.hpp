// A real redis-server of one's own for integration tests: a free loopback port, no persistence, a temporary directory.
//
// The process dies with the fixture, and with the test process should that be killed. Only its own id is signalled.
// A missing redis-server is an exception with a message that says what to install, so the test fails and says why.
// Neighbours: differential_test.cpp; the tests of the socket runtime and of faults on a live server.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace trackside::testing {

class RedisProcess {
 public:
  RedisProcess() = default;
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
  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }

 private:
  void prepare();
  void run(std::vector<std::string> words);
  void await_answer();

  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  std::string directory_;
};

/// A blocking connection to 127.0.0.1:`port`, as a file descriptor the caller closes; -1 if refused.
int connect_loopback(std::uint16_t port);

/// A loopback port that nobody listens on at this moment. Throws std::runtime_error if there is none.
std::uint16_t free_loopback_port();

}  // namespace trackside::testing
