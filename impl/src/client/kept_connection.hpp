// A connection that is kept: it connects, lets its link talk, and comes back after a loss, ever later.
//
//   idle --connect--> connecting --(link up)--> up --lose--> waiting --(backoff)--> connecting
//   any --stop--> idle
//
// `Link` is the conversation, without a socket: link::Link for a node, sentinel::SentinelLink for a sentinel. What it
// says goes to the derived class event by event, in stream order.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "client/alarm.hpp"
#include "link/backoff.hpp"
#include "trackside/error.hpp"
#include "trackside/options.hpp"
#include "trackside/runtime.hpp"

namespace trackside::client {

template <class Link, class Event>
class KeptConnection : public ConnectionEvents {
 public:
  KeptConnection(const KeptConnection&) = delete;
  KeptConnection& operator=(const KeptConnection&) = delete;

  void connect() {
    stopped_ = false;
    link_.begin(runtime_.now());
    connection_ = runtime_.connect(endpoint_, *this);
    tick_alarm_.set(link_.deadline());
  }

  /// Ends the connection and arranges a new attempt; tells `lost`, from inside this call.
  void lose(error_code reason) {
    error_ = reason;
    connection_.reset();
    link_.end();
    // First: whoever is told may submit again, and finds everything in order.
    if (!stopped_) {
      connect_alarm_.set(runtime_.now() + backoff_.next(runtime_.entropy()));
    }
    lost(reason);
  }

  /// Ends the connection if there is one, likewise, and connects to where the options lead now, in a later turn.
  void restart(error_code reason) {
    if (connection_ != nullptr) {
      lose(reason);
    }
    backoff_.succeeded();
    if (!stopped_) {
      connect_alarm_.set(runtime_.now());
    }
  }

  /// Ends for good, likewise.
  void stop(error_code reason) {
    stopped_ = true;
    connect_alarm_.clear();
    tick_alarm_.clear();
    lose(reason);
  }

  /// Sends what the link has to say.
  void flush() {
    std::string& out = link_.outgoing();
    if (!out.empty() && connection_ != nullptr) {
      connection_->write(out);
      out.clear();
    }
  }

  bool is_up() const { return link_.is_up(); }
  Link& link() { return link_; }
  const Link& link() const { return link_; }
  /// Why there is no link; success while it is up.
  error_code error() const { return error_; }

 protected:
  /// `endpoint` is looked at with every attempt.
  KeptConnection(Runtime& runtime, const ClientOptions& options, const Endpoint& endpoint, Link link)
      : runtime_(runtime),
        endpoint_(endpoint),
        link_(std::move(link)),
        backoff_(options.backoff),
        tick_alarm_(runtime, {[](void* self, std::uint64_t) { static_cast<KeptConnection*>(self)->tick(); }, this, 0}),
        connect_alarm_(runtime,
                       {[](void* self, std::uint64_t) { static_cast<KeptConnection*>(self)->connect(); }, this, 0}) {}
  ~KeptConnection() = default;

  /// Anything but the failure of the link, which is the base's business.
  virtual void take(Event& event) = 0;
  /// The events of what has arrived so far are all taken.
  virtual void rest() {}
  /// Time is about to be told to the link.
  virtual void before_tick() {}
  /// The connection is gone; a new attempt is arranged already, unless it was stopped.
  virtual void lost(error_code) {}

  /// When the link is to be told the time, at the latest.
  void tick_at(Time at) { tick_alarm_.set(at); }
  Time now() const { return runtime_.now(); }

 private:
  void on_open() final {
    link_.opened(now());
    flush();
  }
  void on_bytes(Bytes bytes) final {
    link_.received(now(), bytes);
    pump();
  }
  void on_close(error_code) final {
    // An orderly end is a loss too: nobody will tell us what changes from here on.
    lose(make_error_code(link_.is_up() ? Errc::connection_lost : Errc::connect_failed));
  }

  void tick() {
    before_tick();
    link_.tick(now());
    pump();
  }

  void pump() {
    Event event;
    while (connection_ != nullptr && link_.next(event)) {
      if (event.kind == Event::Kind::failed) {
        lose(event.error);
        return;
      }
      if (event.kind == Event::Kind::up) {
        backoff_.succeeded();
        error_ = {};
      }
      take(event);
    }
    rest();
    flush();
    tick_alarm_.set(link_.deadline());
  }

  Runtime& runtime_;
  const Endpoint& endpoint_;
  Link link_;
  link::Backoff backoff_;
  std::unique_ptr<Connection> connection_;
  Alarm tick_alarm_;
  Alarm connect_alarm_;
  error_code error_{};
  bool stopped_ = false;
};

}  // namespace trackside::client
