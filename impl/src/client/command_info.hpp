// What the client must know of a command before it sends it: may the reply be cached, what may it change, which keys
// does it name.
//
// The answers come from the table in command_table.hpp. What is not in it may do anything: it is treated as a write to
// unknown keys, which is always safe, and each of its arguments may be one of them.
#pragma once

#include <string_view>

#include <boost/container/small_vector.hpp>

#include "client/command_table.hpp"
#include "trackside/command.hpp"

namespace trackside::client {

/// How one command is to be treated. `name` is in upper case and lives for ever; empty for unknown commands.
struct Classified {
  std::string_view name;
  CommandKind kind = CommandKind::unknown_keys;
  const CommandInfo* info = nullptr;
};

/// Requires a command that is not empty.
Classified classify(const Command& command);

/// Whether the server remembers every key that the command names, to tell when it changes. (What it reads beyond them
/// is never remembered: the keys of SORT_RO's BY and GET.)
inline bool is_recorded(const Classified& classified) {
  return classified.info != nullptr && classified.info->recorded != Recorded::nothing;
}

/// Whether the command changes nothing, so that it may be executed twice.
inline bool changes_nothing(const Classified& classified) {
  return classified.kind == CommandKind::cacheable || classified.kind == CommandKind::cacheable_many ||
         (classified.kind == CommandKind::plain && is_recorded(classified));
}

/// Whether the command reads a hash. From Redis 7.4 on its fields may expire by themselves, each at a time of its own.
inline bool reads_hash(const Classified& classified) {
  return classified.info != nullptr && classified.info->recorded == Recorded::hash_read;
}

using Keys = boost::container::small_vector<std::string_view, 4>;
/// Appends every key that the command names, whether it reads or writes it, in the order of its words; for a command
/// that the table does not know, every argument. Never anything that is not an argument; possibly too many where the
/// server will refuse the command, and where an argument of SORT's is called STORE. Views into `command`.
void keys_of(const Command& command, const Classified& classified, Keys& out);

}  // namespace trackside::client
