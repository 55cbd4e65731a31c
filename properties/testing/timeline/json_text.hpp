// Strings as JSON that may stand in a page: ASCII, and nothing in it that HTML could take for its own.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace trackside::testing {

/// In quotes. Bytes that are not ASCII stand for the characters of the same number.
inline std::string json_text(std::string_view text) {
  std::string json = "\"";
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte < 0x20 || byte >= 0x7f || each == '<' || each == '>' || each == '&' || each == '\'') {
      json += fmt::format("\\u{:04x}", byte);
    } else {
      json += each == '"' || each == '\\' ? "\\" : "";
      json += each;
    }
  }
  return json + '"';
}

/// The list in brackets, each element as `text` gives it.
template <class List, class Text>
std::string json_list(const List& list, const Text& text) {
  std::string json = "[";
  for (const auto& each : list) {
    json += json.size() > 1 ? "," : "";
    json += text(each);
  }
  return json + ']';
}

}  // namespace trackside::testing
