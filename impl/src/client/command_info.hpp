// What the client must know of a command before it sends it: may the reply be cached, which keys does it write.
//
// A command that is not in the table may do anything: it is treated as a write to unknown keys, which is always safe.
// Source: COMMAND of redis-server 7.0.15; what depends on time, chance or other keys is never cacheable.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "trackside/command.hpp"

namespace trackside::client {

enum class CommandKind : std::uint8_t {
  cacheable,     // a read of exactly one key, at position 1, whose reply follows from that key's value alone
  plain,         // changes no key
  write,         // changes no other keys than those at the listed positions
  unknown_keys,  // may change keys that it does not name
  blocking,      // may wait in the server: never shares a link
  session,       // would change what the link depends on, or speaks of the connection it is sent on (WAIT)
  container,     // its second word says what it is
};

/// Key positions as COMMAND gives them; a negative `last` counts from the end.
struct CommandInfo {
  std::string_view name;
  CommandKind kind = CommandKind::unknown_keys;
  std::int8_t first = 0;
  std::int8_t last = 0;
  std::int8_t step = 0;
};

/// How one command is to be treated. `name` is in upper case and lives for ever; empty for unknown commands.
struct Classified {
  std::string_view name;
  CommandKind kind = CommandKind::unknown_keys;
  const CommandInfo* info = nullptr;
};

Classified classify(const Command& command);

using Keys = boost::container::small_vector<std::string_view, 4>;
/// The keys at the positions that the table lists, and those that blocking commands count or mark; none for others.
/// Views into `command`.
void keys_of(const Command& command, const Classified& classified, Keys& out);

}  // namespace trackside::client
