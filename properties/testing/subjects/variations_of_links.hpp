// Ideas about connections: how long one may be silent, and what goes when it is lost.
#pragma once

#include <chrono>
#include <set>

#include "properties/testing/subjects/variation.hpp"

namespace trackside::testing {

/// As good as never: a lease that nothing but the loss of its link ends.
inline constexpr Duration no_lease = std::chrono::hours{24 * 365};

inline CacheOptions without_lease(CacheOptions options) {
  options.max_idle = no_lease;
  return options;
}

/// Starts empty on a new connection. While there is none it says that it is not healthy, keeps nothing new, and goes on
/// serving what it has: nobody asks it.
class FlushOnReconnectOnly final : public Variation<FlushOnReconnectOnly> {
 public:
  using Variation::Variation;
  static CacheOptions options_within(const CacheOptions& options) { return without_lease(options); }

  bool healthy() const override { return connected_ && within().healthy(); }
  Duration max_idle() const override { return asked_max_idle(); }
  PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) override {
    if (healthy()) {
      return within().put(fill, query, value, expires_at);
    }
    within().abandon_fill(fill);
    return PutResult::refused_unhealthy;
  }
  void link_up(std::int64_t client_id) override {
    connected_ = true;
    within().link_up(client_id);  // which drops what the last one vouched for
  }
  void link_down() override { connected_ = false; }
  void server_changed(std::string_view server) override {
    within().link_down();
    within().server_changed(server);
  }

 private:
  bool connected_ = false;
};

/// Trusts a connection until it is closed, and never asks whether it is still there.
class ForgetOnCloseOnly final : public Variation<ForgetOnCloseOnly> {
 public:
  using Variation::Variation;
  static CacheOptions options_within(const CacheOptions& options) { return without_lease(options); }
};

/// Probes in time, and gives a silent connection up by a timer: a timer that is late, and a server that answers and
/// vouches for nothing, go unnoticed by a read that does not look at the clock.
class TimerLeases final : public Variation<TimerLeases> {
 public:
  using Variation::Variation;
  static CacheOptions options_within(const CacheOptions& options) { return without_lease(options); }

  Duration max_idle() const override { return asked_max_idle(); }
};

/// Looks after the connection that brings invalidations, and not after those that it reads by: the server forgets what
/// a connection read when that connection ends.
class RedirectBlind final : public Variation<RedirectBlind> {
 public:
  using Variation::Variation;

  void data_up(DataConnection connection) override {
    connections_.insert(connection);
    within().data_up(connection);
  }
  void data_down(DataConnection, Time) override {}
  void data_vouched(DataConnection connection, Time anchor, ServerTime server_time) override {
    server_offset_ = server_time - anchor.time_since_epoch().count();
    within().data_vouched(connection, anchor, server_time);
  }
  void link_vouched(Time anchor, std::optional<ServerTime> server_time) override {
    within().link_vouched(anchor, server_time);
    for (const DataConnection connection : connections_) {
      within().data_vouched(connection, anchor, anchor.time_since_epoch().count() + server_offset_);
    }
  }
  void link_down() override {
    connections_.clear();
    within().link_down();
  }

 private:
  std::set<DataConnection> connections_;
  std::int64_t server_offset_ = 0;  // its clock, less ours
};

}  // namespace trackside::testing
