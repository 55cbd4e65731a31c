// The network's name for one connection to a node; never reused, unlike the server's own client ids.
#pragma once

#include <cstdint>

namespace trackside::sim::redis {

enum class SessionId : std::uint32_t { none = 0 };

}  // namespace trackside::sim::redis
