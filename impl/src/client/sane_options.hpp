// Options as they are used: times that cannot overflow, nor make a loop of what should wait.
#pragma once

#include <algorithm>
#include <cstdint>

#include "trackside/abstract_cache.hpp"
#include "trackside/options.hpp"

namespace trackside::client {

inline constexpr Duration shortest = std::chrono::milliseconds{1};
inline constexpr Duration longest = std::chrono::hours{24 * 365};
inline constexpr std::uint32_t data_connections_max = 64;

inline ClientOptions sane(ClientOptions options) {
  const auto clamp = [](Duration& duration) { duration = std::clamp(duration, shortest, longest); };
  clamp(options.command_timeout);
  clamp(options.connect_timeout);
  clamp(options.backoff.first);
  clamp(options.backoff.cap);
  options.data_connections = std::min(options.data_connections, data_connections_max);
  return options;
}

/// How long a link may be silent, with a cache or without one.
inline Duration max_idle_of(const AbstractCache* cache) {
  constexpr Duration without_cache = std::chrono::seconds{5};
  return cache == nullptr ? without_cache : std::clamp(cache->max_idle(), shortest, longest);
}

}  // namespace trackside::client
