// What a sentinel knows and tells its clients; of a server that is one. Whoever lets sentinels live keeps it true.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trackside::sim::redis {

struct SentinelView {
  struct Peer {
    std::string id{};  // forty hexadecimal digits
    std::string host{};
    std::uint16_t port = 0;
  };
  std::string id{};
  std::string service{};  // the name of what it watches
  std::string host{};     // of the primary
  std::uint16_t port = 0;
  std::vector<Peer> others{};
};

}  // namespace trackside::sim::redis
