// What the benchmarks ask and store: keys of 16 bytes, values of 64, a cache whose link vouches for an hour.
#pragma once

#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "trackside/node_tracking_cache.hpp"

namespace trackside::bench {

inline std::string key_of(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "key:%012llu", static_cast<unsigned long long>(number % 1'000'000'000'000));
  return text;
}

inline std::vector<std::string> keys_of(std::size_t count) {
  std::vector<std::string> keys;
  keys.reserve(count);
  for (std::size_t number = 0; number < count; ++number) {
    keys.push_back(key_of(number));
  }
  return keys;
}

inline const std::string& value() {
  static const std::string text(64, 'v');
  return text;
}

/// The value as the server sends it.
inline const std::string& frame() {
  static const std::string bytes = "$64\r\n" + value() + "\r\n";
  return bytes;
}

/// Uniform indices below `bound`, the same in every run; a power of two of them, so that a mask wraps around.
inline constexpr std::size_t draws = std::size_t{1} << 16;
inline std::vector<std::uint32_t> uniform(std::uint64_t seed, std::size_t bound) {
  std::vector<std::uint32_t> drawn(draws);
  for (std::uint32_t& index : drawn) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    index = static_cast<std::uint32_t>((seed >> 33) % bound);
  }
  return drawn;
}

/// The clock of the shipped runtime: it counts suspended time.
class BootClock final : public Clock {
 public:
  Time now() const override {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return Time{std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec}};
  }
};

inline CacheOptions options_for(std::int64_t max_keys) {
  return {.max_keys = max_keys, .max_size_bytes = -1, .max_idle = std::chrono::hours{1}};
}

/// What a client does when its link is up.
inline void vouch(NodeTrackingCache& cache, const Clock& clock) {
  cache.link_up(1);
  cache.link_vouched(clock.now(), 0);
}

inline void put(NodeTrackingCache& cache, const std::string& key) {
  const Query query{.command = "GET", .key = key};
  if (cache.put(cache.begin_fill(query), query, ReplyView{frame()}, no_expiry) != PutResult::kept) {
    std::fprintf(stderr, "trackside bench: the cache refused a reply\n");
    std::abort();
  }
}

/// A benchmark that measures misses by mistake is worse than none.
inline void require_hit(bool hit) {
  if (!hit) [[unlikely]] {
    std::fprintf(stderr, "trackside bench: a key that was put is not there\n");
    std::abort();
  }
}

}  // namespace trackside::bench
