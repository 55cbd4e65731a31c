// The conversation that turns a connection into a session: HELLO 3 with AUTH and SETNAME, SELECT, CLIENT TRACKING ON.
//
// All of it is sent at once; answers come in order and the first refusal decides. Tracking is switched on in-band and
// in default mode: pushes then come on this very stream, in order with its replies. NOLOOP is never sent, since it
// forgets keys without a word (impl/FAILURES.md).
//
//   begin --> hello --> [select] --> [tracking] --> done          any --(refusal)--> failed
#pragma once

#include <cstdint>
#include <string>

#include "trackside/error.hpp"
#include "trackside/options.hpp"
#include "trackside/reply.hpp"

namespace trackside::link {

/// What HELLO tells, and later probes compare.
struct Identity {
  std::int64_t client_id = 0;
  std::int64_t protocol = 0;
  bool primary = true;
  bool cluster = false;
  int version = 0;  // major * 100 + minor: 700 for 7.0.15, 704 for 7.4.1
};

/// Reads HELLO's answer; not_redis when it lacks what every Redis tells.
Result<Identity> read_identity(ReplyView hello);

enum class Tracking : std::uint8_t { off, on };

class Handshake {
 public:
  enum class State : std::uint8_t { going_on, done, failed };

  /// Appends the whole conversation's commands and starts to await `awaited()` replies.
  void begin(const ClientOptions& options, Tracking tracking, std::string& out);
  std::uint32_t awaited() const { return awaited_; }

  State on_reply(ReplyView reply);
  error_code error() const { return error_; }
  const Identity& identity() const { return identity_; }

 private:
  enum class Step : std::uint8_t { hello, select, tracking };
  State fail(Errc code);

  Step step_ = Step::hello;
  std::uint32_t awaited_ = 0;
  bool selects_ = false;
  bool tracks_ = false;
  Identity identity_{};
  error_code error_{};
};

}  // namespace trackside::link
