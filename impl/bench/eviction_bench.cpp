// The longest that one put takes while every put evicts. Counted in time on a processor, or it would tell how busy the
// machine is; the worst of a round is a maximum, so the rounds' median stands for it.
#include <algorithm>
#include <string>

#include "impl/bench/baselines.hpp"
#include "impl/bench/benches.hpp"
#include "impl/bench/data.hpp"

namespace trackside::bench {
namespace {

struct Pauses {
  std::vector<double> worst;
  std::vector<double> mean;
};

/// What looking at the clock twice costs.
double cost_of_looking() {
  std::vector<double> costs;
  for (int time = 0; time < 1001; ++time) {
    const double start = thread_nanoseconds();
    costs.push_back(thread_nanoseconds() - start);
  }
  return median(std::move(costs));
}

template <class Put>
void one_round(Pauses& pauses, std::uint64_t puts, std::uint64_t& next_key, const Put& put_one) {
  const double looking = cost_of_looking();
  double worst = 0;
  double sum = 0;
  for (std::uint64_t number = 0; number < puts; ++number) {
    const std::string key = key_of(next_key++);
    const double start = thread_nanoseconds();
    put_one(key);
    const double took = thread_nanoseconds() - start - looking;
    worst = std::max(worst, took);
    sum += took;
  }
  pauses.worst.push_back(worst);
  pauses.mean.push_back(sum / static_cast<double>(puts));
}

void add_rows(Rows& rows, std::size_t count, const std::string& title) {
  const BootClock clock;
  NodeTrackingCache cache(options_for(static_cast<std::int64_t>(count)));
  cache.initialize(clock, {.server = "bench"});
  vouch(cache, clock);
  AbslLru bare(count);
  for (const std::string& key : keys_of(count)) {
    put(cache, key);
    bare.put(key, value());
  }
  Pauses ours;
  Pauses theirs;
  std::uint64_t next_ours = count;
  std::uint64_t next_theirs = count;
  const std::uint64_t puts = std::max<std::uint64_t>(count / 4, 4096);
  for (std::size_t round = 0; round < rounds; ++round) {
    one_round(ours, puts, next_ours, [&](const std::string& key) { put(cache, key); });
    one_round(theirs, puts, next_theirs, [&](const std::string& key) { bare.put(key, value()); });
  }
  const double worst = median(ours.worst) / 1e3;
  const double mean = median(ours.mean);
  rows.push_back({"worst put with eviction, " + title, worst, "us", "bare absl map + list",
                  median(theirs.worst) / 1e3 / worst, Budget{"stated", true}});
  rows.push_back(
      {"mean put with eviction, " + title, mean, "ns", "bare absl map + list", median(theirs.mean) / mean, {}});
}

}  // namespace

Rows eviction_rows() {
  Rows rows;
  add_rows(rows, 4096, "4,096 keys");
  add_rows(rows, 100'000, "100,000 keys");
  return rows;
}

}  // namespace trackside::bench
