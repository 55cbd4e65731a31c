#include "resp/slot_tags.hpp"

#include <array>

#include "resp/slot.hpp"

namespace trackside::resp {
namespace {

constexpr std::string_view prefix = "trackside:{";

/// The smallest number whose digits hash to each slot.
std::array<std::uint32_t, slot_count> smallest_numbers() {
  std::array<std::uint32_t, slot_count> numbers{};
  std::array<bool, slot_count> is_found{};
  std::uint32_t number = 0;
  for (std::uint32_t missing = slot_count; missing > 0; ++number) {
    const std::uint16_t slot = slot_of(std::to_string(number));
    if (!is_found[slot]) {
      is_found[slot] = true;
      numbers[slot] = number;
      --missing;
    }
  }
  return numbers;
}

std::string channel_of(std::uint32_t number) { return std::string{prefix}.append(std::to_string(number)).append("}"); }

std::uint32_t number_of(std::uint16_t slot) {
  static const std::array<std::uint32_t, slot_count> numbers = smallest_numbers();
  return numbers[slot];
}

}  // namespace

std::string guard_channel(std::uint16_t slot) { return channel_of(number_of(slot)); }

std::optional<std::uint16_t> slot_of_guard(std::string_view channel) {
  const std::uint16_t slot = slot_of(channel);
  return channel.starts_with(prefix) && channel == guard_channel(slot) ? std::optional{slot} : std::nullopt;
}

}  // namespace trackside::resp
