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

}  // namespace trackside::sim::redis
