// The client's own counters: written on its executor, read by any thread.
//
// One writer, so a plain load and store suffices and no processor waits for another; what several threads count (hits
// of MGET, which any thread may ask for) is added atomically. Relaxed throughout: each figure is right by itself.
// Neighbours: trackside/metrics.hpp says what each of them means; metrics.cpp makes values of them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "client/figure.hpp"
#include "seam/assertion.hpp"
#include "trackside/metrics.hpp"

namespace trackside::client {

/// By reason. Errors of the library only, which are all that a client ends commands and links with.
class ReasonFigures {
 public:
  void count(error_code reason) {
    TRACKSIDE_ASSERT(reason.category() == error_category() && reason.value() > 0 && reason.value() <= last);
    ++figures_[static_cast<std::size_t>(reason.value())];
  }
  void reset() {
    for (Figure& figure : figures_) figure.reset();
  }
  std::uint64_t of(Errc reason) const { return figures_[static_cast<std::size_t>(reason)].value(); }
  /// All that occurred, and those up to `usual` even if they did not.
  std::vector<ReasonCount> counts(Errc usual) const {
    std::vector<ReasonCount> all;
    for (int reason = 1; reason <= last; ++reason) {
      const std::uint64_t count = figures_[static_cast<std::size_t>(reason)].value();
      if (reason <= static_cast<int>(usual) || count > 0) {
        all.push_back({static_cast<Errc>(reason), count});
      }
    }
    return all;
  }

 private:
  static constexpr int last = static_cast<int>(Errc::sentinel_unsupported);
  std::array<Figure, last + 1> figures_{};
};

/// Reason by reason; what was not in the sum comes last.
void add_to(std::vector<ReasonCount>& sum, const std::vector<ReasonCount>& more);

struct Tally {
  Figure kept, revoked, unhealthy, bounds, nil, abandoned, unopened;
  Figure fills_open;
  std::atomic<std::uint64_t> mget_cached{0};
  Figure mget_mixed, mget_repeated;
  Figure hits_checked;
  Figure submitted, joined;
  ReasonFigures failed;
  Figure links;
  ReasonFigures lost;
  Figure registered, bypasses, barriers, flushes, invalidation_messages;
  std::atomic<std::int64_t> anchor{no_anchor};  // of the vouching link's latest proof

  static constexpr std::int64_t no_anchor = INT64_MIN;

  /// A `put` ended the fill; a cache without fills may keep a reply all the same.
  void count(Fill fill, PutResult result);
};

}  // namespace trackside::client
