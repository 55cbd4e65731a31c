// Commands about the server: INFO, LATENCY HISTOGRAM. Small parts of the real ones, but true ones.
//
// LATENCY HISTOGRAM counts the calls of a command, MULTI and scripts included; a cache learns from it that SWAPDB ran.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

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
  const auto add = [&](const CommandSpec& command) {
    if (node.calls[index_of(command)] != 0) out.push_back(&command);
  };
  add(*named);
  if (!named->has(flag_container)) return;  // SWAPDB is none, which every probe asks about
  for (const CommandSpec& command : all_commands()) {
    if (command.name.size() > named->name.size() && command.name.starts_with(named->name) &&
        command.name[named->name.size()] == '|')
      add(command);
  }
}

std::string server_facts(const Node& node) {
  return fmt::format("redis_version:{}\r\nredis_mode:{}\r\ntcp_port:{}\r\nuptime_in_seconds:{}\r\n",
                     node.config.version, node.cluster != nullptr ? "cluster" : "standalone", node.config.port,
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
  const ReplicationFacts facts = node.replication_facts();
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
