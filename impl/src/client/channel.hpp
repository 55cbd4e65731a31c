// The connection to one node that the client keeps: it introduces itself, probes, and comes back after a loss.
//
// It decides nothing: what the link says goes to the client event by event, in stream order, and so does its loss.
// Neighbours: link/link.hpp (the conversation), kept_connection.hpp (the keeping), node_core.hpp (who listens).
#pragma once

#include <vector>

#include "client/kept_connection.hpp"
#include "link/link.hpp"

namespace trackside::client {

class Channel;

class ChannelEvents {
 public:
  virtual void on_event(Channel& channel, const link::LinkEvent& event) = 0;
  /// The events of what has arrived so far are all told.
  virtual void on_pause(Channel& channel) = 0;
  /// The connection is gone; a new attempt is arranged already. `reason` says why.
  virtual void on_lost(Channel& channel, error_code reason) = 0;
  /// A probe may be about to leave: the client ids that it is to ask for.
  virtual std::vector<std::int64_t> foreign_connections(const Channel& channel) = 0;

 protected:
  ~ChannelEvents() = default;
};

class Channel final : public KeptConnection<link::Link, link::LinkEvent> {
 public:
  struct Parts {
    Runtime& runtime;
    const ClientOptions& options;
    ChannelEvents& events;
  };
  Channel(Parts parts, link::LinkTraits traits);

  std::int64_t client_id() const { return link().identity().client_id; }
  /// What the node of a cluster is to be; see Link::expect_duty.
  void expect_duty(link::Probe::Duty duty);

  // What the latest `vouched` event said, for servers that tell times to live and not when they end.
  Time vouched_anchor{};
  ServerTime vouched_server_time = 0;
  bool has_vouched = false;  // since it came up

 private:
  void take(link::LinkEvent& event) override;
  void rest() override;
  void before_tick() override;
  void lost(error_code reason) override;

  ChannelEvents& events_;
};

}  // namespace trackside::client
