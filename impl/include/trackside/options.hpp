// Options, all with defaults; aggregates, so that they read as a list of what differs:
//   ClientOptions{.endpoint = {.host = "10.0.0.5"}, .command_timeout = 200ms}
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "trackside/limits.hpp"
#include "trackside/runtime.hpp"

namespace trackside {

/// Names and defaults as documented by coredis; negative bounds mean unbounded.
struct CacheOptions {
  /// Keys kept at most. A key holds all its (command, arguments) replies.
  std::int64_t max_keys = 4096;
  /// Bytes kept at most, by the formula stated in `trackside/node_tracking_cache.hpp`.
  std::int64_t max_size_bytes = std::int64_t{64} * 1024 * 1024;
  /// The staleness bound: without word from the server for so long, nothing is served and the link is reset.
  Duration max_idle = std::chrono::seconds{5};
  /// 0..100: hits are checked against the server with probability 1 - confidence/100.
  double confidence = 100.0;
  /// Whether checks move the confidence: x 0.999 on a mismatch, x 1.0001 on a match, at most 100.
  bool dynamic_confidence = false;
};

/// Waiting between attempts to connect: doubles from `first` to `cap`; each wait is jittered over its upper half.
struct BackoffOptions {
  Duration first = std::chrono::milliseconds{50};
  Duration cap = std::chrono::seconds{2};
};

/// Durations are taken between 1 ms and a year.
struct ClientOptions {
  Endpoint endpoint{};
  std::string username{};  // empty: the default user
  std::string password{};  // empty: no AUTH
  std::string client_name{};  // empty: no SETNAME
  std::uint32_t database = 0;
  /// From the call to its completion, time spent waiting for a link included.
  Duration command_timeout = std::chrono::seconds{2};
  /// From starting to connect to the end of the handshake.
  Duration connect_timeout = std::chrono::seconds{2};
  BackoffOptions backoff{};
  ReplyLimits reply_limits{};
  /// Commands that wait for a reply, joined readers included.
  std::size_t max_in_flight = 65'536;
  /// Bytes of commands that wait for a link or for their replies.
  std::size_t max_pending_bytes = std::size_t{64} * 1024 * 1024;
};

}  // namespace trackside
