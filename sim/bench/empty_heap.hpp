// The scheduler's floor: events that do nothing but post the next one. What a run's speed is measured against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trackside::sim::bench {

/// Runs `events` events with `pending` of them in the heap at any time, at times spread as in a run. Returns the hash.
std::uint64_t empty_heap(std::uint64_t events, std::size_t pending);

}  // namespace trackside::sim::bench
