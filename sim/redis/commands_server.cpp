// Commands about the server: CONFIG, INFO, LATENCY HISTOGRAM. Small parts of the real ones, but true ones.
//
// LATENCY HISTOGRAM counts the calls of a command, MULTI and scripts included; a cache learns from it that SWAPDB ran.
#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

constexpr std::array<std::string_view, 4> options{"client-output-buffer-limit", "maxclients", "timeout",
                                                  "tracking-table-max-keys"};

struct FixedOption {
  std::string_view name;
  std::string_view value;
};

// What clients ask for at their start. CONFIG SET takes the value that is there.
constexpr std::array<FixedOption, 14> fixed_options{{
    {"appendonly", "no"},
    {"databases", "16"},
    {"hz", "10"},
    {"lfu-decay-time", "1"},
    {"lfu-log-factor", "10"},
    {"maxmemory", "0"},
    {"maxmemory-clients", "0"},
    {"maxmemory-policy", "noeviction"},
    {"maxmemory-samples", "5"},
    {"notify-keyspace-events", ""},
    {"proto-max-bulk-len", "536870912"},
    {"save", ""},
    {"slowlog-log-slower-than", "10000"},
    {"slowlog-max-len", "128"},
}};

const FixedOption* fixed_option(std::string_view name) {
  const auto* const found = std::find_if(fixed_options.begin(), fixed_options.end(),
                                         [&](const FixedOption& option) { return option.name == name; });
  return found != fixed_options.end() ? found : nullptr;
}

bool is_option(std::string_view name, std::string_view value) {
  const FixedOption* const fixed = fixed_option(name);
  return fixed != nullptr ? fixed->value == value : std::find(options.begin(), options.end(), name) != options.end();
}

std::string value_of(const Node& node, std::string_view option) {
  if (const FixedOption* const fixed = fixed_option(option)) return std::string(fixed->value);
  const ServerConfig& config = node.config;
  if (option == "timeout") return std::to_string(config.idle_timeout / second);
  if (option == "maxclients") return std::to_string(config.max_clients);
  if (option == "tracking-table-max-keys") return std::to_string(config.tracking_table_max_keys);
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

/// The reason why not; empty: done.
std::string set_option(Node& node, std::string_view option, std::string_view value) {
  if (fixed_option(option) != nullptr) return {};
  const bool limit = option == "client-output-buffer-limit";
  const std::optional<ClassLimit> of_class = limit ? class_limit(value) : std::nullopt;
  const std::optional<std::int64_t> number = !limit ? parse_integer(value) : of_class ? of_class->hard : std::nullopt;
  const std::int64_t last =
      option == "timeout" ? std::numeric_limits<std::int32_t>::max() : std::numeric_limits<std::int64_t>::max();
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

void write_histogram(Context& context, const CommandSpec& command) {
  const std::uint64_t count = context.node.calls[index_of(command)];
  context.reply.bulk(command.name);
  context.reply.map(2);
  context.reply.bulk("calls");
  context.reply.integer(static_cast<std::int64_t>(count));
  context.reply.bulk("histogram_usec");
  context.reply.map(1);
  context.reply.integer(8);
  context.reply.integer(static_cast<std::int64_t>(count));
}

/// The commands a name stands for: itself, or for a container its subcommands; those that were called.
void add_called(const Node& node, std::string_view name, std::vector<const CommandSpec*>& out) {
  const CommandSpec* named = find_by_name(name);
  if (named == nullptr) return;
  for (const CommandSpec& command : all_commands()) {
    const bool meant =
        &command == named || (named->has(flag_container) && command.name.size() > named->name.size() &&
                              command.name.starts_with(named->name) && command.name[named->name.size()] == '|');
    if (meant && node.calls[index_of(command)] != 0) out.push_back(&command);
  }
}

std::string server_facts(const Node& node) {
  return fmt::format("redis_version:7.0.15\r\nredis_mode:{}\r\ntcp_port:{}\r\nuptime_in_seconds:{}\r\n",
                     node.cluster != nullptr ? "cluster" : "standalone", node.config.port,
                     (node.now - node.started_at) / second);
}

std::string client_facts(const Node& node) {
  return fmt::format("connected_clients:{}\r\nmaxclients:{}\r\ntracking_clients:{}\r\n", node.live_clients,
                     node.config.max_clients, node.tracking_clients);
}

std::string stats(const Node& node) {
  return fmt::format(
      "total_commands_processed:{}\r\ntracking_total_keys:{}\r\ntracking_total_items:{}\r\n"
      "tracking_total_prefixes:{}\r\n",
      node.commands_processed, node.tracking_table.key_count(), node.tracking_table.item_count(), node.prefixes.size());
}

std::string replication_facts(const Node& node) {
  std::string text = fmt::format("role:{}\r\n", node.replica ? "slave" : "master");
  if (node.cluster == nullptr) return text;
  const ReplicationFacts& facts = node.replication;
  if (node.replica)
    text += fmt::format("master_host:{}\r\nmaster_port:{}\r\nmaster_link_status:{}\r\nslave_repl_offset:{}\r\n",
                        facts.primary_host, facts.primary_port,
                        facts.link == ReplicationFacts::Link::connected ? "up" : "down", facts.offset);
  text += fmt::format("connected_slaves:{}\r\n", facts.replicas.size());
  for (std::size_t index = 0; index < facts.replicas.size(); ++index) {
    const ReplicationFacts::Replica& replica = facts.replicas[index];
    text += fmt::format("slave{}:ip={},port={},state={},offset={},lag=0\r\n", index, replica.host, replica.port,
                        replica.online ? "online" : "wait_bgsave", replica.acknowledged);
  }
  return text + fmt::format("master_replid:{:040x}\r\nmaster_repl_offset:{}\r\n", facts.history, facts.offset);
}

std::string cluster_facts(const Node& node) {
  return fmt::format("cluster_enabled:{}\r\n", node.cluster != nullptr ? 1 : 0);
}

struct Section {
  std::string_view name;
  std::string (*text)(const Node&);
};

constexpr std::array<Section, 5> sections{{{"Server", server_facts},
                                           {"Clients", client_facts},
                                           {"Stats", stats},
                                           {"Replication", replication_facts},
                                           {"Cluster", cluster_facts}}};

/// Whether INFO with these arguments tells of the section; without any it tells of all.
bool is_section_asked_for(const Context& context, const Section& section) {
  const std::string name = to_lower(section.name);
  bool asked = context.argument_count() == 1;
  for (std::size_t index = 1; index < context.argument_count(); ++index)
    asked = asked || context.argument_is(index, name) || context.argument_is(index, "all") ||
            context.argument_is(index, "default") || context.argument_is(index, "everything");
  return asked;
}

}  // namespace

void config_get(Context& context) {
  std::vector<std::string_view> found;
  const auto is_asked_for = [&](std::string_view option) {
    const Arguments patterns = context.arguments.subspan(2);
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](std::string_view pattern) { return glob_match(to_lower(pattern), option); });
  };
  for (const std::string_view option : options)
    if (is_asked_for(option)) found.push_back(option);
  for (const FixedOption& option : fixed_options)
    if (is_asked_for(option.name)) found.push_back(option.name);
  context.reply.map(found.size());
  for (const std::string_view option : found) {
    context.reply.bulk(option);
    context.reply.bulk(value_of(context.node, option));
  }
}

