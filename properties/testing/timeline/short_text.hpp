// Bytes as short text for people: one line of ASCII, whatever a key or a value holds.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "sim/scenario_words.hpp"

namespace trackside::testing {

/// How long a value is shown.
inline constexpr std::size_t value_text_max = 40;

/// At most so many characters, the last three of them dots where something was left out.
inline std::string cut(std::string text, std::size_t length_max) {
  if (text.size() > length_max) {
    text.resize(length_max - 3);
    text += "...";
  }
  return text;
}

/// A word as a scenario has it: in quotes and with \xNN where it needs them.
inline std::string short_word(std::string_view word, std::size_t length_max = 40) {
  return cut(sim::quoted(word.substr(0, length_max + 1)), length_max);
}

/// "SET k v1"; words are anything that a string_view is made of.
template <class Words>
std::string short_words(const Words& words, std::size_t length_max = 120) {
  std::string text;
  for (const auto& word : words) {
    text += text.empty() ? "" : " ";
    text += short_word(word);
    if (text.size() > length_max) {
      break;
    }
  }
  return cut(std::move(text), length_max);
}

}  // namespace trackside::testing
