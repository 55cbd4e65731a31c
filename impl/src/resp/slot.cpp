#include "resp/slot.hpp"

#include <array>

namespace trackside::resp {
namespace {

constexpr std::array<std::uint16_t, 256> remainders = [] {
  constexpr unsigned polynomial = 0x1021;
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned remainder = byte << 8;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder << 1) ^ ((remainder & 0x8000) != 0 ? polynomial : 0);
    }
    table[byte] = static_cast<std::uint16_t>(remainder);
  }
  return table;
}();

std::string_view tag_of(std::string_view key) noexcept {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) {
    return key;
  }
  const std::size_t close = key.find('}', open + 1);
  return close == std::string_view::npos || close == open + 1 ? key : key.substr(open + 1, close - open - 1);
}

}  // namespace

std::uint16_t slot_of(std::string_view key) noexcept {
  unsigned remainder = 0;
  for (const char letter : tag_of(key)) {
    const auto byte = static_cast<unsigned char>(letter);
    remainder = ((remainder << 8) ^ remainders[(remainder >> 8 ^ byte) & 0xFF]) & 0xFFFF;
  }
  return static_cast<std::uint16_t>(remainder % slot_count);
}

}  // namespace trackside::resp
