// The connection to one sentinel that the client keeps: it asks, listens, and comes back after a loss.
//
// As Channel for a node: what its link says goes to the owner event by event; who is primary is decided there.
#pragma once

#include <string>

#include "client/kept_connection.hpp"
#include "sentinel/sentinel_link.hpp"

namespace trackside::client {

class SentinelChannel;

class SentinelEvents {
 public:
  /// Not for failures, which are the channel's own business. The channel must not be destroyed in here.
  virtual void on_sentinel(SentinelChannel& channel, sentinel::SentinelEvent& event) = 0;

 protected:
  ~SentinelEvents() = default;
};

class SentinelChannel final : public KeptConnection<sentinel::SentinelLink, sentinel::SentinelEvent> {
 public:
  struct Parts {
    Runtime& runtime;
    const ClientOptions& options;
    SentinelEvents& events;
  };
  /// Whether the program named it, or another sentinel did.
  enum class Origin : std::uint8_t { configured, told };
  SentinelChannel(Parts parts, Endpoint endpoint, Origin origin, Duration max_idle);

  /// Asks again, as soon as that makes sense.
  void ask();

  const Endpoint& endpoint() const { return endpoint_; }
  Origin origin() const { return origin_; }
  /// Of the sentinel there, or that was there last; empty if it was never reached.
  const std::string& id() const { return link().id(); }
  /// Of the one that was there before that; empty if it was always the same.
  const std::string& former_id() const { return former_id_; }

 private:
  void take(sentinel::SentinelEvent& event) override;

  SentinelEvents& events_;
  const Endpoint endpoint_;
  const Origin origin_;
  std::string last_id_{};
  std::string former_id_{};
};

}  // namespace trackside::client
