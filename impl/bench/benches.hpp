// The groups of rows that `trackside bench cache` shows. See README.md for what each row means.
#pragma once

#include "impl/bench/measure.hpp"
#include "trackside/runtime.hpp"

namespace trackside::bench {

/// A hit on 4,096 and on 100,000 keys, and on two threads.
Rows hit_rows(double seconds);
Rows memory_rows();
Rows eviction_rows();
/// Against a running redis-server without other clients, reachable at both endpoints.
Rows miss_rows(const Endpoint& tcp, const Endpoint& local, double seconds);

}  // namespace trackside::bench
