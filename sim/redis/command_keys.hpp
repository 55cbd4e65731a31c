// Which keys, or shard channels, a request names.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sim/redis/command_table.hpp"

namespace trackside::sim::redis {

/// Appends them in the order in which they stand. A request that is wrong in itself may name fewer or none: its own
/// command will say so.
void add_keys(const CommandSpec& command, std::span<const std::string_view> arguments,
              std::vector<std::string_view>& out);

}  // namespace trackside::sim::redis
