// Every mode of tracking that a client can be in, for tests that hold in all of them.
// Neighbours: modes_test.cpp, modes_faults_test.cpp, modes_stress_test.cpp, shared_test.cpp.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "trackside/client.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {

struct Mode {
  std::string name;
  TrackingOptions tracking{};
  Protocol protocol = Protocol::resp3;
  std::uint32_t data_connections = 1;

  bool redirects() const { return tracking.delivery == Delivery::redirect; }
  bool broadcasts() const { return tracking.selection == Selection::broadcast; }
  /// How many of the client's connections track.
  std::uint32_t trackers() const { return redirects() && !broadcasts() ? data_connections : 1; }
};

inline void PrintTo(const Mode& mode, std::ostream* out) { *out << mode.name; }

/// {in band; redirect in RESP3 and RESP2 with 1 and 3 data connections} x {all, opt in, opt out, broadcast of
/// everything and of the prefixes "p:" and "q:"}. Keys under "p:" are covered by all of them.
std::vector<Mode> all_modes();
/// The one with this name.
Mode mode_named(const std::string& name);

/// Quick options in this mode; the connections are named `client_name`.
ClientOptions options_of(const Mode& mode, std::uint16_t port, std::string client_name = "me");
std::shared_ptr<TrackingCache> cache_of(const Mode& mode, Duration max_idle = std::chrono::seconds{5});

}  // namespace trackside::testing
