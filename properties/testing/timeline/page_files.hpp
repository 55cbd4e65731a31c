// The files of `page/`, as CMake put them into the program.
#pragma once

#include <string_view>

namespace trackside::testing::page_files {

extern const std::string_view frame;   // page.html
extern const std::string_view style;   // page.css
extern const std::string_view script;
extern const std::string_view gallery_style;  // items.js, drawing.js and controls.js, in this order
extern const std::string_view gallery_style;  // gallery.css

}  // namespace trackside::testing::page_files
