// Keys by position, counted (EVAL), or behind a word (MIGRATE).
#include "sim/redis/command_keys.hpp"

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {
namespace {

using Arguments = std::span<const std::string_view>;

/// EVAL script numkeys key...; none if there are not as many as it says.
Arguments counted_keys(Arguments arguments) {
  constexpr std::size_t first = 3;
  const std::int64_t count = parse_integer(arguments[first - 1]).value_or(0);
  if (count < 1 || count > static_cast<std::int64_t>(arguments.size() - first)) return {};
  return arguments.subspan(first, static_cast<std::size_t>(count));
}

/// MIGRATE host port key database timeout options...; all behind KEYS if the key is empty.
Arguments migrated_keys(Arguments arguments) {
  for (std::size_t index = 6; index < arguments.size(); ++index) {
    if (is_word(arguments[index], "keys")) return arguments[3].empty() ? arguments.subspan(index + 1) : Arguments{};
    if (is_word(arguments[index], "auth")) index += 1;
    else if (is_word(arguments[index], "auth2")) index += 2;
  }
  return arguments.subspan(3, 1);
}

}  // namespace

void add_keys(const CommandSpec& command, Arguments arguments, std::vector<std::string_view>& out) {
  if (command.has(flag_keys_vary)) {
    const Arguments keys = command.name == "migrate" ? migrated_keys(arguments) : counted_keys(arguments);
    out.insert(out.end(), keys.begin(), keys.end());
    return;
  }
  const int count = static_cast<int>(arguments.size());
  const int last = command.last_key < 0 ? count + command.last_key : command.last_key;
  for (int index = command.first_key; index != 0 && index <= last && index < count; index += command.key_step)
    out.push_back(arguments[static_cast<std::size_t>(index)]);
}

}  // namespace trackside::sim::redis
