// One session with one sentinel, without a socket: bytes in, events out, bytes to send in `outgoing`.
//
//   idle --begin--> connecting --opened--> greeting --(HELLO, MYID, SUBSCRIBE answered)--> up
//   any --(refusal, garbage, limit, silence)--> failed event, then the owner closes and may begin again
//
// In RESP3 one connection does both: it asks where the primary is and which sentinels there are, four times within
// max_idle, one question at a time; and it hears +switch-master. Ahead of each question goes a PING with a nonce, so
// that no answer is taken for that to a later question. An answer proves what was true when its question was sent or
// later, so the sending counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resp/frame_buffer.hpp"
#include "sentinel/electorate.hpp"
#include "trackside/options.hpp"
#include "trackside/reply.hpp"

namespace trackside::sentinel {

struct SentinelEvent {
  enum class Kind : std::uint8_t {
    up,         // it is the sentinel `id()`
    answered,   // asked at `asked`: the primary is `primary` (nothing: it knows of none), and these are the `others`
    announced,  // the primary is not at `primary` any more
    failed,     // the session is of no use any more
  };
  Kind kind = Kind::failed;
  Time asked{};
  std::optional<Endpoint> primary{};
  std::vector<Peer> others{};
  error_code error{};
};

class SentinelLink {
 public:
  SentinelLink(const ClientOptions& options, Duration max_idle);

  void begin(Time now);
  void opened(Time now);
  void received(Time now, Bytes bytes);
  bool next(SentinelEvent& event);
  /// Time passed: asks when that is due; fails when there was no answer for too long.
  void tick(Time now);
  Time deadline() const;
  /// Asks now, or at once behind the answer that is awaited.
  void ask(Time now);
  void end() { state_ = State::idle; }

  bool is_up() const { return state_ == State::up; }
  /// Of the sentinel, once it is up.
  const std::string& id() const { return id_; }
  std::string& outgoing() { return outgoing_; }

 private:
  enum class State : std::uint8_t { idle, connecting, greeting, up, failed };
  enum class Step : std::uint8_t { hello, id, subscription, ping, primary, others };

  bool fail(SentinelEvent& event, error_code error);
  bool on_push(ReplyView push, SentinelEvent& event);
  bool on_reply(ReplyView reply, SentinelEvent& event);
  bool on_greeting(ReplyView reply, SentinelEvent& event);
  bool on_answer(ReplyView reply, SentinelEvent& event);
  void send_question(Time now);

  const ClientOptions& options_;
  const Duration max_idle_;
  State state_ = State::idle;
  resp::FrameBuffer frames_;
  std::string outgoing_;
  Time now_{};
  Time connect_deadline_ = never;
  Time ask_at_ = never;
  Time asked_{};  // when the question under way was sent
  std::optional<Step> awaited_{};
  bool ask_again_ = false;
  std::uint64_t nonce_ = 0;
  std::string id_;
  std::optional<Endpoint> primary_{};
  error_code silence_{};
};

}  // namespace trackside::sentinel
