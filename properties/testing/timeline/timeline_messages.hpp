// The bytes of a run's connections, kept as they left and were read, and the messages they were.
//
// A connection delivers in order, so the n-th byte read is the n-th byte sent; what was never read was lost. Replies
// answer commands in order, pushes none. A connection's bytes are decoded when the run is over, never during it.
// Neighbours: sim/network/network_observer.hpp (who tells), timeline_recorder.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "properties/testing/timeline/timeline.hpp"
#include "sim/network/network_observer.hpp"

namespace trackside::testing {

class MessageLog {
 public:
  /// When, and before or after what else at that instant.
  struct When {
    sim::Instant at = 0;
    Timeline::Order order = 0;
  };
  void on_sent(When departure, const sim::ConnectionName& connection, sim::Direction direction, std::string_view bytes);
  void on_read(When when, const sim::ConnectionName& connection, sim::Direction direction, std::size_t bytes);
  void on_vanished(When when, const sim::ConnectionName& connection, std::string_view frames);

  /// A message, and the words of its commands, for whoever knows on whose behalf they were sent.
  struct Decoded {
    Timeline::Message message;
    std::vector<std::vector<std::string>> commands;
  };
  /// In order of sending. The lane of host h is h, that of node n is `hosts` + n; `keys` names what counts as a key.
  std::vector<Decoded> decode(std::uint32_t hosts, const std::map<std::string, Timeline::KeyIndex, std::less<>>& keys)
      const;

 private:
  struct Mark {
    When when;
    std::size_t end;  // bytes that had left, or been read, by then
  };
  struct Way {
    std::string bytes{};
    std::vector<Mark> sent{};
    std::vector<Mark> read{};
  };
  struct Vanished {
    When when;
    std::string frames;
  };
  struct Traffic {
    sim::ConnectionName name{};
    Way to_server{};
    Way to_client{};
    std::vector<Vanished> vanished{};
  };
  class Decoder;

  Traffic& traffic_of(const sim::ConnectionName& connection);
  static Way& way(Traffic& traffic, sim::Direction direction) {
    return direction == sim::Direction::to_server ? traffic.to_server : traffic.to_client;
  }

  std::map<std::array<std::uint32_t, 3>, Traffic> traffic_;
};

}  // namespace trackside::testing
