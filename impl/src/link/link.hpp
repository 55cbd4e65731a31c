// One session with one node, without a socket: bytes in, events out, bytes to send in `outgoing`.
//
// Matches replies to what was sent, tells pushes from replies, probes, and notices when the node stays silent. It does
// not know the cache: the client takes its events in order and decides. Everything is in stream order, which is what
// the cache's promises rest on: an `invalidate` event comes before every reply that the server sent after the push.
//
//   idle --begin--> connecting --opened--> handshaking --(first probe answered)--> up
//   any --(refusal, garbage, limit, silence)--> failed event, then the owner closes and may begin again
//
// Broadcasts leave the server at the end of a turn of its loop, and may trail the answer of a probe in that turn. So a
// link that receives them vouches with the send time of an answered probe only once another one, sent after that
// answer was received, is answered too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/circular_buffer.hpp>
#include <boost/container/static_vector.hpp>

#include "link/handshake.hpp"
#include "link/probe.hpp"
#include "link/slot_questions.hpp"
#include "resp/frame_buffer.hpp"

namespace trackside::link {

struct LinkEvent {
  enum class Kind : std::uint8_t {
    up,             // the session may be used; identity() is known
    vouched,        // everything up to `anchor` is known; the server's clock showed `server_time` then
    listed,         // `frame` is CLIENT LIST's text about `foreign()`, asked at `anchor`
    registered,     // asked at `anchor`: this connection redirects its invalidations to the client `tag`
    redirect_lost,  // the client `tag`, to which this connection redirects, is not there (any more)
    invalidate,     // `frame` is an array of keys
    flush,          // everything may have changed
    reply,          // `frame` answers what was sent with `tag`; `last` of its replies or not
    barrier,        // the barrier with `tag` was answered
    guarded,        // from an instant before whatever comes now, the node tells when it loses the slot `tag`
    slots_proved,   // it does not tell, but answered for `slot_proofs()` to a question sent at `anchor`
    slots_changed,  // it may have lost slots and got them back since it was asked for them last
    unguarded,      // the node does not have the slot `tag` (any more), or `error`: may not even be asked for it
    failed,         // the link is of no use any more
  };
  Kind kind = Kind::failed;
  bool last = true;
  std::uint64_t tag = 0;
  ReplyView frame{};
  Time anchor{};
  std::optional<ServerTime> server_time{};
  error_code error{};
};

/// What kind of session.
struct LinkTraits {
  Role role = Role::tracking;
  TrackingOptions tracking{};
  bool in_cluster = false;
  bool strict = false;  // refuses the node of a cluster in any role, unless it has to be one
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
  Role role() const { return traits_.role; }

  /// Announces that `replies` replies for `tag` are to come; the caller has appended the commands to `outgoing`.
  void expect(std::uint64_t tag, std::uint32_t replies);
  /// Sends a PING whose answer is reported as a barrier: every push sent before it has then been delivered, and if
  /// SWAPDB ran and the link can see that, a `flush` came before.
  /// An error as its answer is passed over, and so is one to how often SWAPDB ran where that was told before; the next
  /// `vouched` event serves as well.
  void send_barrier(std::uint64_t tag);
  /// Asks the node of a cluster to tell when it loses the slot; where it may not, asks for the slot again and again.
  void send_guard(Time now, std::uint16_t slot);
  /// The slot is of no interest any more.
  void forget_guard(std::uint16_t slot) { slots_.forget(slot); }
  const std::vector<SlotProof>& slot_proofs() const { return slot_proofs_; }
  /// Redirects this connection's invalidations to the client with this id.
  void register_redirect(Time now, std::int64_t target);

  /// What the node of a cluster is to be, from the next probe on, which is due now.
  void expect_duty(Probe::Duty duty) {
    probe_.expect(duty);
    next_probe_ = state_ == State::up ? now_ : next_probe_;
  }
  /// How long the node takes to answer a probe, smoothed; zero before the first one was answered.
  Duration round_trip() const { return round_trip_; }

