// What the tests of a cache beside hiredis share: a server, a client that only drives the cache, and readers.
//
// The readers are those of the example (impl/examples/cached_reader.hpp), so what people copy is what is tried.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "impl/examples/cached_reader.hpp"
#include "properties/integration/client_harness.hpp"
#include "properties/integration/redis_process.hpp"
#include "trackside/asio_runtime.hpp"
#include "trackside/tracking_cache.hpp"

namespace trackside::testing {

/// What this hiredis can speak; the one of Debian 12 knows RESP2 only.
#if HIREDIS_MAJOR >= 1
inline const auto hiredis_protocols = ::testing::Values(Protocol::resp2, Protocol::resp3);
#else
inline const auto hiredis_protocols = ::testing::Values(Protocol::resp2);
#endif

inline std::string name_of_protocol(const ::testing::TestParamInfo<Protocol>& info) {
  return info.param == Protocol::resp2 ? "Resp2" : "Resp3";
}

/// A server that is up before anything else is made, and lets its active expiry be stopped.
struct ServerForHiredis {
  ServerForHiredis() { redis.start({"--enable-debug-command", "local"}); }

  RedisProcess redis;
};

/// A program with a cache that a client drives, and that reads by other means.
class Program {
 public:
  struct Options {
    Selection selection = Selection::all;
    std::vector<std::string> prefixes{};
    Duration max_idle = std::chrono::milliseconds{600};
  };

  Program(std::uint16_t port, const Options& options)
      : clock_(threads_.executor()), cache_(make_cache(options)), driver_(make_driver(port)) {
    EXPECT_TRUE(eventually([&] { return cache_->healthy(); }));
  }

  const Clock& clock() const { return clock_; }
  TrackingCache& cache() { return *cache_; }
  /// Keys that were invalidated so far, by the server or by a fence.
  int invalidations() const { return invalidations_; }

 private:
  std::shared_ptr<TrackingCache> make_cache(const Options& options) {
    return std::make_shared<TrackingCache>(CacheOptions{
        .max_idle = options.max_idle,
        .tracking = {.delivery = Delivery::redirect, .selection = options.selection, .prefixes = options.prefixes},
        .hooks = {.invalidated = [this](std::string_view) { ++invalidations_; }}});
  }
  Client make_driver(std::uint16_t port) {
    ClientOptions client = quick_options(port);
    client.data_connections = 0;
    return Client{threads_.executor(), client, cache_};
  }

  std::atomic<int> invalidations_ = 0;
  Threads threads_{1};
  AsioRuntime clock_;
  std::shared_ptr<TrackingCache> cache_;
  Client driver_;
};

/// "cache v1", "server v1"; a null reply is "(nil)".
inline std::string ask(CachedReader& reader, const Words& words) {
  const CachedReader::Answer answer = reader.read(words);
  const auto text = answer.reply.as_string();
  return (answer.from == CachedReader::Origin::cache ? "cache " : "server ") +
         (text && !answer.reply.is_error() ? std::string{*text} : to_text(answer.reply));
}

/// Whether the cache would answer a GET of this key now.
inline bool is_cached(AbstractCache& cache, std::string_view key) {
  Reply ignored;
  return cache.get({.command = "GET", .key = key}, ignored);
}

}  // namespace trackside::testing
