// The contract of the seam (trackside/runtime.hpp) as one property that every implementation is put through.
//
// A script of what the owner of a connection does, and what its peer does, is played on a fixture; a recorder sees
// every event and task, and writes down each breach as a sentence. An implementation that keeps the contract has none.
// The owner also acts from inside events, and the world may be advanced by single turns, so that actions fall between
// any two events. Neighbours: asio_runtime_test.cpp gives sockets as a fixture, the simulator's tests give a Host.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "trackside/runtime.hpp"

namespace trackside::testing {

/// A runtime, the world around it, and the peer of the one connection that a script makes.
class SeamFixture {
 public:
  enum class End : std::uint8_t { nothing, orderly, reset };

  virtual ~SeamFixture() = default;

  virtual Runtime& runtime() = 0;
  /// Lets the smallest possible thing happen, if something can happen now.
  virtual void turn() = 0;
  /// Lets everything happen that needs no timer of the script.
  virtual void settle() = 0;
  /// Lets so much time pass on the runtime's clock.
  virtual void run_for(Duration duration) = 0;

  /// Where the peer listens, and where nobody does.
  virtual Endpoint listening() const = 0;
  virtual Endpoint refusing() const = 0;

  /// The peer accepts by itself and reads everything at once. Its actions return false, and do nothing, before it
  /// accepted and after it ended the connection itself. `peer_close` still reads what comes.
  virtual bool peer_send(Bytes bytes) = 0;
  virtual bool peer_close() = 0;
  virtual bool peer_reset() = 0;
  virtual std::string peer_received() const = 0;
  /// How the owner's end of the connection ended, as seen by the peer.
  virtual End peer_saw() const = 0;
};

struct SeamStep {
  enum class Kind : std::uint8_t {
    // the world
    turn,
    settle,
    // the owner; from inside the next event or task when `in_event`
    write,
    close_orderly,
    close_abortive,
    destroy,
    start_timer,
    cancel_timer,
    // the peer
    peer_send,
    peer_close,
    peer_reset,
  };
  enum class Where : std::uint8_t { at_once, in_event };

  Kind kind = Kind::turn;
  Where where = Where::at_once;
  std::uint32_t amount = 0;  // bytes to send, milliseconds to wait, or which timer

  friend bool operator==(const SeamStep&, const SeamStep&) = default;
};

struct SeamScript {
  enum class Target : std::uint8_t { listening, refusing };

  Target target = Target::listening;
  std::vector<SeamStep> steps;
};

std::ostream& operator<<(std::ostream& out, const SeamStep& step);
std::ostream& operator<<(std::ostream& out, const SeamScript& script);

rc::Gen<SeamScript> seam_scripts();

/// Plays the script on a fresh fixture and returns every breach of the contract, as sentences.
std::vector<std::string> breaches_of(SeamFixture& fixture, const SeamScript& script);

/// A stream in which every position can be told from its neighbours: what both sides send.
std::string seam_stream(std::size_t from, std::size_t count);

}  // namespace trackside::testing
