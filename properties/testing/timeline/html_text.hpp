// Text as text of a page, whatever bytes it holds.
#pragma once

#include <string>
#include <string_view>

namespace trackside::testing {

inline std::string html_text(std::string_view text) {
  std::string html;
  for (const char each : text) {
    switch (each) {
      case '&': html += "&amp;"; break;
      case '<': html += "&lt;"; break;
      case '>': html += "&gt;"; break;
      case '"': html += "&quot;"; break;
      case '\'': html += "&#39;"; break;
      default: html += each; break;
    }
  }
  return html;
}

}  // namespace trackside::testing
