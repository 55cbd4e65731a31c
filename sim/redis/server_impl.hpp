// What stands behind `Server`: the node.
#pragma once

#include <string>
#include <utility>

#include "sim/redis/node.hpp"
#include "sim/redis/server.hpp"

namespace trackside::sim::redis {

class Server::Impl {
 public:
  Impl(ServerConfig config, ServerObserver* observer) : node{std::move(config), observer} {}

  Node node;
  std::string unknown_output;  // what `output` gives for a session that is no more
};

/// Ends as a turn of the event loop does.
template <class Action>
void Server::turn(Instant now, Action action) {
  impl_->node.now = now;
  action(impl_->node);
  impl_->node.propagate();
  impl_->node.before_sleep();
}

}  // namespace trackside::sim::redis
