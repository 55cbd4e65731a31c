// One session with one node, without a socket: bytes in, events out, bytes to send in `outgoing`.
//
// Matches replies to what was sent, tells pushes from replies, probes, and notices when the node stays silent. It does
// not know the cache: the client takes its events in order and decides. Everything is in stream order, which is what
// the cache's promises rest on: an `invalidate` event comes before every reply that the server sent after the push.
//
//   idle --begin--> connecting --opened--> handshaking --(first probe answered)--> up
//   any --(refusal, garbage, limit, silence)--> failed event, then the owner closes and may begin again
#pragma once

#include <cstdint>
#include <string>

#include <boost/circular_buffer.hpp>

#include "link/handshake.hpp"
#include "link/probe.hpp"
#include "resp/frame_buffer.hpp"

namespace trackside::link {

struct LinkEvent {
  enum class Kind : std::uint8_t {
    up,          // the session may be used; identity() is known
    vouched,     // a probe sent at `anchor` was answered at `server_time`
    invalidate,  // `frame` is an array of keys
    flush,       // everything may have changed
    reply,       // `frame` answers what was sent with `tag`; `last` of its replies or not
    barrier,     // the barrier with `tag` was answered
    failed,      // the link is of no use any more
  };
  Kind kind = Kind::failed;
  bool last = true;
  std::uint64_t tag = 0;
  ReplyView frame{};
  Time anchor{};
  ServerTime server_time = 0;
  error_code error{};
};

/// What kind of session: the one that vouches for a cache, or a plain one.
struct LinkTraits {
  Tracking tracking = Tracking::on;
  enum class Probing : std::uint8_t { off, on } probing = Probing::on;
  Duration max_idle = std::chrono::seconds{5};
};

class Link {
 public:
  Link(const ClientOptions& options, LinkTraits traits);

  /// A connection attempt starts; it has connect_timeout to get up.
  void begin(Time now);
  /// The connection is open: writes the handshake.
  void opened(Time now);
  void received(Time now, Bytes bytes);
  /// The next event, or false. Views in it are valid until `received` or `begin`.
  bool next(LinkEvent& event);
  /// Time passed: sends a probe when one is due; fails the link when it was silent for too long.
  void tick(Time now);
  /// When `tick` has something to do next.
  Time deadline() const;

  /// The connection is gone: nothing comes or goes until `begin`.
  void end() { state_ = State::idle; }

  /// Whether the server tells of SWAPDB; if not, whoever may have run one has to flush.
  bool sees_swaps() const { return probe_.sees_swaps(); }

  bool is_up() const { return state_ == State::up; }
  const Identity& identity() const { return handshake_.identity(); }

  /// Announces that `replies` replies for `tag` are to come; the caller has appended the commands to `outgoing`.
  void expect(std::uint64_t tag, std::uint32_t replies);
  /// Sends a PING whose answer is reported as a barrier: every push sent before it has then been delivered, and if
  /// SWAPDB ran, a `flush` came before.
  /// An error as its answer is passed over; the next `vouched` event serves as well.
  void send_barrier(std::uint64_t tag);

  /// Bytes to write; the owner takes them after every call.
  std::string& outgoing() { return outgoing_; }

 private:
  enum class State : std::uint8_t { idle, connecting, handshaking, up, failed };
  enum class Use : std::uint8_t { handshake, probe, barrier, command };
  struct Awaited {
    std::uint64_t tag;
    std::uint32_t replies;
    Use use;
  };

  void await(Use use, std::uint64_t tag, std::uint32_t replies);
  void send_probe(Time now);
  bool fail(LinkEvent& event, error_code error);
  bool on_push(ReplyView push, LinkEvent& event);
  bool on_reply(ReplyView reply, LinkEvent& event);
  bool on_handshake(ReplyView reply, LinkEvent& event);
  bool on_probe(ReplyView reply, LinkEvent& event);
  bool on_barrier(ReplyView reply, const Awaited& barrier, LinkEvent& event);
  Time breach() const;
  void announce_vouched(LinkEvent& event);

  const ClientOptions& options_;
  const LinkTraits traits_;
  State state_ = State::idle;
  resp::FrameBuffer frames_;
  std::string outgoing_;
  boost::circular_buffer<Awaited> awaited_;
  Handshake handshake_;
  Probe probe_;
  Time now_{};           // of the latest call that told it
  Time connect_deadline_ = never;
  Time next_probe_ = never;
  Time anchor_{};        // of the last answered probe
  Time last_bytes_{};
  error_code silence_{}; // set by tick when the link failed by the clock
  bool vouch_pending_ = false;  // a second event of one frame waits
};

}  // namespace trackside::link
