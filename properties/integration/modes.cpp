// See modes.hpp.
#include "properties/integration/modes.hpp"

#include <algorithm>

#include "properties/integration/client_harness.hpp"

namespace trackside::testing {
namespace {

std::vector<std::pair<std::string, TrackingOptions>> selections(Delivery delivery) {
  return {{"All", {.delivery = delivery}},
          {"OptIn", {.delivery = delivery, .selection = Selection::opt_in}},
          {"OptOut", {.delivery = delivery, .selection = Selection::opt_out}},
          {"Broadcast", {.delivery = delivery, .selection = Selection::broadcast}},
          {"Prefixes", {.delivery = delivery, .selection = Selection::broadcast, .prefixes = {"p:", "q:"}}}};
}

}  // namespace

std::vector<Mode> all_modes() {
  std::vector<Mode> modes;
  for (const auto& [name, tracking] : selections(Delivery::in_band)) {
    modes.push_back({.name = "InBand" + name, .tracking = tracking});
  }
  for (const auto& [name, tracking] : selections(Delivery::redirect)) {
    for (const Protocol protocol : {Protocol::resp3, Protocol::resp2}) {
      for (const std::uint32_t connections : {1u, 3u}) {
        modes.push_back({.name = std::string{"Redirect"} + (protocol == Protocol::resp3 ? "Resp3" : "Resp2") + name +
                                 "By" + std::to_string(connections),
                         .tracking = tracking,
                         .protocol = protocol,
                         .data_connections = connections});
      }
    }
  }
  return modes;
}

Mode mode_named(const std::string& name) {
  const std::vector<Mode> modes = all_modes();
  return *std::find_if(modes.begin(), modes.end(), [&](const Mode& mode) { return mode.name == name; });
}

ClientOptions options_of(const Mode& mode, std::uint16_t port, std::string client_name) {
  ClientOptions options = quick_options(port);
  options.client_name = std::move(client_name);
  options.protocol = mode.protocol;
  options.data_connections = mode.data_connections;
  return options;
}

std::shared_ptr<TrackingCache> cache_of(const Mode& mode, Duration max_idle) {
  return std::make_shared<TrackingCache>(CacheOptions{.max_idle = max_idle, .tracking = mode.tracking});
}

}  // namespace trackside::testing
