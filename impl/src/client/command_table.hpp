// The reference table: every command and subcommand of Redis, one row each.
//
// A row says what the client must know before it sends the command: what it may do to keys (CommandKind), where its
// keys stand (KeyPlaces), and whether the server notes them down as read (Recorded). Some commands are one thing or
// another depending on their arguments: then the row's kind holds if its Condition does, and `otherwise` if not.
//
// Source: COMMAND, COMMAND DOCS and the behaviour of redis-server 7.0.15, against which command_info_test.cpp holds
// every row; WAITAOF, CLIENT NO-TOUCH, CLIENT SETINFO and CLUSTER MYSHARDID came with 7.2, the HEXPIRE family with 7.4.
// Neighbours: command_info.hpp (what a given command is), command_keys.cpp (its keys).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace trackside::client {

enum class CommandKind : std::uint8_t {
  cacheable,       // a read of exactly one key, at position 1, whose reply follows from that key's value alone
  cacheable_many,  // a read of several keys: its reply is an array with what GET answers for each, nil for another type
  plain,           // changes no key
  write,           // changes no other keys than those it names
  unknown_keys,    // may change keys that it does not name, or those of another database or node
  blocking,        // may wait in the server: never shares a link
  session,         // would change what the link depends on, or speaks of the connection it is sent on (WAIT)
  container,       // its second word says what it is
};

/// What the server remembers for tracking when it has executed the command, whether or not the keys exist.
enum class Recorded : std::uint8_t {
  nothing,    // no key for certain: a script's keys are remembered only if it reads
  read,       // every key that it names
  hash_read,  // the same, and the command reads hashes, whose fields may have times to live of their own
};

/// On what of a command's arguments its kind depends.
enum class Condition : std::uint8_t {
  always,
  one_key,         // it names one key
  asked_to_block,  // BLOCK is among its arguments
  asked_to_store,  // STORE or STOREDIST is among its arguments
  other_database,  // DB is among its arguments
};

/// Where keys stand among a command's words; word 0 is its name, and a container's subcommand is word 1.
struct KeyPlaces {
  enum class Form : std::uint8_t {
    none,
    positions,            // at first, first + step, and so on until last; a negative last counts from the end
    counted,              // the number at `first` says how many follow it
    counted_and_another,  // the same, and one more at `last`
    streams,              // behind STREAMS: as many keys, then as many ids
    stored,               // one at 1, and one behind each STORE and STOREDIST from `first` on
    migrated,             // one at `first`, or those behind KEYS
    any,                  // each from `first` on may be one
  };
  Form form = Form::none;
  std::int8_t first = 0;
  std::int8_t last = 0;
  std::int8_t step = 0;
};

struct CommandInfo {
  std::string_view name;  // in upper case, a subcommand behind a blank
  CommandKind kind = CommandKind::unknown_keys;
  KeyPlaces keys{};
  Recorded recorded = Recorded::nothing;
  Condition condition = Condition::always;
  CommandKind otherwise = CommandKind::unknown_keys;
};

/// Every row, by topic. Lives for ever.
std::span<const CommandInfo> command_table();

/// The row of a name in upper case; nullptr if there is none. Requires a name that is not empty.
const CommandInfo* find_command(std::string_view upper_name);

}  // namespace trackside::client
