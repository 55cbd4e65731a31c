// A command that may wait in the server, on a connection of its own, so that it holds up neither probes nor replies.
//
// One connection per call: connect, handshake without tracking, command, reply, close. Its reply travels beside the
// stream that vouches for the cache and may be newer than a push that is under way there, so the keys are fenced
// before the caller is told.
#pragma once

#include <memory>

#include "client/alarm.hpp"
#include "client/command_info.hpp"
#include "link/link.hpp"
#include "trackside/client_core.hpp"

namespace trackside {
class NodeCore;
}

namespace trackside::client {

class BlockingCall final : public ConnectionEvents {
 public:
  BlockingCall(NodeCore& client, Command command, Classified classified, std::uint32_t caller);

  void start();
  void cancel();
  /// Ends the call with an error, from inside this call.
  void end(error_code reason) { finish({.error = reason}); }
  std::uint32_t caller() const { return caller_; }

 private:
  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_close(error_code reason) override;
  void on_alarm();
  void pump();
  void flush();
  void finish(const Outcome& outcome);
  void touch_keys(bool counted);
  Duration patience() const;

  NodeCore& client_;
  Command command_;
  const Classified classified_;
  const std::uint32_t caller_;
  link::Link link_;
  std::unique_ptr<Connection> connection_;
  Alarm alarm_;
  Time deadline_ = never;
  bool sent_ = false;
  bool done_ = false;
  bool cancelled_ = false;
};

}  // namespace trackside::client
