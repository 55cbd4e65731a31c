// Marks: rare situations by name, so that a run can tell how often it met them, and CI which one nothing ever meets.
//
//   TRACKSIDE_MARK(lease_expired_at_read);                       here we are
//   TRACKSIDE_MARK_IF(lease_expired_at_read, !lease.runs(now));  if so, which is asked only where marks are counted
//
// A mark is a statement of its own on a branch that is rare, never on that of a cached hit. It changes nothing, and
// where TRACKSIDE_MARKS is off, as in the library that is installed, no code is made of it. What there is stands in
// mark_list.hpp; a name that does not is an error of the compiler. Each thread counts for itself, so a run, which never
// leaves its thread, is the difference of two `mark_counts()`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "seam/mark_list.hpp"

namespace trackside {

enum class Mark : std::uint8_t {
#define TRACKSIDE_MARK_NAME(name, sentence) name,
  TRACKSIDE_MARK_LIST(TRACKSIDE_MARK_NAME)
#undef TRACKSIDE_MARK_NAME
};

struct MarkText {
  std::string_view name;
  std::string_view sentence;
};

inline constexpr std::array mark_texts{
#define TRACKSIDE_MARK_TEXT(name, sentence) MarkText{#name, sentence},
    TRACKSIDE_MARK_LIST(TRACKSIDE_MARK_TEXT)
#undef TRACKSIDE_MARK_TEXT
};
inline constexpr std::size_t mark_count = mark_texts.size();

using MarkCounts = std::array<std::uint64_t, mark_count>;

#if TRACKSIDE_MARKS
inline constexpr bool counts_marks = true;
void note_mark(Mark mark) noexcept;
/// Of this thread, since it began.
MarkCounts mark_counts() noexcept;
#else
inline constexpr bool counts_marks = false;
inline MarkCounts mark_counts() noexcept { return {}; }
#endif

}  // namespace trackside

#if TRACKSIDE_MARKS
#define TRACKSIDE_MARK(name) ::trackside::note_mark(::trackside::Mark::name)
#define TRACKSIDE_MARK_IF(name, ...) (static_cast<bool>(__VA_ARGS__) ? TRACKSIDE_MARK(name) : static_cast<void>(0))
#else
#define TRACKSIDE_MARK(name) static_cast<void>(::trackside::Mark::name)
#define TRACKSIDE_MARK_IF(name, ...) static_cast<void>(sizeof(::trackside::Mark::name, static_cast<bool>(__VA_ARGS__)))
#endif
