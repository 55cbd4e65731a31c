// The connection to one sentinel that the client keeps: it asks, listens, and comes back after a loss.
//
// As Channel for a node: what its link says goes to the owner event by event; who is primary is decided there.
#pragma once

#include <memory>

#include "client/alarm.hpp"
#include "link/backoff.hpp"
#include "sentinel/sentinel_link.hpp"
#include "trackside/runtime.hpp"

namespace trackside::client {

class SentinelChannel;

class SentinelEvents {
 public:
  /// Not for failures, which are the channel's own business. The channel must not be destroyed in here.
  virtual void on_sentinel(SentinelChannel& channel, sentinel::SentinelEvent& event) = 0;

 protected:
  ~SentinelEvents() = default;
};

class SentinelChannel final : public ConnectionEvents {
 public:
  struct Parts {
    Runtime& runtime;
    const ClientOptions& options;
    SentinelEvents& events;
  };
  /// Whether the program named it, or another sentinel did.
  enum class Origin : std::uint8_t { configured, told };
  SentinelChannel(Parts parts, Endpoint endpoint, Origin origin, Duration max_idle);
  SentinelChannel(const SentinelChannel&) = delete;
  SentinelChannel& operator=(const SentinelChannel&) = delete;

  void connect();
  void stop();
  /// Asks again, as soon as that makes sense.
  void ask();

  const Endpoint& endpoint() const { return endpoint_; }
  Origin origin() const { return origin_; }
  bool is_up() const { return link_.is_up(); }
  /// Of the sentinel there, or that was there last; empty if it was never reached.
  const std::string& id() const { return link_.id(); }
  error_code error() const { return error_; }

 private:
  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_close(error_code reason) override;
  void pump();
  void flush();
  void lose(error_code reason);

  Parts parts_;
  const Endpoint endpoint_;
  const Origin origin_;
  sentinel::SentinelLink link_;
  link::Backoff backoff_;
  std::unique_ptr<Connection> connection_;
  Alarm tick_alarm_;
  Alarm connect_alarm_;
  error_code error_{};
  bool stopped_ = false;
};

}  // namespace trackside::client
