// Which commands there are, how many arguments they take, and where their keys stand.
//
// The table is built at compile time and looked up by hash of the lower-cased name; "CLIENT ID" is the entry
// "client|id" behind the container "client". Neighbours: `Node::process` looks commands up, commands_*.cpp run them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trackside::sim::redis {

struct Context;

enum CommandFlag : std::uint16_t {
  flag_none = 0,
  flag_read = 1 << 0,            // recorded for tracking clients
  flag_write = 1 << 1,           // refused by a replica
  flag_no_auth = 1 << 2,         // allowed before authentication
  flag_container = 1 << 3,       // has subcommands
  flag_now = 1 << 4,             // executed at once inside MULTI
  flag_client = 1 << 5,          // a CLIENT subcommand: does not use up CLIENT CACHING
  flag_subscriber = 1 << 6,      // allowed in subscribe mode
  flag_keys_vary = 1 << 7,       // command_keys.cpp knows where its (other) keys stand
  flag_shard_channels = 1 << 8,  // what stands in the place of keys are shard channels
  flag_may_replicate = 1 << 9,   // waits while writes are paused, as writes do
  flag_not_loading = 1 << 10,    // refused while loading, as reads and writes are
  flag_no_script = 1 << 11,      // refused in scripts
};

struct CommandSpec {
  std::string_view name;  // lower case
  void (*run)(Context&);
  int arity;  // negative: at least
  std::uint16_t flags = flag_none;
  int first_key = 0;  // 0: none
  int last_key = 0;   // negative: counted from the end
  int key_step = 0;

  bool has(CommandFlag flag) const { return (flags & flag) != 0; }
};

/// A request's command; the error text when there is none or it has too few or too many arguments.
struct Command {
  const CommandSpec* spec;  // null: unknown
  bool arity_ok;
};

Command find_command(std::span<const std::string_view> arguments);
/// By full name ("client|id"), in any case; null if unknown.
const CommandSpec* find_by_name(std::string_view name);
std::string unknown_command_error(std::span<const std::string_view> arguments);
/// A subcommand that looks at its arguments itself found too many.
std::string subcommand_error(std::span<const std::string_view> arguments);
std::string arity_error(const CommandSpec& command);

std::span<const CommandSpec> all_commands();
std::size_t index_of(const CommandSpec& command);

}  // namespace trackside::sim::redis
