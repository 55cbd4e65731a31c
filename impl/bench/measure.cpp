#include "impl/bench/measure.hpp"

#include <time.h>

#include <algorithm>

#include <fmt/format.h>

namespace trackside::bench {
namespace {

double read(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

/// How often the work has to be done to fill the given time, on the wall even if it is measured on another clock: a
/// busy machine makes the figures worse and not the command longer.
std::uint64_t calibrate(const Work& work, double nanoseconds) {
  std::uint64_t times = 1;
  for (;;) {
    const double start = wall_nanoseconds();
    work(times);
    const double took = wall_nanoseconds() - start;
    if (took >= nanoseconds / 8 || times >= (std::uint64_t{1} << 40)) {
      return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(times) * nanoseconds / took));
    }
    times *= took < nanoseconds / 64 ? 8 : 2;
  }
}

}  // namespace

Budget at_least(double limit, double found) { return {fmt::format(">= {:.6g}", limit), found >= limit}; }
Budget at_most(double limit, double found) { return {fmt::format("<= {:.6g}", limit), found <= limit}; }

double wall_nanoseconds() { return read(CLOCK_MONOTONIC); }
double thread_nanoseconds() { return read(CLOCK_THREAD_CPUTIME_ID); }

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Interleaved::Interleaved(const std::vector<Work>& cases, double seconds) : samples_(cases.size()) {
  std::vector<std::uint64_t> times;
  for (const Work& work : cases) {
    times.push_back(calibrate(work, seconds * 1e9 / static_cast<double>(rounds)));
  }
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t turn = 0; turn < cases.size(); ++turn) {
      const std::size_t at = round % 2 == 0 ? turn : cases.size() - 1 - turn;
      samples_[at].push_back(cases[at](times[at]) / static_cast<double>(times[at]));
    }
  }
}

double Interleaved::nanoseconds(std::size_t of) const { return median(samples_[of]); }

double Interleaved::speed(std::size_t of, std::size_t against) const {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < rounds; ++round) {
    ratios.push_back(samples_[against][round] / samples_[of][round]);
  }
  return median(std::move(ratios));
}

}  // namespace trackside::bench
