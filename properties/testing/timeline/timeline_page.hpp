// A timeline as one page that needs nothing else: its data, style and script are in it.
//
// Whatever bytes keys and values hold, they are data there: escaped for JSON and HTML, and a policy in the page forbids
// it to load anything. The page's own files lie in `page/`; CMake puts them into the program.
#pragma once

#include <string>
#include <string_view>

#include "properties/testing/timeline/timeline.hpp"

namespace trackside::testing {

/// `replay` is the line that runs it again.
std::string page_of(const Timeline& timeline, std::string_view replay);

/// How many things there are to draw: what the page says in `data-events` when it has drawn itself.
std::size_t events_in(const Timeline& timeline);

}  // namespace trackside::testing
