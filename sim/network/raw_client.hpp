// A foreign client without a cache: sends commands over a connection, reconnects when it is lost, reports replies.
//
// Commands wait for a connection and are sent once: what was sent on a lost connection is reported as lost, never sent
// again. It speaks RESP2, as old programs do. Works on any `Runtime`. Neighbours: world.cpp, which feeds it the
// scenario's writer operations; cluster_writer.hpp, which has one for each node of a cluster.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "resp/frame_buffer.hpp"
#include "trackside/reply.hpp"
#include "trackside/runtime.hpp"

namespace trackside::sim {

/// Told how commands ended. `id` is what `send` was given.
class RawClientEvents {
 public:
  /// The view lives during the call.
  virtual void on_reply(std::uint32_t id, ReplyView reply) = 0;
  /// Sent, and the connection ended before the reply: it may have been executed.
  virtual void on_lost(std::uint32_t id) = 0;
  /// A command of a transaction was answered by an error; the transaction's own reply is still to come.
  virtual void on_refusal(std::uint32_t /*id*/, ReplyView /*error*/) {}
  /// The connection ended, or could not be made, and what was lost with it has been told.
  virtual void on_disconnected() {}

 protected:
  ~RawClientEvents() = default;
};

/// What is said before a command.
enum class Prelude : std::uint8_t { none, asking };

class RawClient final : private ConnectionEvents {
 public:
  /// `events` may be null.
  RawClient(Runtime& runtime, Endpoint endpoint, std::string password, RawClientEvents* events,
            std::uint32_t database = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// Begins to connect, and from then on keeps a connection.
  void start();

  /// Sends a command, or a transaction whose commands are separated by the word ";" (the reply is then EXEC's).
  void send(std::uint32_t id, std::span<const std::string> words, Prelude prelude = Prelude::none);

  /// Gives back the commands that still wait for a connection: they were not sent and will not be.
  std::vector<std::uint32_t> take_waiting();

  /// Commands without an end.
  std::size_t outstanding() const noexcept { return waiting_.size() + in_flight_.size(); }

 private:
  struct Waiting {
    std::uint32_t id;
    std::uint32_t replies;  // how many frames answer it; the last counts
    std::string bytes;
  };
  struct InFlight {
    std::uint32_t id;
    std::uint32_t replies;
  };

  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_close(error_code reason) override;

  void transmit(Waiting command);
  void answer(ReplyView reply);

  Runtime& runtime_;
  Endpoint endpoint_;
  std::string password_;
  const std::uint32_t database_;
  RawClientEvents* events_;
  std::unique_ptr<Connection> connection_;
  TimerId retry_ = TimerId::none;
  bool open_ = false;
  resp::FrameBuffer frames_{ReplyLimits{}};
  std::deque<Waiting> waiting_;
  std::deque<InFlight> in_flight_;
};

}  // namespace trackside::sim
