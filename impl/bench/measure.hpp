// How the benchmarks measure: everything that is compared takes turns in one process, and only ratios are judged.
//
// The same code moves by up to 2.5 times between two runs minutes apart on a shared machine, so an absolute time says
// little. A group's cases run one after the other, round by round, in alternating direction; a figure is the median
// over the rounds, and a ratio is the median of the rounds' ratios, so that drift slower than a round cancels.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace trackside::bench {

struct Budget {
  std::string text;  // ">= 0.50", "<= 190 B"
  bool met = false;
};

/// One line of the table. `ratio` is speed (or thrift) relative to the limit: 1 is equal, more is better.
struct Row {
  std::string name;
  double value = 0;
  std::string unit;
  std::string compared_with{};
  std::optional<double> ratio{};
  std::optional<Budget> budget{};
};
using Rows = std::vector<Row>;

Budget at_least(double limit, double found);
Budget at_most(double limit, double found);

inline constexpr std::size_t rounds = 9;

/// Does the work so many times and returns the nanoseconds that took.
using Work = std::function<double(std::uint64_t times)>;

/// A group of cases that took turns. Cases are named by their position.
class Interleaved {
 public:
  /// `seconds` for each case, all rounds together, calibration not counted.
  Interleaved(const std::vector<Work>& cases, double seconds);

  double nanoseconds(std::size_t of) const;
  double per_second(std::size_t of) const { return 1e9 / nanoseconds(of); }
  /// How many times as fast as the other.
  double speed(std::size_t of, std::size_t against) const;

 private:
  std::vector<std::vector<double>> samples_;  // by case, then round: nanoseconds per time
};

double median(std::vector<double> values);

/// Nanoseconds on a clock for measuring, and the time that this thread alone has used a processor.
double wall_nanoseconds();
double thread_nanoseconds();

/// A loop over `once`, which gets the number of the turn, measured on one of the two clocks: work that never waits in
/// time on a processor, so that other programs on the machine cost it less.
template <class Once>
Work repeated(double (*clock)(), Once once) {
  return [clock, once](std::uint64_t times) mutable {
    const double start = clock();
    for (std::uint64_t turn = 0; turn < times; ++turn) {
      once(turn);
    }
    return clock() - start;
  };
}
template <class Once>
Work computing(Once once) {
  return repeated(&thread_nanoseconds, once);
}
template <class Once>
Work waiting(Once once) {
  return repeated(&wall_nanoseconds, once);
}

/// The compiler must assume that somebody reads the value and may change memory.
template <class Value>
void keep(const Value& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace trackside::bench
