#include "properties/testing/search/twice.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <fmt/format.h>

#include "sim/kernel/hash.hpp"

namespace trackside::testing {
namespace {

/// While it lives new memory is found elsewhere and in another order than without it, and holds other bytes.
class OtherHeap {
 public:
  explicit OtherHeap(std::uint64_t seed) {
    fill_by('\x5a');
    for (std::uint64_t at = 0; at < blocks; ++at) {
      const std::size_t size = 16 + sim::mix(seed + at) % 1'500;
      blocks_.push_back(std::make_unique<char[]>(size));
      std::memset(blocks_.back().get(), static_cast<int>(at), size);
    }
    // Holes among what stays.
    std::sort(blocks_.begin(), blocks_.end(), [&](const auto& one, const auto& other) {
      return sim::mix(reinterpret_cast<std::uintptr_t>(one.get()) ^ seed) <
             sim::mix(reinterpret_cast<std::uintptr_t>(other.get()) ^ seed);
    });
    blocks_.resize(blocks / 3);
  }
  OtherHeap(const OtherHeap&) = delete;
  OtherHeap& operator=(const OtherHeap&) = delete;
  ~OtherHeap() { fill_by(0); }

 private:
  static constexpr std::uint64_t blocks = 3'000;

  static void fill_by([[maybe_unused]] int byte) {
#if defined(__GLIBC__)
    mallopt(M_PERTURB, byte);
#endif
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
};

/// Leaves bytes where the next function's locals will be.
[[gnu::noinline]] void scribble_on_the_stack(int byte) {
  std::array<char, 128 * 1024> bytes;
  std::memset(bytes.data(), byte, bytes.size());
  asm volatile("" : : "r"(bytes.data()) : "memory");  // or it is left out
}

std::string told_of(const RunResult& result, std::size_t event) {
  if (event >= result.steps.size()) {
    return fmt::format("the run is over after {} events\n", result.steps.size());
  }
  const sim::Step& step = result.steps[event];
  std::string text = fmt::format("{}\n", to_text(step));
  for (const StoryLine& line : result.story) {
    if (line.at == step.at) {
      text += fmt::format("  {:<10} {}\n", line.who, line.text);
    }
  }
  return text;
}

}  // namespace

std::string to_text(const sim::Step& step) {
  return fmt::format("{}.{:09} {} {} {:016x}", step.at / sim::second, step.at % sim::second, sim::name_of(step.kind),
                     step.entity, step.hash);
}

std::optional<Parting> run_twice(const sim::Scenario& scenario, const CacheFactory& make) {
  const RunOptions options{.story = true, .steps = true, .make = make};
  scribble_on_the_stack(0);
  const RunResult first = run(scenario, options);
  RunResult second;
  {
    const OtherHeap heap{scenario.seed};
    scribble_on_the_stack(0xa5);
    second = run(scenario, options);
  }
  const auto differs =
      std::mismatch(first.steps.begin(), first.steps.end(), second.steps.begin(), second.steps.end());
  const auto event = static_cast<std::size_t>(differs.first - first.steps.begin());
  if (event == first.steps.size() && event == second.steps.size()) {
    return std::nullopt;
  }
  Parting parting{.event = event + 1, .at = sim::end_of_time};
  for (const RunResult* result : {&std::as_const(first), &std::as_const(second)}) {
    if (event < result->steps.size()) {
      parting.at = std::min(parting.at, result->steps[event].at);
    }
  }
  parting.first = told_of(first, event);
  parting.second = told_of(second, event);
  return parting;
}

}  // namespace trackside::testing
