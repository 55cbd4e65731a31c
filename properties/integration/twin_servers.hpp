// The same bytes to a real redis-server and to the simulated one, and what each connection of either receives.
//
// After every step the real server is brought to rest: two PINGs one after the other on a connection of its own are
// answered by a later turn of its event loop, when everything the step caused has been written to the sockets.
// Client ids differ by nature; arguments name them as "@0", "@1" and replies are normalised (normalise.hpp).
// Neighbours: differential_test.cpp says what to send.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "properties/integration/redis_process.hpp"
#include "sim/redis/server.hpp"

namespace trackside::testing {

using Words = std::vector<std::string>;

/// One write on one connection: a command or several in one piece.
struct Step {
  std::size_t connection = 0;
  std::vector<Words> commands;
};

/// A blocking socket to a real server, read without waiting.
class RealConnection {
 public:
  explicit RealConnection(std::uint16_t port);
  ~RealConnection();
  RealConnection(RealConnection&& other) noexcept;
  RealConnection& operator=(RealConnection&&) = delete;

  void send(std::string_view bytes);
  /// What has arrived by now; "<closed>" marks the end of the stream.
  std::string take();
  /// Waits for a whole reply line.
  std::string await_line();

 private:
  int descriptor_;
};

class TwinServers {
 public:
  /// Requires: `real` runs. Opens the connections on both sides, with empty databases.
  TwinServers(const RedisProcess& real, std::size_t connections, sim::redis::ServerConfig config = {});

  struct Outcome {
    std::vector<std::string> real;       // per connection
    std::vector<std::string> simulated;  // per connection
    bool agrees() const { return real == simulated; }
  };
  Outcome run(const Step& step);
  /// Bytes as they are, well formed or not.
  Outcome run_bytes(std::size_t connection, std::string_view bytes);

  /// For what a command line does not say of it.
  sim::redis::Server& simulated() { return simulated_server_; }
  /// Called after each input of the simulated server, for what others do at once because of it.
  void set_after_input(std::function<void()> action) { after_input_ = std::move(action); }
  /// The clock of both.
  static sim::Instant now();

 private:
  Outcome send_both(std::size_t connection, std::string_view to_real, std::string_view to_simulated);
  void settle_real();
  void use_up_small_ids();
  std::int64_t real_id(RealConnection& connection);
  std::string render(const Words& words, const std::vector<std::int64_t>& ids) const;

  RealConnection control_;
  std::vector<RealConnection> real_;
  std::vector<std::int64_t> real_ids_;
  sim::redis::Server simulated_server_;
  std::vector<sim::redis::SessionId> simulated_;
  std::vector<std::int64_t> simulated_ids_;
  std::function<void()> after_input_;
};

/// For failure messages: control characters made visible.
std::string printable(std::string_view bytes);
std::string to_text(const Step& step);

}  // namespace trackside::testing
