// A short text for each slot that belongs to it: what stands in the names of channels and keys that are about a slot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trackside::resp {

/// The shard channel whose subscription guards a slot: "trackside:{n}" with a number n, so that it is in that slot.
/// Users with restricted channels need `&trackside:*`.
std::string guard_channel(std::uint16_t slot);

/// The slot whose guard this channel is; nothing for other channels.
std::optional<std::uint16_t> slot_of_guard(std::string_view channel);

}  // namespace trackside::resp
