#include "seam/mark.hpp"

#if TRACKSIDE_MARKS

namespace trackside {
namespace {

/// The one variable outside of everything: passing it along would change every part for what none of them reads.
thread_local MarkCounts counts{};

}  // namespace

void note_mark(Mark mark) noexcept { ++counts[static_cast<std::size_t>(mark)]; }
MarkCounts mark_counts() noexcept { return counts; }

}  // namespace trackside

#endif
