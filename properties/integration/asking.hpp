// A blocking connection to a real server that asks one thing at a time, and keeps what the server says unasked.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "resp/frame_buffer.hpp"
#include "trackside/command.hpp"
#include "trackside/reply.hpp"

namespace trackside::testing {

class Asking {
 public:
  explicit Asking(std::uint16_t port);
  Asking(const std::string& host, std::uint16_t port);
  ~Asking();
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  /// The reply; a test failure and a null if the server closes the connection instead.
  Reply ask(const Command& command);

  /// The keys of the invalidations since the last call. Asks PING: what was sent before its answer is among them.
  std::set<std::string> take_invalidated();

 private:
  void keep(ReplyView push);

  int socket_;
  resp::FrameBuffer frames_{ReplyLimits{}};
  std::set<std::string> invalidated_;
};

}  // namespace trackside::testing
