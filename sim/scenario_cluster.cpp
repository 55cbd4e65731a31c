// See scenario_cluster.hpp.
#include "sim/scenario_cluster.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "resp/slot.hpp"
#include "sim/kernel/assertion.hpp"

namespace trackside::sim {
namespace {

// By the values of their enums. What is the default is not written.
constexpr std::array<std::string_view, 3> direction_names = {"both", "outgoing", "incoming"};
constexpr std::array<std::string_view, 4> ending_names = {"complete", "abandoned", "given_back", "stolen"};

/// The word that the line may end with, one of `names`; the first of them if it does not.
template <class Enum>
Enum read_choice(LineReader& reader, std::span<const std::string_view> names) {
  if (reader.at_end()) {
    return Enum{};
  }
  const std::string given = reader.word("a word");
  const auto found = std::find(names.begin(), names.end(), given);
  if (found == names.end()) {
    reader.fail(fmt::format("one of {}", fmt::join(names, ", ")), given);
    return Enum{};
  }
  return static_cast<Enum>(found - names.begin());
}

template <class Enum>
void print_choice(Enum choice, std::span<const std::string_view> names, std::string& out) {
  if (choice != Enum{}) {
    out += fmt::format(" {}", names[static_cast<std::size_t>(choice)]);
  }
}

std::uint32_t read_node(LineReader& reader) {
  return static_cast<std::uint32_t>(reader.number("a node's index", nodes_max - 1));
}

std::vector<std::uint32_t> read_nodes(LineReader& reader) {
  const std::string list = reader.word("nodes, separated by commas");
  std::string_view rest = list;
  std::vector<std::uint32_t> nodes;
  do {
    const std::size_t comma = rest.find(',');
    const std::uint64_t node = reader.number_in(rest.substr(0, comma), "a node's index", nodes_max - 1);
    if (!nodes.empty() && node <= nodes.back()) {
      reader.fail("nodes in ascending order", list);
    }
    nodes.push_back(static_cast<std::uint32_t>(node));
    if (comma == std::string_view::npos) {
      return nodes;
    }
    rest.remove_prefix(comma + 1);
  } while (reader.ok());
  return nodes;
}

std::uint16_t read_slot(LineReader& reader) {
  if (reader.peek() == "key") {
    reader.literal("key");
    return resp::slot_of(reader.word("a key"));
  }
  reader.literal("slot");
  return static_cast<std::uint16_t>(reader.number("a slot", resp::slot_count - 1));
}

void print_move(const Fault& fault, std::string& out) {
  out += fmt::format(" slot {}", fault.move.slot);
  if (fault.node) {
    out += fmt::format(" from {}", *fault.node);
  }
  out += fmt::format(" to {}", fault.move.to);
  print_choice(fault.move.ending, ending_names, out);
}

void read_move(LineReader& reader, Fault& fault) {
  fault.move.slot = read_slot(reader);
  if (reader.peek() == "from") {
    reader.literal("from");
    fault.node = read_node(reader);
  }
  reader.literal("to");
  fault.move.to = read_node(reader);
  fault.move.ending = read_choice<SlotMove::Ending>(reader, ending_names);
}

std::uint32_t read_count(LineReader& reader, std::string_view text, std::string_view expected) {
  return static_cast<std::uint32_t>(reader.number_in(text, expected, nodes_max));
}

bool read_cluster_setting(LineReader& reader, const LineReader::Assignment& given, ClusterSetup& cluster) {
  if (given.name == "primaries") {
    cluster.primaries = read_count(reader, given.value, "a number of primaries");
  } else if (given.name == "replicas") {
    cluster.replicas = read_count(reader, given.value, "a number of replicas");
  } else if (given.name == "spares") {
    cluster.spares = read_count(reader, given.value, "a number of nodes");
  } else if (given.name == "node_timeout") {
    cluster.node_timeout = reader.time_in(given.value, "a duration");
  } else if (given.name == "require_full_coverage") {
    cluster.require_full_coverage = reader.answer_in(given.value);
  } else if (given.name == "reads_when_down") {
    cluster.reads_when_down = reader.answer_in(given.value);
  } else if (given.name == "channels_allowed") {
    cluster.channels_allowed = reader.answer_in(given.value);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void print_cluster(const ClusterSetup& cluster, std::string& out) {
  const auto answer = [](bool yes) { return yes ? "yes" : "no"; };
  out += fmt::format("cluster primaries={} replicas={} spares={} node_timeout={} require_full_coverage={} ",
                     cluster.primaries, cluster.replicas, cluster.spares, seconds(cluster.node_timeout),
                     answer(cluster.require_full_coverage));
  out += fmt::format("reads_when_down={} channels_allowed={}\n", answer(cluster.reads_when_down),
                     answer(cluster.channels_allowed));
}

void print_sentinels(const SentinelSetup& sentinels, std::string& out) {
  out += fmt::format("sentinels replicas={} sentinels={} down_after={}\n", sentinels.replicas, sentinels.sentinels,
                     seconds(sentinels.down_after));
}

SentinelSetup read_sentinels(LineReader& reader) {
  SentinelSetup sentinels;
  while (reader.ok() && !reader.at_end()) {
    const LineReader::Assignment given = reader.assignment("a setting such as replicas=1");
    if (given.name == "replicas") {
      sentinels.replicas = read_count(reader, given.value, "a number of replicas");
    } else if (given.name == "sentinels") {
      sentinels.sentinels = read_count(reader, given.value, "a number of sentinels");
    } else if (given.name == "down_after") {
      sentinels.down_after = reader.time_in(given.value, "a duration");
    } else {
      reader.fail("replicas, sentinels or down_after", given.name);
    }
  }
  if (sentinels.sentinels == 0 || sentinels.nodes() > nodes_max) {
    reader.fail(fmt::format("at least one sentinel, and at most {} nodes", nodes_max),
                fmt::format("{}", sentinels.sentinels));
  }
  return sentinels;
}

ClusterSetup read_cluster(LineReader& reader) {
  ClusterSetup cluster;
  std::vector<std::string> given;
  while (reader.ok() && !reader.at_end()) {
    const LineReader::Assignment setting = reader.assignment("a setting such as primaries=3");
    if (!read_cluster_setting(reader, setting, cluster)) {
      reader.fail(
          "primaries, replicas, spares, node_timeout, require_full_coverage, reads_when_down or channels_allowed",
          setting.name);
    }
    if (std::find(given.begin(), given.end(), setting.name) != given.end()) {
      reader.fail(fmt::format("'{}' only once", setting.name), "a second one");
    }
    given.push_back(setting.name);
  }
  if (cluster.primaries == 0) {
    reader.fail("at least one primary", "none");
  }
  const std::uint64_t nodes = std::uint64_t{cluster.primaries} * (std::uint64_t{cluster.replicas} + 1) + cluster.spares;
  if (nodes > nodes_max) {
    reader.fail(fmt::format("at most {} nodes", nodes_max), fmt::format("{}", nodes));
  }
  if (cluster.node_timeout < 100 * millisecond) {
    reader.fail("a node_timeout of 0.1 seconds and more", seconds(cluster.node_timeout));
  }
  return cluster;
}

void print_cluster_fault(const Fault& fault, std::string& out) {
  if (fault.kind == FaultKind::migrate_slot) {
    print_move(fault, out);
    return;
  }
  if (fault.kind == FaultKind::partition) {
    require(!fault.nodes.empty(), "a partition in a scenario has nodes on both sides");
    out += fmt::format(" nodes {}", fmt::join(fault.nodes, ","));
    print_choice(fault.direction, direction_names, out);
    return;
  }
  out += fmt::format(" node {}", fault.node.value_or(0));
  if (fault.kind == FaultKind::cut_client) {
    out += fmt::format(" target {}", fault.target);
  } else if (fault.kind == FaultKind::replica_lag) {
    out += fmt::format(" argument {}", fault.argument);
  } else if (fault.side == IsolatedSide::with_replicas) {
    out += " with replicas";
  }
}

void read_cluster_fault(LineReader& reader, Fault& fault) {
  if (fault.kind == FaultKind::migrate_slot) {
    read_move(reader, fault);
    return;
  }
  if (fault.kind == FaultKind::partition) {
    reader.literal("nodes");
    fault.nodes = read_nodes(reader);
    fault.direction = read_choice<CutDirection>(reader, direction_names);
    return;
  }
  reader.literal("node");
  fault.node = read_node(reader);
  if (fault.kind == FaultKind::cut_client) {
    reader.literal("target");
    fault.target = static_cast<std::uint32_t>(reader.number("a client's index", UINT32_MAX));
  } else if (fault.kind == FaultKind::replica_lag) {
    reader.literal("argument");
    fault.argument = reader.number("a number");
  } else if (fault.kind == FaultKind::isolate_primary && !reader.at_end()) {
    reader.literal("with");
    reader.literal("replicas");
    fault.side = IsolatedSide::with_replicas;
  }
}

}  // namespace trackside::sim
