// The story of a run, for people: lines with a time, an actor and what happened.
//
// Off in blind runs, where it costs one branch; callers build text only inside `if (trace.on())`. It is written to and
// never read by the world, so a run is the same with and without it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/instant.hpp"

namespace trackside::sim {

class Trace {
 public:
  struct Line {
    Instant at;
    std::string who;
    std::string text;

    friend bool operator==(const Line&, const Line&) = default;
  };

  bool on() const noexcept { return on_; }
  void switch_on() noexcept { on_ = true; }

  /// Requires on(): whoever builds text for nothing slows every run.
  void add(Instant at, std::string who, std::string text) { lines_.push_back({at, std::move(who), std::move(text)}); }

  const std::vector<Line>& lines() const noexcept { return lines_; }

 private:
  bool on_ = false;
  std::vector<Line> lines_;
};

}  // namespace trackside::sim
