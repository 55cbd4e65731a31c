// Cached hits beside a bare LRU map, and two threads beside two private stores.
#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "impl/bench/baselines.hpp"
#include "impl/bench/benches.hpp"
#include "impl/bench/data.hpp"
#include "trackside/asio_runtime.hpp"
#include "trackside/client_core.hpp"

namespace trackside::bench {
namespace {

class FilledCache {
 public:
  explicit FilledCache(const std::vector<std::string>& keys) : cache(options_for(-1)) {
    cache.initialize(clock_, {.server = "bench"});
    vouch(cache, clock_);
    for (const std::string& key : keys) {
      put(cache, key);
    }
  }

  NodeTrackingCache cache;

 private:
  BootClock clock_;
};

Work hits_of(NodeTrackingCache& cache, const std::vector<std::string>& keys, const std::vector<std::uint32_t>& order) {
  return computing([&cache, &keys, &order, out = Reply{}](std::uint64_t turn) mutable {
    require_hit(cache.get({.command = "GET", .key = keys[order[turn % draws]]}, out));
    keep(out);
  });
}

/// A client that is never started, whose cache is told that a link is up: `cached` needs no more.
class FilledClient {
 public:
  explicit FilledClient(const std::vector<std::string>& keys)
      : runtime_(context_.get_executor()),
        cache_(std::make_shared<NodeTrackingCache>(options_for(-1))),
        core(runtime_, {}, cache_) {
    vouch(*cache_, runtime_);
    commands.reserve(keys.size());
    for (const std::string& key : keys) {
      put(*cache_, key);
      commands.emplace_back("GET", key);
    }
  }

 private:
  boost::asio::io_context context_;
  AsioRuntime runtime_;
  std::shared_ptr<NodeTrackingCache> cache_;

 public:
  ClientCore core;
  std::vector<Command> commands;
};

Rows one_thread(std::size_t count, const std::string& title, double budget, double seconds) {
  const std::vector<std::string> keys = keys_of(count);
  const std::vector<std::uint32_t> order = uniform(1, count);
  AbslLru bare(count);
  for (const std::string& key : keys) {
    bare.put(key, value());
  }
  FilledCache filled(keys);
  FilledClient client(keys);
  const Interleaved measured({computing([&, out = std::string{}](std::uint64_t turn) mutable {
                                require_hit(bare.get(keys[order[turn % draws]], out));
                                keep(out);
                              }),
                              hits_of(filled.cache, keys, order),
                              computing([&, out = Reply{}](std::uint64_t turn) mutable {
                                require_hit(client.core.cached(client.commands[order[turn % draws]], out));
                                keep(out);
                              })},
                             seconds);
  const double ratio = measured.speed(1, 0);
  Rows rows{{"bare absl map + list, " + title, measured.nanoseconds(0), "ns"},
            {"hit, " + title, measured.nanoseconds(1), "ns", "bare absl map + list", ratio, {}},
            {"hit through ClientCore, " + title, measured.nanoseconds(2), "ns", "bare absl map + list",
             measured.speed(2, 0), {}}};
  if (budget > 0) {
    rows[1].budget = at_least(budget, ratio);
  }
  return rows;
}

/// How much of a measurement's time both threads had a processor: 1 on an idle machine.
struct Overlap {
  double processor = 0;
  double wall = 0;
  double share() const { return processor / (2 * wall); }
};

/// The first work on this thread and the second on another, begun together. Each is measured in its own time on a
/// processor and their speeds are added, so that a busy machine costs less; `overlap` tells what that is worth.
Work together(Work first, Work second, Overlap& overlap) {
  return [first = std::move(first), second = std::move(second), &overlap](std::uint64_t times) {
    const std::uint64_t half = std::max<std::uint64_t>(times / 2, 1);
    std::atomic<int> ready{0};
    double took_second = 0;
    std::thread other([&] {
      for (++ready; ready.load() != 2;) {
        std::this_thread::yield();
      }
      took_second = second(half);
    });
    while (ready.load() != 1) {
      std::this_thread::yield();
    }
    const double start = wall_nanoseconds();
    ++ready;
    const double took_first = first(half);
    other.join();
    overlap.wall += wall_nanoseconds() - start;
    overlap.processor += took_first + took_second;
    const double per_nanosecond = static_cast<double>(half) / took_first + static_cast<double>(half) / took_second;
    return static_cast<double>(times) / per_nanosecond;
  };
}

Rows two_threads(double seconds) {
  constexpr std::size_t count = 4096;
  const std::vector<std::string> keys = keys_of(count);
  const std::vector<std::uint32_t> first_order = uniform(2, count);
  const std::vector<std::uint32_t> second_order = uniform(3, count);
  FilledCache first(keys);
  FilledCache second(keys);
  const auto loop = [&keys](NodeTrackingCache& cache, const std::vector<std::uint32_t>& order) {
    return hits_of(cache, keys, order);
  };
  Overlap shared_overlap;
  Overlap private_overlap;
  const Interleaved measured(
      {hits_of(first.cache, keys, first_order),
       together(loop(first.cache, first_order), loop(first.cache, second_order), shared_overlap),
       together(loop(first.cache, first_order), loop(second.cache, second_order), private_overlap)},
      seconds);
  const auto row = [&](const std::string& name, std::size_t of, const std::string& with, std::size_t against) {
    return Row{name, measured.per_second(of) / 1e6, "M/s", with, measured.speed(of, against), {}};
  };
  Rows rows{row("hits on two threads", 1, "two private stores", 2), row("hits on two threads", 1, "one thread", 0),
            row("hits on two private stores", 2, "one thread", 0),
            {"time that both threads were running", 100 * shared_overlap.share(), "%"}};
  constexpr double enough_to_judge = 0.9;  // threads that hardly meet hardly disturb each other
  if (shared_overlap.share() >= enough_to_judge) {
    rows[0].budget = at_least(0.85, *rows[0].ratio);
    rows[1].budget = at_least(1.4, *rows[1].ratio);
  } else {
    rows.back().compared_with = "too busy to judge these";
  }
  return rows;
}

}  // namespace

Rows hit_rows(double seconds) {
  Rows rows = one_thread(4096, "4,096 keys", 0.5, seconds);
  for (Row& row : one_thread(100'000, "100,000 keys", 0, seconds)) {
    rows.push_back(std::move(row));
  }
  for (Row& row : two_threads(seconds)) {
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace trackside::bench
