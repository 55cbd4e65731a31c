// CONFIG GET and SET: a few options that mean something here, and those that clients and their tests ask for.
//
//   simulated  -> what they say is done
//   remembered -> may be set to whatever the real server takes, and change nothing that a client sees here
//   fixed      -> take only the value they have: another one would be a promise
#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

constexpr std::array<std::string_view, 4> simulated{"client-output-buffer-limit", "maxclients", "timeout",
                                                    "tracking-table-max-keys"};

struct FixedOption {
  std::string_view name;
  std::string_view value;
  bool immutable = false;
};

constexpr std::array<FixedOption, 24> fixed_options{{
    {"activedefrag", "no"},
    {"appendonly", "no"},
    {"databases", "16", true},
    {"hash-max-listpack-entries", "512"},
    {"hash-max-listpack-value", "64"},
    {"hash-max-ziplist-entries", "512"},
    {"hash-max-ziplist-value", "64"},
    {"io-threads", "1", true},
    {"list-max-listpack-size", "-2"},
    {"list-max-ziplist-size", "-2"},
    {"maxmemory", "0"},
    {"maxmemory-clients", "0"},
    {"notify-keyspace-events", ""},
    {"proto-max-bulk-len", "536870912"},
    {"rdbchecksum", "yes", true},
    {"save", ""},
    {"set-max-intset-entries", "512"},
    {"stream-node-max-bytes", "4096"},
    {"stream-node-max-entries", "100"},
    {"zset-max-listpack-entries", "128"},
    {"zset-max-listpack-value", "64"},
    {"zset-max-ziplist-entries", "128"},
    {"zset-max-ziplist-value", "64"},
    {"list-compress-depth", "0"},
}};

constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

struct RememberedOption {
  enum class Kind : std::uint8_t { number, yes_or_no, policy };

