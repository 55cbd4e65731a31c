// A timeline as a small picture that needs no script: what is about the breach, from left to right.
//
// An instant is a column, and time between columns is not to scale. The lanes are those that have something to do with
// it; below a client's lane lies what its cache held, green, pale red while no server would have answered so, red when
// that is so for longer than is allowed. Numbers are the steps of the breach's way. Colours are classes; the page that
// holds the picture gives them (gallery_page.cpp).
#pragma once

#include <string>

#include "properties/testing/timeline/timeline.hpp"

namespace trackside::testing {

/// Requires a breach. One `svg` element.
std::string lane_picture(const Timeline& timeline);

}  // namespace trackside::testing
