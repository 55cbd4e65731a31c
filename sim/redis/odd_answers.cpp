// See odd_answers.hpp.
#include "sim/redis/odd_answers.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "sim/kernel/hash.hpp"

namespace trackside::sim::redis {
namespace {

using Texts = std::span<const std::string_view>;

constexpr std::array<std::string_view, 8> login_errors = {
    "NOAUTH HELLO must be called with the client already authenticated",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "NOPERM this user has no permissions to run the 'hello' command",
    "NOPROTO unsupported protocol version",
    "ERR unknown command 'HELLO'",
    "ERR AUTH <password> called without any password configured for the default user",
    "ERR invalid password",
    "ERR max number of clients reached",
};

constexpr std::array<std::string_view, 16> errors = {
    "NOPERM this user has no permissions to run this command",
    "ERR unknown command",
    "LOADING Redis is loading the dataset in memory",
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.",
    "READONLY You can't write against a read only replica.",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "CLUSTERDOWN Hash slot not served",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "MOVED 99999 10.1.0.1:6379",
    "MOVED 1 nowhere",
    "ASK x 10.1.0.1:99999",
    "MOVED 1 10.1.0.1:0",
    "ASK 1 10.1.0.1:none",
    "ERR",
};

constexpr std::array<std::string_view, 11> hello_replies = {
    "+OK\r\n",
    "*1\r\n+redis\r\n",
    "*3\r\n+id\r\n:1\r\n+proto\r\n",
    "%1\r\n$5\r\nproto\r\n:3\r\n",
    "%2\r\n$5\r\nproto\r\n:7\r\n$2\r\nid\r\n:999999999\r\n",
    "%6\r\n:1\r\n:2\r\n$7\r\nversion\r\n:7\r\n$5\r\nproto\r\n+x\r\n$2\r\nid\r\n+x\r\n"
    "$4\r\nmode\r\n:1\r\n$4\r\nrole\r\n:1\r\n",
    "%5\r\n$7\r\nversion\r\n$1\r\n7\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:999999999\r\n$4\r\nmode\r\n"
    "$10\r\nstandalone\r\n$4\r\nrole\r\n$7\r\nreplica\r\n",
    "%5\r\n$7\r\nversion\r\n$5\r\n7.4.1\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:999999999\r\n$4\r\nmode\r\n:0\r\n"
    "$4\r\nrole\r\n$7\r\nreplica\r\n",
    "*10\r\n$7\r\nversion\r\n$5\r\n6.2.0\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:999999999\r\n$4\r\nmode\r\n"
    "$10\r\nstandalone\r\n$4\r\nrole\r\n$7\r\nreplica\r\n",
    "*4\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n$1\r\nx\r\n",
    "$-1\r\n",
};

constexpr std::array<std::string_view, 15> replies = {
    "+OK\r\n",
    ":-7\r\n",
    "$-1\r\n",
    "$0\r\n\r\n",
    "*0\r\n",
    "*2\r\n$1\r\nx\r\n$1\r\ny\r\n",
    "*2\r\n:1\r\n$1\r\nx\r\n",
    "*1\r\n*2\r\n$4\r\nname\r\n:1\r\n",
    "*1\r\n*3\r\n$4\r\nname\r\n$1\r\nx\r\n$4\r\nport\r\n",
    "*2\r\n*2\r\n:1\r\n$1\r\nx\r\n*4\r\n$2\r\nip\r\n$1\r\nx\r\n$4\r\nport\r\n$1\r\n0\r\n",
    "*2\r\n$0\r\n\r\n$1\r\n0\r\n",
    "*3\r\n$5\r\nslave\r\n$4\r\nhost\r\n$4\r\nport\r\n",
    "%1\r\n$1\r\nx\r\n:1\r\n",
    "$20\r\nno line as expected\n\r\n",
    "$47\r\nrole:x\r\nmaster_replid:\r\nmaster_repl_offset:none\r\n\r\n",
};

// Of CLUSTER NODES, each with one thing that does not make sense.
constexpr std::array<std::string_view, 7> node_lists = {
    "$19\r\none two three four\n\r\n",
    "$64\r\na 10.1.0.1:6379@16379 master - 0 0 x connected 0-5460 5461     \n\r\n",
    "$64\r\na 10.1.0.1:6379@16379 master - 0 0 1 connected 0-99999 1       \n\r\n",
    "$64\r\na 10.1.0.1:6379@16379 master - 0 0 1 connected 9-3             \n\r\n",
    "$64\r\na 10.1.0.1:6379@16379 master - 0 0 1 connected x-y             \n\r\n",
    "$64\r\na 10.1.0.1:none@16379 master - 0 0 1 connected 0-16383         \n\r\n",
    "$64\r\na nowhere             master - 0 0 1 connected 0-16383         \n\r\n",
};

std::uint64_t draw(std::uint64_t which, std::uint64_t ordinal, std::string_view name) {
  return mix(mix(which ^ hash_name(name)) + ordinal);
}

std::string_view pick(Texts texts, std::uint64_t drawn) { return texts[(drawn >> 8) % texts.size()]; }

/// Questions about the server, that is, those whose answers a client has no use for but to know where it is.
bool is_about_the_server(const CommandSpec& command) {
  constexpr std::array<std::string_view, 9> names = {
      "time",         "role",         "info", "latency|histogram",   "client|list",
      "cluster|info", "cluster|myid", "ping", "client|trackinginfo",
  };
  return std::find(names.begin(), names.end(), command.name) != names.end() || command.name.starts_with("sentinel");
}

}  // namespace

std::string_view odd_refusal(std::uint64_t which, std::uint64_t ordinal, const CommandSpec& command) {
  const std::uint64_t drawn = draw(which, ordinal, command.name);
  if (drawn % 8 != 0) return {};
  return pick(command.name == "hello" ? Texts{login_errors} : Texts{errors}, drawn);
}

std::string_view odd_reply(std::uint64_t which, std::uint64_t ordinal, const CommandSpec& command) {
  const std::uint64_t drawn = draw(~which, ordinal, command.name);
  if (drawn % 4 != 0) return {};
  if (command.name == "hello") return pick(hello_replies, drawn);
  if (command.name == "cluster|nodes") return pick(node_lists, drawn);
  if (!is_about_the_server(command)) return {};
  const std::string_view reply = pick(replies, drawn);
  // Any text would be a name, and so a lie.
  const bool is_text = reply.starts_with('+') || (reply.starts_with('$') && reply[1] != '-');
  return is_text && command.name.ends_with("|myid") ? std::string_view{} : reply;
}

}  // namespace trackside::sim::redis
