// The name under which a server's replies are kept: equal for equal endpoints, and for no others.
#pragma once

#include <string>

#include "trackside/runtime.hpp"

namespace trackside::client {

inline std::string server_name(const Endpoint& endpoint) {
  return endpoint.unix_path.empty() ? endpoint.host + ':' + std::to_string(endpoint.port) : endpoint.unix_path;
}

}  // namespace trackside::client
