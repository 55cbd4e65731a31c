// The question that proves a link good, asked again and again: PING with a nonce, HELLO, TIME, LATENCY HISTOGRAM
// swapdb.
//
// TCP delivers in order, so with the last answer every invalidation has arrived that the server sent before it. That
// alone would prove liveness only; the parts prove more:
//   PING nonce      the reply stream is not off by one (a wrong echo ends the link)
//   HELLO           still this session (id, protocol) on a primary (role): RESET, AUTH or REPLICAOF behind our back
//   TIME            the server's clock, which judges entries whose key has a time to live
//   CLUSTER INFO    of a cluster only: it is not cut off from the others (state), and its config epoch
//   CLIENT LIST ID  only where foreign connections redirect here: whether they are there and still do
//   ROLE            only of a node whose replica's word counts: it is in step with its primary
//   LATENCY ...     how often SWAPDB ran, since SWAPDB changes everything and pushes nothing; where the server does not
//                   tell (before 7.0, latency-tracking off, no permission), SWAPDB is outside the promises
// A RESP2 subscriber may say nothing but PING; what else must be proved is proved on the data connections.
// An error as an answer proves nothing and renews nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/container/static_vector.hpp>

#include "link/handshake.hpp"
#include "trackside/abstract_cache.hpp"

namespace trackside::link {

class Probe {
 public:
  enum class Outcome : std::uint8_t {
    going_on,
    listed,            // the reply tells of the foreign connections
    answered,          // everything is proved
    answered_swapped,  // the same, but databases were swapped since the last answer
    unproved,          // an error was among the answers: nothing is renewed
    changed,           // the session is not what it was: the link must end with error()
  };

  enum class Questions : std::uint8_t { all, ping_only, of_cluster };

  /// For a new session.
  void reset(const Identity& expected, Protocol protocol, Questions questions);
  /// Appends the questions. `foreign`: client ids to ask for too.
  void begin(Time now, const std::vector<std::int64_t>& foreign, std::string& out);
  /// What a node of a cluster is to be. A replica proves something while it is in step with a primary.
  enum class Duty : std::uint8_t { primary, replica };
  void expect(Duty duty) { duty_ = duty; }
  /// How many replies the probe that was begun last has.
  std::uint32_t replies() const { return static_cast<std::uint32_t>(questions_.size()); }
  Outcome on_reply(ReplyView reply);

  bool in_flight() const { return next_ < questions_.size(); }
  /// When the probe answered last was sent, and the server's clock when it answered, if it was asked.
  Time sent_at() const { return sent_at_; }
  std::optional<ServerTime> server_time() const { return server_time_; }
  /// Of a node of a cluster, by the latest answer; nothing if it does not tell.
  std::optional<std::uint64_t> config_epoch() const { return config_epoch_; }
  error_code error() const { return error_; }

  /// Appends the question how often SWAPDB ran; also asked on its own, behind an own write that may have run it.
  static void ask_swaps(std::string& out);
  /// Whether databases were swapped since the last answer to that question.
  bool swapped(ReplyView histogram);
  /// Whether the question was answered before, and is not by this: then databases may have been swapped.
  bool withholds_swaps(ReplyView reply) const;
  /// Whether the server answers it at all.
  bool sees_swaps() const { return swaps_known_; }

  /// The text that PING has to echo for `nonce`, and whether this reply does; in a RESP2 subscription: ["pong", text].
  static std::string echo_of(std::uint64_t nonce);
  static bool echoes(ReplyView reply, std::uint64_t nonce);

 private:
  enum class Question : std::uint8_t { ping, hello, time, clients, cluster, role, swaps };

  Outcome check_ping(ReplyView reply);
  Outcome check_hello(ReplyView reply);
  void read_time(ReplyView reply);
  void check_cluster(ReplyView reply);
  void check_role(ReplyView reply);
  Outcome conclude();
  Outcome change(Errc code);

  Identity expected_{};
  Protocol protocol_ = Protocol::resp3;
  Questions asks_ = Questions::all;
  Duty duty_ = Duty::primary;
  Duty asked_duty_ = Duty::primary;  // of the probe that was begun last
  std::uint64_t nonce_ = 0;
  boost::container::static_vector<Question, 7> questions_;
  std::size_t next_ = 0;
  bool proved_ = true;
  bool swaps_known_ = false;
  bool proved_uncounted_ = false;  // a probe proved something before the count of swaps was known
  std::int64_t swaps_ = 0;
  Time sent_at_{};
  std::optional<ServerTime> server_time_{};
  std::optional<std::uint64_t> config_epoch_{};
  error_code error_{};
};

/// Of ROLE's answer: the primary that a replica follows and is in step with, "10.0.0.5:6379"; else nothing.
std::string followed_primary(ReplyView role);

}  // namespace trackside::link
