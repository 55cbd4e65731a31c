// See scenario_fault.hpp. The properties of each kind of fault stand here too.
#include "sim/scenario_fault.hpp"

#include <array>

#include <fmt/format.h>

#include "sim/scenario_cluster.hpp"

namespace trackside::sim {
namespace {

/// What a fault strikes.
enum class Strikes : std::uint8_t {
  connections,  // a client's, all alike
  some,         // a client's, perhaps only those of a kind (FaultScope)
  process,      // a client's
  server,
  cluster,
};

struct FaultEntry {
  std::string_view name;
  Strikes strikes;
};

// By the values of FaultKind.
constexpr std::array<FaultEntry, fault_kinds> entries = {{
    {"refuse", Strikes::connections},
    {"hang_connect", Strikes::connections},
    {"reset", Strikes::some},
    {"close", Strikes::some},
    {"half_open", Strikes::some},
    {"hold_to_client", Strikes::some},
    {"hold_to_server", Strikes::some},
    {"delay", Strikes::some},
    {"slow_reader", Strikes::connections},
    {"freeze_server", Strikes::server},
    {"restart_server", Strikes::server},
    {"slow_server", Strikes::server},
    {"kill_client", Strikes::some},
    {"forbid_tracking", Strikes::server},
    {"late_expiry", Strikes::server},
    {"clock_step", Strikes::server},
    {"pause_client", Strikes::process},
    {"late_timers", Strikes::process},
    {"push_drop", Strikes::connections},
    {"evict", Strikes::server},
    {"table_overflow", Strikes::server},
    {"load_server", Strikes::server},
    {"garbage", Strikes::connections},
    {"odd_answers", Strikes::server},
    {"forbid_question", Strikes::server},
    {"cut_client", Strikes::cluster},
    {"isolate_primary", Strikes::cluster},
    {"partition", Strikes::cluster},
    {"stale_topology", Strikes::cluster},
    {"replica_lag", Strikes::cluster},
    {"failover_manual", Strikes::cluster},
    {"failover_takeover", Strikes::cluster},
    {"migrate_slot", Strikes::cluster},
    {"add_node", Strikes::cluster},
    {"remove_node", Strikes::cluster},
}};
static_assert(static_cast<std::size_t>(FaultKind::remove_node) + 1 == fault_kinds);

Strikes struck_by(FaultKind kind) { return entries[static_cast<std::size_t>(kind)].strikes; }

bool may_name_node(FaultKind kind) {
  return struck_by(kind) != Strikes::process && struck_by(kind) != Strikes::cluster;
}

FaultKind read_kind(LineReader& reader) {
  const std::string name = reader.word("a kind of fault");
  for (std::size_t index = 0; index < fault_kinds; ++index) {
    if (entries[index].name == name) {
      return static_cast<FaultKind>(index);
    }
  }
  reader.fail("a kind of fault, such as half_open", name);
  return FaultKind::reset;
}

FaultScope read_scope(LineReader& reader) {
  const std::string name = reader.word("invalidations or data");
  for (const FaultScope scope : {FaultScope::invalidations, FaultScope::data}) {
    if (name == name_of(scope)) {
      return scope;
    }
  }
  reader.fail("invalidations or data", name);
  return FaultScope::all;
}

}  // namespace

std::string_view name_of(FaultKind kind) { return entries[static_cast<std::size_t>(kind)].name; }

std::string_view name_of(FaultScope scope) {
  switch (scope) {
    case FaultScope::all: return "all";
    case FaultScope::invalidations: return "invalidations";
    case FaultScope::data: return "data";
  }
  return "?";
}

bool has_scope(FaultKind kind) { return struck_by(kind) == Strikes::some; }

bool is_server_fault(FaultKind kind) { return struck_by(kind) == Strikes::server; }

bool is_cluster_fault(FaultKind kind) { return struck_by(kind) == Strikes::cluster; }

bool is_sentinel_fault(FaultKind kind) {
  return kind == FaultKind::cut_client || kind == FaultKind::isolate_primary || kind == FaultKind::partition ||
         kind == FaultKind::replica_lag || kind == FaultKind::failover_manual;
}

bool is_client_fault(FaultKind kind) {
  return kind == FaultKind::cut_client || !(is_server_fault(kind) || is_cluster_fault(kind));
}

bool is_connection_fault(FaultKind kind) {
  return struck_by(kind) == Strikes::connections || struck_by(kind) == Strikes::some;
}

void print_fault(const Fault& fault, std::string& out) {
  out += fmt::format("fault {} at {} for {} {}", fault.id, seconds(fault.at), seconds(fault.duration),
                     name_of(fault.kind));
  if (is_cluster_fault(fault.kind)) {
    print_cluster_fault(fault, out);
    out += '\n';
    return;
  }
  if (fault.scope != FaultScope::all) {
    out += fmt::format(" only {}", name_of(fault.scope));
  }
  if (fault.node) {
    out += fmt::format(" node {}", *fault.node);
  }
  out += fmt::format(" target {} argument {}\n", fault.target, fault.argument);
}

Fault read_fault(LineReader& reader) {
  Fault fault;
  fault.id = static_cast<std::uint32_t>(reader.number("a fault's id", UINT32_MAX - 1));
  reader.literal("at");
  fault.at = reader.time("a time");
  reader.literal("for");
  fault.duration = reader.time("a duration");
  fault.kind = read_kind(reader);
  if (is_cluster_fault(fault.kind)) {
    read_cluster_fault(reader, fault);
    return fault;
  }
  if (has_scope(fault.kind) && reader.peek() == "only") {
    reader.literal("only");
    fault.scope = read_scope(reader);
  }
  if (may_name_node(fault.kind) && reader.peek() == "node") {
    reader.literal("node");
    fault.node = static_cast<std::uint32_t>(reader.number("a node's index", nodes_max - 1));
  }
  reader.literal("target");
  fault.target = static_cast<std::uint32_t>(reader.number("a client's index", UINT32_MAX));
  if (!reader.at_end()) {
    reader.literal("argument");
    fault.argument = reader.number("a number");
  }
  return fault;
}

}  // namespace trackside::sim
