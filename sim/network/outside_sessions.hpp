// Sessions of clients outside of the world: somebody else carries their bytes, over real sockets.
//
// The network of the world knows nothing of them; the server's process is the same one. Whoever carries them asks
// `ServerPort` whether the process attends to its sockets now, brings what came in, and is told here what goes out.
// Neighbours: server_port.hpp.
#pragma once

#include "sim/redis/session_id.hpp"

namespace trackside::sim {

class OutsideSessions {
 public:
  /// `Server::output` of the session has grown, or the server wants it closed. May call `ServerPort::close_outside`
  /// for this session, and nothing else of the port. Comes for sessions that nobody carries, too.
  virtual void on_output(redis::SessionId session) = 0;
  /// The process died: no session is left, and nobody listens until it has started again.
  virtual void on_crash() = 0;

 protected:
  ~OutsideSessions() = default;
};

}  // namespace trackside::sim
