// The question that proves a link good, asked again and again: PING with a nonce, HELLO, TIME, LATENCY HISTOGRAM
// swapdb.
//
// TCP delivers in order, so with the last answer every invalidation has arrived that the server sent before it. That
// alone would prove liveness only; the parts prove more:
//   PING nonce   the reply stream is not off by one (a wrong echo ends the link)
//   HELLO 3      still this session (id, protocol) on a primary (role): RESET, AUTH or REPLICAOF behind our back
//   TIME         the server's clock, which judges entries whose key has a time to live
//   LATENCY ...  how often SWAPDB ran, since SWAPDB changes everything and pushes nothing; where the server does not
//                tell (before 7.0, latency-tracking off, no permission), SWAPDB is outside the promises
// An error as an answer proves nothing and renews nothing.
#pragma once

#include <cstdint>
#include <string>

#include "link/handshake.hpp"
#include "trackside/abstract_cache.hpp"

namespace trackside::link {

class Probe {
 public:
  static constexpr std::uint32_t replies = 4;

  enum class Outcome : std::uint8_t {
    going_on,
    answered,           // everything is proved
    answered_swapped,   // the same, but databases were swapped since the last answer
    unproved,           // an error was among the answers: nothing is renewed
    changed,            // the session is not what it was: the link must end with error()
  };

  /// For a new session.
  void reset(const Identity& expected);
  void begin(Time now, std::string& out);
  Outcome on_reply(ReplyView reply);

  bool in_flight() const { return awaited_ != 0; }
  /// When the probe answered last was sent, and the server's clock when it answered.
  Time sent_at() const { return sent_at_; }
  ServerTime server_time() const { return server_time_; }
  error_code error() const { return error_; }

  /// Appends the question how often SWAPDB ran; also asked on its own, behind an own write that may have run it.
  static void ask_swaps(std::string& out);
  /// Whether databases were swapped since the last answer to that question.
  bool swapped(ReplyView histogram);
  /// Whether the server answers it at all.
  bool sees_swaps() const { return swaps_known_; }

  /// The text that PING has to echo for `nonce`.
  static std::string echo_of(std::uint64_t nonce);

 private:
  Outcome check_ping(ReplyView reply);
  Outcome check_hello(ReplyView reply);
  void read_time(ReplyView reply);
  Outcome conclude(ReplyView histogram);
  Outcome change(Errc code);

  Identity expected_{};
  std::uint64_t nonce_ = 0;
  std::uint32_t awaited_ = 0;
  bool proved_ = true;
  bool swaps_known_ = false;
  std::int64_t swaps_ = 0;
  Time sent_at_{};
  ServerTime server_time_ = 0;
  error_code error_{};
};

}  // namespace trackside::link
