// Keys by position, counted (EVAL, ZUNION), or behind a word (MIGRATE, XREAD, SORT ... STORE).
#include "sim/redis/command_keys.hpp"

#include <optional>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {
namespace {

using Arguments = std::span<const std::string_view>;

/// As many as the argument at `count_index` says behind it; none if there are not as many.
Arguments counted_keys(Arguments arguments, std::size_t count_index) {
  if (count_index >= arguments.size()) return {};
  const std::int64_t count = parse_integer(arguments[count_index]).value_or(0);
  if (count < 1 || count > static_cast<std::int64_t>(arguments.size() - count_index - 1)) return {};
  return arguments.subspan(count_index + 1, static_cast<std::size_t>(count));
}

/// Where the number of keys stands: EVAL script numkeys, BLMPOP timeout numkeys, ZUNIONSTORE destination numkeys.
std::size_t count_index_of(std::string_view name) {
  const bool second = name.starts_with("eval") || name.starts_with("b") || name.ends_with("store");
  return second ? 2 : 1;
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

/// XREAD option... STREAMS key... id...
Arguments read_streams(Arguments arguments) {
  for (std::size_t index = 1; index < arguments.size(); ++index) {
    if (is_word(arguments[index], "streams")) {
      const std::size_t behind = arguments.size() - index - 1;
      return behind % 2 == 0 ? arguments.subspan(index + 1, behind / 2) : Arguments{};
    }
    if (is_word(arguments[index], "block") || is_word(arguments[index], "count")) index += 1;
    else if (is_word(arguments[index], "group")) index += 2;
    else if (!is_word(arguments[index], "noack")) return {};
  }
  return {};
}

/// SORT key option...: the last STORE counts, and a word that is another option's argument is none.
std::optional<std::string_view> destination_of_sort(Arguments arguments) {
  std::optional<std::string_view> destination;
  for (std::size_t index = 2; index + 1 < arguments.size(); ++index) {
    if (is_word(arguments[index], "limit")) index += 2;
    else if (is_word(arguments[index], "by") || is_word(arguments[index], "get")) index += 1;
    else if (is_word(arguments[index], "store")) destination = arguments[index + 1];
  }
  return destination;
}

/// GEORADIUS key longitude latitude radius unit option..., GEORADIUSBYMEMBER key member radius unit option...: what
/// stands behind the first such word, whatever that is to be.
std::optional<std::string_view> destination_of_places(const CommandSpec& command, Arguments arguments,
                                                      std::string_view word) {
  for (std::size_t index = command.name == "georadius" ? 6 : 5; index + 1 < arguments.size(); ++index)
    if (is_word(arguments[index], word)) return arguments[index + 1];
  return {};
}

/// What a command that may store its result behind its options writes to.
void add_destinations(const CommandSpec& command, Arguments arguments, std::vector<std::string_view>& out) {
  if (command.name == "sort") {
    if (const auto destination = destination_of_sort(arguments)) out.push_back(*destination);
  } else if (command.name == "georadius" || command.name == "georadiusbymember") {
    for (const std::string_view word : {"store", "storedist"})
      if (const auto destination = destination_of_places(command, arguments, word)) out.push_back(*destination);
  }
}

/// Of a command whose keys vary, but for a destination in front of them.
Arguments varying_keys(const CommandSpec& command, Arguments arguments) {
  if (command.name == "migrate") return migrated_keys(arguments);
  if (command.name.starts_with("xread")) return read_streams(arguments);
  return counted_keys(arguments, count_index_of(command.name));
}

}  // namespace

void add_keys(const CommandSpec& command, Arguments arguments, std::vector<std::string_view>& out) {
  if (command.has(flag_keys_vary) && command.first_key == 0) {
    const Arguments keys = varying_keys(command, arguments);
    if (command.name.ends_with("store")) out.push_back(arguments[1]);
    out.insert(out.end(), keys.begin(), keys.end());
    return;
  }
  const int count = static_cast<int>(arguments.size());
  const int last = command.last_key < 0 ? count + command.last_key : command.last_key;
  for (int index = command.first_key; index != 0 && index <= last && index < count; index += command.key_step)
    out.push_back(arguments[static_cast<std::size_t>(index)]);
  if (command.has(flag_keys_vary)) add_destinations(command, arguments, out);
}

}  // namespace trackside::sim::redis
