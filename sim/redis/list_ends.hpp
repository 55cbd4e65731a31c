// The two ends of a list, and what pops at one of them: shared by the commands that wait and those that do not.
#pragma once

#include <string>
#include <string_view>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

enum class End : std::uint8_t { left, right };

/// Requires: the list is not empty.
std::string take(List& list, End end);
bool parse_end(std::string_view text, End& end);
/// From one list to the same or another, as LMOVE does, with the pushes and the reply. Requires: the source is there.
void move_element(Context& context, Typed<List>& source, End from_end, End to_end);

/// A request that pops from the first of several keys that has something: LMPOP, ZMPOP and their blocking forms.
struct PopRequest {
  Arguments keys;
  std::size_t end_index;  // of the word that says from which end
  std::int64_t count = 1;
};

/// `count_index`: where the number of keys stands. Nothing once an error has been answered.
std::optional<PopRequest> parse_pop(Context& context, std::size_t count_index, std::string_view low_word,
                                    std::string_view high_word);

}  // namespace trackside::sim::redis
