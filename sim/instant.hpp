// Virtual time: nanoseconds since the world began, an integer in every part of the simulator.
#pragma once

#include <cstdint>

namespace trackside::sim {

using Instant = std::int64_t;
inline constexpr Instant microsecond = 1'000;
inline constexpr Instant millisecond = 1'000 * microsecond;
inline constexpr Instant second = 1'000 * millisecond;
inline constexpr Instant end_of_time = INT64_MAX;

/// The servers' wall clock (Unix time) when the world begins.
inline constexpr std::int64_t epoch_milliseconds = 1'700'000'000'000;

}  // namespace trackside::sim
