// The lexical rules that are too long for a header; see syntax.hpp.
#include "resp/syntax.hpp"

namespace trackside::resp {

namespace {

std::size_t skip_digits(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_digit(text[at])) {
    ++at;
  }
  return at;
}

/// The position after digits that begin at `at`, or npos when there are none.
std::size_t skip_some_digits(std::string_view text, std::size_t at) noexcept {
  const std::size_t end = skip_digits(text, at);
  return end == at ? std::string_view::npos : end;
}

}  // namespace

bool is_number(std::string_view text) noexcept {
  const std::string_view magnitude = text.substr(!text.empty() && text.front() == '-' ? 1 : 0);
  if (magnitude == "inf" || magnitude == "nan") {
    return true;
  }
  std::size_t at = skip_some_digits(magnitude, 0);
  if (at < magnitude.size() && magnitude[at] == '.') {
    at = skip_some_digits(magnitude, at + 1);
  }
  if (at < magnitude.size() && (magnitude[at] == 'e' || magnitude[at] == 'E')) {
    ++at;
    if (at < magnitude.size() && (magnitude[at] == '+' || magnitude[at] == '-')) {
      ++at;
    }
    at = skip_some_digits(magnitude, at);
  }
  return at == magnitude.size();
}

bool is_big_number(std::string_view text) noexcept {
  const std::size_t first = !text.empty() && text.front() == '-' ? 1 : 0;
  return skip_some_digits(text, first) == text.size();
}

}  // namespace trackside::resp
