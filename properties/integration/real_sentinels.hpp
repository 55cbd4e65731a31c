// A real primary, its replica, and the sentinels that watch them, on loopback, for integration tests.
//
// Sentinels and clients reach the primary through a proxy, which can be told to let the sentinels through no more: then
// the primary is cut off from them, but not from its clients, and answers as if nothing had happened.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "properties/integration/proxy.hpp"
#include "properties/integration/redis_process.hpp"
#include "trackside/options.hpp"

namespace trackside::testing {

class RealSentinels {
 public:
  static constexpr const char* service = "the-service";

  /// Returns when each sentinel knows the replica and the other sentinels. Throws on failure.
  explicit RealSentinels(std::size_t sentinels = 3);
  ~RealSentinels();

  /// Named by its sentinels as `primary_port()`.
  RedisProcess& primary() { return primary_; }
  RedisProcess& replica() { return replica_; }
  RedisProcess& sentinel(std::size_t index) { return *sentinels_[index]; }
  std::size_t size() const { return sentinels_.size(); }
  std::uint16_t primary_port() const { return proxy_->port(); }

  /// What a client is to be given: the first sentinel alone, or all.
  ClientOptions options(std::size_t seeds = 1) const;
  /// The port that the sentinel names.
  std::uint16_t named_by(std::size_t index) const;
  bool all_name(std::uint16_t port) const;

  /// Between the primary and the sentinels nothing passes any more.
  void cut_off_primary();
  void let_through() { proxy_->admit_all(); }
  /// Has the replica promoted, the primary demoted, in good order.
  void fail_over();

 private:
  RedisProcess primary_;
  RedisProcess replica_;
  std::unique_ptr<Proxy> proxy_;
  std::vector<std::unique_ptr<RedisProcess>> sentinels_;
};

}  // namespace trackside::testing
