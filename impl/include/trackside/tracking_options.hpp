// How the server tracks what a cache holds, and by which connection it tells.
//
//   in_band   (default) RESP3: invalidations come on the connection that reads, in order with its replies.
//   redirect  one connection per node receives the invalidations of any number of data connections, which say
//             CLIENT TRACKING ON REDIRECT; works with RESP3 and RESP2. For programs that read through a client of
//             their own, and for several data connections. An entry is then only good while both connections are.
//
// Without in-band order a reply may be newer than an invalidation that is still under way on the other connection, so a
// key then holds one reply at a time: each reply about it replaces whatever else was kept of it.
// Source: https://redis.io/docs/reference/client-side-caching/ and CLIENT TRACKING.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trackside {

enum class Delivery : std::uint8_t { in_band, redirect };

enum class Selection : std::uint8_t {
  all,        // the server remembers every key that is read
  opt_in,     // only those read right behind CLIENT CACHING YES: what is not cached costs the server nothing
  opt_out,    // all but those read right behind CLIENT CACHING NO, which is sent before reads that are not cached
  broadcast,  // it remembers nothing and tells of every change under the prefixes; costs traffic instead of memory
};

struct TrackingOptions {
  Delivery delivery = Delivery::in_band;
  Selection selection = Selection::all;
  /// Of broadcast; none means every key. Keys under no prefix are not cached. No prefix may begin with another one.
  std::vector<std::string> prefixes{};
  /// Refused (Errc::noloop_unsound) and listed only to say why: with NOLOOP the server forgets a key at the client's
  /// own write without a word, and also when the client's own command expires or evicts it or overflows the tracking
  /// table. The next write of somebody else is then never told, and what is cached stays wrong for ever.
  bool noloop = false;

  friend bool operator==(const TrackingOptions&, const TrackingOptions&) = default;
};

/// Whether replies and invalidations come in the order in which the server made them.
inline bool in_stream_order(const TrackingOptions& options) {
  return options.delivery == Delivery::in_band && options.selection != Selection::broadcast;
}

/// Whether the server tells of changes of this key.
inline bool covers(const TrackingOptions& options, std::string_view key) {
  if (options.selection != Selection::broadcast || options.prefixes.empty()) {
    return true;
  }
  for (const std::string& prefix : options.prefixes) {
    if (key.starts_with(prefix)) {
      return true;
    }
  }
  return false;
}

}  // namespace trackside
