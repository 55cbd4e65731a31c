// What a client can say of itself in numbers: `Client::metrics()`, and the same as text for Prometheus.
//
// Figures named in the past tense are counted since the client was made and never go back, but for `cache`, which
// `CacheStats::clear` sets to zero. The others are what is now. Where a client has no cache, what tells of one is zero
// or not there. Clients that share statistics or a store show the same figures of them.
//
// Figures are read one by one while the client works: each is right, and two of them need not be of one instant. While
// nothing happens, commands_submitted = commands completed + commands_in_flight.
// Thread rule: values and functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trackside/abstract_cache.hpp"
#include "trackside/cache_stats.hpp"
#include "trackside/error.hpp"
#include "trackside/time.hpp"

namespace trackside {

/// Something that happened `count` times for one reason.
struct ReasonCount {
  Errc reason{};
  std::uint64_t count = 0;

  friend bool operator==(const ReasonCount&, const ReasonCount&) = default;
};

/// Replies that could have been kept, by what came of it: each fill ends in one of these.
struct FillCounts {
  std::uint64_t kept = 0;
  std::uint64_t revoked = 0;    // something overtook the reply: delivered and not kept
  std::uint64_t unhealthy = 0;  // the link vouched no longer when it came
  std::uint64_t bounds = 0;     // larger than the cache, or caching is off
  std::uint64_t nil = 0;        // null, and cache_nil is off
  std::uint64_t abandoned = 0;  // an error, no reply at all, or one whose end of life is not known
  std::uint64_t unopened = 0;   // no fill, since the cache was not healthy when the read was sent

  friend bool operator==(const FillCounts&, const FillCounts&) = default;
};

/// MGET where it may be answered from single-key entries.
struct MgetCounts {
  std::uint64_t cached = 0;    // answered from the cache alone
  std::uint64_t mixed = 0;     // partly from the cache
  std::uint64_t repeated = 0;  // what the cache had was overtaken: asked again as a whole

  friend bool operator==(const MgetCounts&, const MgetCounts&) = default;
};

struct Metrics {
  // What is now.
  bool healthy = false;                     // commands can be sent, and the cache may be used
  std::optional<CacheUsage> usage{};        // of the store, which caches may share
  std::optional<double> confidence{};       // 0..100
  std::optional<Duration> lease_age{};      // since when not everything may be known; not there without a link
  std::uint64_t commands_in_flight = 0;     // and joined readers, without a completion yet
  std::uint64_t exchanges_outstanding = 0;  // commands on their way, also those whose callers are gone
  std::uint64_t fills_open = 0;             // replies on their way that may be kept

  // What was counted.
  CacheSummary cache{};
  FillCounts fills{};
  MgetCounts mget{};
  std::uint64_t hits_checked = 0;              // compared with the server's reply; cache.dirty_hits of them differed
  std::uint64_t commands_submitted = 0;        // everything given to the client that the cache did not answer
  std::uint64_t readers_joined = 0;            // of these, reads that joined another one's fetch
  std::vector<ReasonCount> commands_failed{};  // completed with an error; in the order of Errc, also what never was
  std::uint64_t links_established = 0;
  std::vector<ReasonCount> links_lost{};     // and attempts that failed; likewise
  std::uint64_t connections_registered = 0;  // data connections that began to redirect their invalidations
  std::uint64_t bypasses_begun = 0;          // writes whose keys are not exactly known: nothing was served meanwhile
  std::uint64_t barriers_passed = 0;         // and by which such a bypass ended with its link still up
  std::uint64_t flushes = 0;                 // everything was forgotten: FLUSHALL, FLUSHDB, SWAPDB, resynchronisation
  std::uint64_t invalidation_messages = 0;   // pushes of the server; each names one key or several
};

/// How often it was this reason; 0 if it is not among them. `count_of(metrics.links_lost, Errc::idle_breach)`.
std::uint64_t count_of(const std::vector<ReasonCount>& counts, Errc reason);

/// A label of a sample. `name` is [a-zA-Z_][a-zA-Z0-9_]*, does not begin with two underscores, and is neither `reason`
/// nor `result`; the value is any text: it is escaped, and what is not UTF-8 is replaced.
struct MetricLabel {
  std::string name;
  std::string value;
};

/// One client's metrics with the labels that tell it from others, no name twice.
struct LabelledMetrics {
  Metrics metrics;
  std::vector<MetricLabel> labels{};
};

/// The text exposition format, version 0.0.4: what an endpoint answers with
/// `Content-Type: text/plain; version=0.0.4; charset=utf-8`. Every metric has HELP and TYPE, once, whatever the number
/// of clients; one that nobody has a figure of is left out. Clients in one text must differ in their labels.
/// Requires labels as described above. Source: https://prometheus.io/docs/instrumenting/exposition_formats/
std::string to_prometheus(const std::vector<LabelledMetrics>& clients);
std::string to_prometheus(const Metrics& metrics, const std::vector<MetricLabel>& labels = {});

}  // namespace trackside