  std::string_view name;
  std::string_view value;  // until it is set
  Kind kind = Kind::yes_or_no;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

using Kind = RememberedOption::Kind;

constexpr std::array<RememberedOption, 22> remembered_options{{
    {"active-expire-effort", "1", Kind::number, 1, 10},
    {"activerehashing", "yes"},
    {"busy-reply-threshold", "5000", Kind::number, 0, long_max},
    {"dynamic-hz", "yes"},
    {"hll-sparse-max-bytes", "3000", Kind::number, 0, long_max},
    {"hz", "10", Kind::number, 0, int_max},
    {"latency-monitor-threshold", "0", Kind::number, 0, long_max},
    {"lazyfree-lazy-eviction", "no"},
    {"lazyfree-lazy-expire", "no"},
    {"lazyfree-lazy-server-del", "no"},
    {"lazyfree-lazy-user-del", "no"},
    {"lazyfree-lazy-user-flush", "no"},
    {"lfu-decay-time", "1", Kind::number, 0, int_max},
    {"lfu-log-factor", "10", Kind::number, 0, int_max},
    {"lua-time-limit", "5000", Kind::number, 0, long_max},
    {"maxmemory-policy", "noeviction", Kind::policy},
    {"maxmemory-samples", "5", Kind::number, 1, int_max},
    {"rdbcompression", "yes"},
    {"slowlog-log-slower-than", "10000", Kind::number, -1, long_max},
    {"slowlog-max-len", "128", Kind::number, 0, long_max},
    {"stop-writes-on-bgsave-error", "yes"},
    {"tcp-keepalive", "300", Kind::number, 0, int_max},
}};

template <class Options>
auto* option_in(const Options& options, std::string_view name) {
  const auto found =
      std::find_if(options.begin(), options.end(), [&](const auto& option) { return option.name == name; });
  return found != options.end() ? &*found : nullptr;
}

bool is_known(std::string_view name) {
  return option_in(fixed_options, name) != nullptr || option_in(remembered_options, name) != nullptr ||
         std::find(simulated.begin(), simulated.end(), name) != simulated.end();
}

std::string value_of(const Node& node, std::string_view name) {
  if (const FixedOption* const fixed = option_in(fixed_options, name)) return std::string(fixed->value);
  if (const RememberedOption* const remembered = option_in(remembered_options, name)) {
    const auto set = node.settings.find(name);
    return set != node.settings.end() ? set->second : std::string(remembered->value);
  }
  const ServerConfig& config = node.config;
  if (name == "timeout") return std::to_string(config.idle_timeout / second);
  if (name == "maxclients") return std::to_string(config.max_clients);
  if (name == "tracking-table-max-keys") return std::to_string(config.tracking_table_max_keys);
  return fmt::format("normal {} 0 0 slave 268435456 67108864 60 pubsub {} 8388608 60", config.output_limit_bytes,
                     config.subscriber_output_limit_bytes);
}

struct ClassLimit {
  std::size_t ServerConfig::*field;
  std::optional<std::int64_t> hard;
};

/// "normal HARD SOFT SECONDS" or the same of pubsub; only HARD is simulated. Nothing for other classes.
std::optional<ClassLimit> class_limit(std::string_view text) {
  const std::size_t blank = text.find(' ');
  const std::string_view name = text.substr(0, blank);
  if (blank == std::string_view::npos || (name != "normal" && name != "pubsub")) return {};
  text.remove_prefix(blank + 1);
  return ClassLimit{name == "normal" ? &ServerConfig::output_limit_bytes : &ServerConfig::subscriber_output_limit_bytes,
                    parse_integer(text.substr(0, text.find(' ')))};
}

std::string remember(Node& node, const RememberedOption& option, std::string_view value) {
  constexpr std::array<std::string_view, 8> policies{"volatile-lru", "volatile-lfu", "volatile-random",
                                                     "volatile-ttl", "allkeys-lru",  "allkeys-lfu",
                                                     "allkeys-random", "noeviction"};
  const std::string word = to_lower(value);
  if (option.kind == Kind::yes_or_no && word != "yes" && word != "no") return "argument must be 'yes' or 'no'";
  if (option.kind == Kind::policy && std::find(policies.begin(), policies.end(), word) == policies.end())
    return fmt::format("argument(s) must be one of the following: {}", fmt::join(policies, ", "));
  if (option.kind == Kind::number) {
    const std::optional<std::int64_t> number = parse_integer(value);
    if (!number) return "argument couldn't be parsed into an integer";
    if (*number < option.low || *number > option.high)
      return fmt::format("argument must be between {} and {} inclusive", option.low, option.high);
  }
  node.settings[std::string{option.name}] = word;
  return {};
}

/// The reason why not; empty: done.
std::string set_option(Node& node, std::string_view option, std::string_view value) {
  if (option_in(fixed_options, option) != nullptr) return {};
  if (const RememberedOption* const remembered = option_in(remembered_options, option))
    return remember(node, *remembered, value);
  const bool limit = option == "client-output-buffer-limit";
  const std::optional<ClassLimit> of_class = limit ? class_limit(value) : std::nullopt;
  const std::optional<std::int64_t> number = !limit ? parse_integer(value) : of_class ? of_class->hard : std::nullopt;
  const std::int64_t last = option == "timeout" ? int_max : long_max;
  if (!number)
    return limit ? "Invalid client class specified in buffer limit configuration."
                 : "argument couldn't be parsed into an integer";
  if (*number < 0) return fmt::format("argument must be between 0 and {} inclusive", last);
  const auto positive = static_cast<std::uint64_t>(*number);
  if (limit) node.config.*of_class->field = positive;
  else if (option == "timeout") node.set_idle_timeout(*number * second);
  else if (option == "maxclients") node.config.max_clients = positive;
  else node.config.tracking_table_max_keys = positive;
  return {};
}

/// Why one of the options cannot be set whatever its value; false once that has been answered.
bool check_names(Context& context) {
  std::set<std::string> seen;
  for (std::size_t index = 2; index < context.argument_count(); index += 2) {
    const std::string name = to_lower(context.argument(index));
    const FixedOption* const fixed = option_in(fixed_options, name);
    std::string_view problem;
    if (fixed != nullptr && fixed->immutable) problem = "can't set immutable config";
    else if (!seen.insert(name).second) problem = "duplicate parameter";
    if (!problem.empty())
      context.reply.error(fmt::format("ERR CONFIG SET failed (possibly related to argument '{}') - {}",
                                      context.argument(index), problem));
    else if (!is_known(name) || (fixed != nullptr && fixed->value != context.argument(index + 1)))
      context.reply.error(
          fmt::format("ERR Unknown option or number of arguments for CONFIG SET - '{}'", context.argument(index)));
    else continue;
    return false;
  }
  return true;
}

}  // namespace

void config_get(Context& context) {
  std::vector<std::string_view> found;
  const auto add_if_asked_for = [&](std::string_view option) {
    const Arguments patterns = context.arguments.subspan(2);
    if (std::any_of(patterns.begin(), patterns.end(),
                    [&](std::string_view pattern) { return glob_match(to_lower(pattern), option); }))
      found.push_back(option);
  };
  for (const std::string_view option : simulated) add_if_asked_for(option);
  for (const FixedOption& option : fixed_options) add_if_asked_for(option.name);
  for (const RememberedOption& option : remembered_options) add_if_asked_for(option.name);
  context.reply.map(found.size());
  for (const std::string_view option : found) {
    context.reply.bulk(option);
    context.reply.bulk(value_of(context.node, option));
  }
}

void config_set(Context& context) {
  if (context.argument_count() % 2 != 0) return context.reply.error(arity_error(context.command));
  if (!check_names(context)) return;
  for (std::size_t index = 2; index < context.argument_count(); index += 2) {
    const std::string option = to_lower(context.argument(index));
    const std::string problem = set_option(context.node, option, context.argument(index + 1));
    if (!problem.empty())
      return context.reply.error(
          fmt::format("ERR CONFIG SET failed (possibly related to argument '{}') - {}", option, problem));
  }
  context.reply.ok();
}

void config_rewrite(Context& context) { context.reply.error("ERR The server is running without a config file"); }

}  // namespace trackside::sim::redis::commands