  /// Connections that the next probes are to ask for, and those the latest one asked for.
  void set_foreign(std::vector<std::int64_t> ids) { next_foreign_ = std::move(ids); }
  const std::vector<std::int64_t>& foreign() const { return foreign_; }

  /// Bytes to write; the owner takes them after every call.
  std::string& outgoing() { return outgoing_; }

 private:
  enum class State : std::uint8_t { idle, connecting, handshaking, up, failed };
  enum class Use : std::uint8_t { probe, barrier, registration, guard, slot, slots, command };
  struct Awaited {
    std::uint64_t tag;
    std::uint32_t replies;
    Use use;
    Time asked_at{};  // of guards and slots
  };

  Handshake::Terms terms() const {
    return {options_, traits_.tracking, traits_.role, traits_.in_cluster, traits_.strict};
  }
  /// Subscribed in RESP2: pushes are arrays, and nothing but PING may be sent.
  bool subscribes() const { return traits_.role == Role::invalidations && options_.protocol == Protocol::resp2; }
  bool broadcasts() const {
    return traits_.tracking.selection == Selection::broadcast &&
           (traits_.role == Role::tracking || traits_.role == Role::invalidations);
  }

  void await(Use use, std::uint64_t tag, std::uint32_t replies, Time asked_at = {});
  void send_probe(Time now);
  void measure_round_trip();
  bool fail(LinkEvent& event, error_code error);
  bool is_push(ReplyView frame) const;
  bool on_push(ReplyView push, LinkEvent& event);
  bool on_keys(ReplyView keys, LinkEvent& event);
  bool on_guard(std::string_view name, ReplyView push, LinkEvent& event);
  bool on_guard_refused(ReplyView reply, const Awaited& guard, LinkEvent& event);
  bool on_slot(ReplyView reply, const Awaited& question, LinkEvent& event);
  bool on_slots(ReplyView reply, LinkEvent& event);
  void ask_for_slot(std::uint16_t slot, Time asked_at);
  bool on_reply(ReplyView reply, LinkEvent& event);
  bool on_handshake(ReplyView reply, LinkEvent& event);
  bool on_probe(ReplyView reply, LinkEvent& event);
  void on_proved();
  bool on_barrier(ReplyView reply, const Awaited& barrier, LinkEvent& event);
  bool on_registration(ReplyView reply, std::uint64_t target, LinkEvent& event);
  Time breach() const;
  bool announce(LinkEvent& event);

  const ClientOptions& options_;
  const LinkTraits traits_;
  State state_ = State::idle;
  resp::FrameBuffer frames_;
  std::string outgoing_;
  boost::circular_buffer<Awaited> awaited_;
  Handshake handshake_;
  Probe probe_;
  SlotQuestions slots_;
  bool guards_denied_ = false;            // by this session
  bool swaps_withheld_ = false;           // ahead of the answer of the barrier that is awaited
  std::optional<std::uint64_t> epoch_{};  // the node's config epoch, by the last probe that proved anything
  Time now_{};                            // of the latest call that told it
  Time connect_deadline_ = never;
  Time next_probe_ = never;
  Time answered_{};  // send time of the last probe that proved something
  Time alive_{};     // likewise, or in a cluster, of the last one that was answered at all
  Time anchor_{};    // up to when everything is known
  Time registered_at_{};
  Time last_bytes_{};
  error_code silence_{};  // set by tick when the link failed by the clock
  Duration round_trip_{};
  bool probed_ = false;                                          // a probe was answered
  boost::container::static_vector<LinkEvent::Kind, 4> pending_;  // further events of one frame
  std::vector<SlotProof> slot_proofs_;
  std::vector<std::int64_t> next_foreign_;
  std::vector<std::int64_t> foreign_;
};

}  // namespace trackside::link
