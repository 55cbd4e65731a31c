// One connection that the client keeps: it connects, introduces itself, probes, and comes back after a loss.
//
//   idle --connect--> connecting --(link up)--> up --lose--> waiting --(backoff)--> connecting
//   any --stop--> idle
//
// It decides nothing: what the link says goes to the client event by event, in stream order, and so does its loss.
// Neighbours: link/link.hpp (the conversation), node_core.hpp (who listens).
#pragma once

#include <memory>

#include "client/alarm.hpp"
#include "link/backoff.hpp"
#include "link/link.hpp"
#include "trackside/runtime.hpp"

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

class Channel final : public ConnectionEvents {
 public:
  struct Parts {
    Runtime& runtime;
    const ClientOptions& options;
    ChannelEvents& events;
  };
  Channel(Parts parts, link::LinkTraits traits);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void connect();
  /// Ends the connection and arranges a new attempt; tells on_lost, from inside this call.
  void lose(error_code reason);
  /// Ends the connection if there is one, likewise, and connects to where the options lead now, in a later turn.
  void restart(error_code reason);
  /// Ends for good, likewise.
  void stop(error_code reason);

  bool is_up() const { return link_.is_up(); }
  link::Link& link() { return link_; }
  const link::Link& link() const { return link_; }
  std::int64_t client_id() const { return link_.identity().client_id; }
  /// What the node of a cluster is to be; see Link::expect_duty.
  void expect_duty(link::Probe::Duty duty);
  /// Sends what the link has to say.
  void flush();
  /// Why there is no link; success while it is up.
  error_code error() const { return error_; }

  // What the latest `vouched` event said, for servers that tell times to live and not when they end.
  Time vouched_anchor{};
  ServerTime vouched_server_time = 0;
  bool has_vouched = false;  // since it came up

 private:
  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_close(error_code reason) override;
  void pump();
  void tick();

  Parts parts_;
  link::Link link_;
  link::Backoff backoff_;
  std::unique_ptr<Connection> connection_;
  Alarm tick_alarm_;
  Alarm connect_alarm_;
  error_code error_{};
  bool stopped_ = false;
};

}  // namespace trackside::client
