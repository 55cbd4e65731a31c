// Bytes per entry as the allocator counts them, beside a std::unordered_map with a list, and beside the cache's own
// sum.
#include <malloc.h>

#include <memory>
#include <unordered_map>

#include "impl/bench/baselines.hpp"
#include "impl/bench/benches.hpp"
#include "impl/bench/data.hpp"

namespace trackside::bench {
namespace {

using StdLru = BareLru<std::unordered_map<std::string, BareList::iterator>, BareList>;

double allocated() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

}  // namespace

Rows memory_rows() {
  constexpr std::size_t count = 100'000;
  const std::vector<std::string> keys = keys_of(count);
  const BootClock clock;

  double before = allocated();
  const auto cache = std::make_unique<NodeTrackingCache>(options_for(-1));
  cache->initialize(clock, {.server = "bench"});
  vouch(*cache, clock);
  for (const std::string& key : keys) {
    put(*cache, key);
  }
  const double ours = (allocated() - before) / count;
  const double counted = static_cast<double>(cache->bytes()) / count;

  before = allocated();
  const auto bare = std::make_unique<StdLru>(count);
  for (const std::string& key : keys) {
    bare->put(key, value());
  }
  const double theirs = (allocated() - before) / count;
  keep(*bare);

  return {
      {"memory of an entry, 100,000 keys", ours, "B", "std::unordered_map + list", theirs / ours, at_most(190, ours)},
      {"the same as bytes() counts it", counted, "B", "the allocator", ours / counted, {}}};
}

}  // namespace trackside::bench