void config_set(Context& context) {
  if (context.argument_count() % 2 != 0) return context.reply.error(arity_error(context.command));
  for (std::size_t index = 2; index < context.argument_count(); index += 2) {
    const std::string option = to_lower(context.argument(index));
    if (!is_option(option, context.argument(index + 1)))
      return context.reply.error(
          fmt::format("ERR Unknown option or number of arguments for CONFIG SET - '{}'", context.argument(index)));
  }
  for (std::size_t index = 2; index < context.argument_count(); index += 2) {
    const std::string option = to_lower(context.argument(index));
    const std::string problem = set_option(context.node, option, context.argument(index + 1));
    if (!problem.empty())
      return context.reply.error(
          fmt::format("ERR CONFIG SET failed (possibly related to argument '{}') - {}", option, problem));
  }
  context.reply.ok();
}

void config_resetstat(Context& context) {
  std::fill(context.node.calls.begin(), context.node.calls.end(), 0);
  context.reply.ok();
}

void info(Context& context) {
  std::string text;
  for (const Section& section : sections)
    if (is_section_asked_for(context, section))
      text += fmt::format("{}# {}\r\n{}", text.empty() ? "" : "\r\n", section.name, section.text(context.node));
  context.reply.verbatim(text);
}

void latency_histogram(Context& context) {
  std::vector<const CommandSpec*> called;
  for (const std::string_view name : context.arguments.subspan(2)) add_called(context.node, name, called);
  if (context.argument_count() == 2)
    for (const CommandSpec& command : all_commands())
      if (context.node.calls[index_of(command)] != 0) called.push_back(&command);
  context.reply.map(called.size());
  for (const CommandSpec* command : called) write_histogram(context, *command);
}

}  // namespace trackside::sim::redis::commands
