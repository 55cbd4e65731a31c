// The keys that a command names, by the form in which its row says that they stand.
//
// Arguments are whatever the caller wrote, so no number in them is trusted: a count is cut to the arguments that there
// are, and one that cannot be read counts them all. The server refuses such a command; until it has, each of them is
// taken for a key, which is the safe mistake.
#include <algorithm>
#include <cstddef>
#include <span>

#include "client/command_info.hpp"
#include "client/words.hpp"

namespace trackside::client {
namespace {

/// An option that is followed by words of its own, which may look like options.
struct OptionWithWords {
  std::string_view word;
  std::size_t words;
};

constexpr OptionWithWords stream_options[] = {{"BLOCK", 1}, {"COUNT", 1}, {"GROUP", 2}};
constexpr OptionWithWords migrate_options[] = {{"AUTH", 1}, {"AUTH2", 2}};

/// Where the option `wanted` stands from `from` on, or the command's size.
std::size_t find_option(const Command& command, std::size_t from, std::string_view wanted,
                        std::span<const OptionWithWords> options) {
  for (std::size_t at = from; at < command.size(); ++at) {
    if (is_word(command[at], wanted)) {
      return at;
    }
    for (const OptionWithWords& option : options) {
      if (is_word(command[at], option.word)) {
        at += option.words;
        break;
      }
    }
  }
  return command.size();
}

void add_range(const Command& command, std::size_t from, std::size_t count, Keys& out) {
  for (std::size_t at = from; at < command.size() && count > 0; ++at, --count) {
    out.push_back(command[at]);
  }
}

void positions(const Command& command, const KeyPlaces& places, Keys& out) {
  const auto size = static_cast<std::ptrdiff_t>(command.size());
  const std::ptrdiff_t last = places.last < 0 ? size + places.last : places.last;
  for (std::ptrdiff_t at = places.first; at <= last && at < size; at += places.step) {
    out.push_back(command[static_cast<std::size_t>(at)]);
  }
}

/// The number in `text`, at most `most`, which is also what anything else than digits gives.
std::size_t count_in(std::string_view text, std::size_t most) {
  std::size_t count = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') {
      return most;
    }
    count = std::min(count * 10 + static_cast<std::size_t>(digit - '0'), most);
  }
  return text.empty() ? most : count;
}

void counted(const Command& command, std::size_t at, Keys& out) {
  if (at < command.size()) {
    add_range(command, at + 1, count_in(command[at], command.size() - at - 1), out);
  }
}

void streams(const Command& command, Keys& out) {
  const std::size_t at = find_option(command, 1, "STREAMS", stream_options);
  if (at < command.size()) {
    add_range(command, at + 1, (command.size() - at) / 2, out);  // of an odd number, the larger half
  }
}

void stored(const Command& command, std::size_t options, Keys& out) {
  add_range(command, 1, 1, out);
  for (std::size_t at = options; at + 1 < command.size(); ++at) {
    if (is_word(command[at], "STORE") || is_word(command[at], "STOREDIST")) {
      out.push_back(command[at + 1]);
    }
  }
}

/// MIGRATE host port key|"" database timeout [options] [KEYS key ...]. Without KEYS, "" is a key like any other.
void migrated(const Command& command, std::size_t single, Keys& out) {
  const std::size_t keys = find_option(command, single + 3, "KEYS", migrate_options);
  if (keys == command.size() || !command[single].empty()) {
    add_range(command, single, 1, out);
  }
  add_range(command, keys + 1, command.size(), out);
}

}  // namespace

void keys_of(const Command& command, const Classified& classified, Keys& out) {
  if (classified.info == nullptr) {
    add_range(command, 1, command.size(), out);
    return;
  }
  const KeyPlaces& places = classified.info->keys;
  const auto first = static_cast<std::size_t>(places.first);
  switch (places.form) {
    case KeyPlaces::Form::none: break;
    case KeyPlaces::Form::positions: positions(command, places, out); break;
    case KeyPlaces::Form::counted: counted(command, first, out); break;
    case KeyPlaces::Form::counted_and_another:
      add_range(command, static_cast<std::size_t>(places.last), 1, out);
      counted(command, first, out);
      break;
    case KeyPlaces::Form::streams: streams(command, out); break;
    case KeyPlaces::Form::stored: stored(command, first, out); break;
    case KeyPlaces::Form::migrated: migrated(command, first, out); break;
    case KeyPlaces::Form::any: add_range(command, first, command.size(), out); break;
  }
}

}  // namespace trackside::client
