// How far an exploration is, for whoever watches: one line on a terminal, rewritten in place; nothing in a pipe. Hands
// Ctrl-C on to the exploration, which then ends with what it has.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "properties/testing/search/explore.hpp"
#include "properties/tool/commands.hpp"

namespace trackside::tool {

inline std::string count_text(double count) {
  if (count >= 1e6) {
    return fmt::format("{:.2f} M", count / 1e6);
  }
  return count >= 1e4 ? fmt::format("{:.1f} k", count / 1e3) : fmt::format("{:.0f}", count);
}

class ProgressLine {
 public:
  ProgressLine(testing::Progress& progress, std::string subject)
      : progress_(progress), subject_(std::move(subject)), begin_(std::chrono::steady_clock::now()) {
    thread_ = std::thread{[this] { watch(); }};
  }
  ~ProgressLine() {
    done_ = true;
    thread_.join();
    if (isatty(STDERR_FILENO) != 0) {
      fmt::print(stderr, "\r\033[K");
    }
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  void watch() {
    const bool terminal = isatty(STDERR_FILENO) != 0;
    for (int tick = 1; !done_; ++tick) {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      if (interrupted()) {
        progress_.stop = true;
      }
      if (terminal && tick % 10 == 0) {
        print();
      }
    }
  }

  void print() {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    fmt::print(stderr, "\r\033[K{}: {} runs, {:.1f} h of virtual time, {} events/s, {} violations", subject_,
               progress_.runs.load(), static_cast<double>(progress_.virtual_milliseconds.load()) / 3.6e6,
               count_text(static_cast<double>(progress_.events.load()) / seconds), progress_.violations.load());
  }

  testing::Progress& progress_;
  std::string subject_;
  std::chrono::steady_clock::time_point begin_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace trackside::tool
