// Words of commands, compared as Redis compares them: without regard to the case of letters, in ASCII only.
#pragma once

#include <cstddef>
#include <string_view>

namespace trackside::client {

constexpr char upper(char letter) {
  const bool lower = static_cast<unsigned char>(letter - 'a') < 26;
  return static_cast<char>(letter - (lower ? 'a' - 'A' : 0));
}

/// Whether `text` is that word. Requires an upper-case `word`.
constexpr bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) {
    return false;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (upper(text[at]) != word[at]) {
      return false;
    }
  }
  return true;
}

}  // namespace trackside::client
