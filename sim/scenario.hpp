// A scenario is a value: everything a run depends on, with a text form that a person can read and edit.
//
// Delays and other small decisions are not listed one by one: they follow from `seed` and their names (see
// kernel/decider.hpp), unless `replay_tape` is set; then they are benign but for the entries of `tape`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/instant.hpp"

namespace trackside::sim {

/// Who acts: a client with a cache, or a plain connection without one.
enum class ActorKind : std::uint8_t { client, writer };

struct Actor {
  ActorKind kind = ActorKind::client;
  std::uint32_t index = 0;

  friend bool operator==(const Actor&, const Actor&) = default;
};

/// One command at one time. The id stays with it through shrinking.
struct Operation {
  std::uint32_t id = 0;
  Instant at = 0;
  std::uint32_t after = 0;  // not before this earlier operation of the same client has ended; 0, or not there: at once
  Actor actor{};
  /// A transaction separates its commands by the word ";". RAW and bytes, of a writer: sends them as they are.
  std::vector<std::string> words;

  friend bool operator==(const Operation&, const Operation&) = default;
};

enum class FaultKind : std::uint8_t {
  refuse,           // new connections of the target are refused
  hang_connect,     // new connections of the target stay unanswered
  reset,            // the target's connections are reset, mid-frame where bytes are under way
  close,            // the server closes the target's connections in an orderly way
  half_open,        // nothing passes in either direction, and nobody is told
  hold_to_client,   // bytes towards the target are held back and delivered afterwards
  hold_to_server,   // bytes from the target are held back and delivered afterwards
  delay,            // every chunk of the target takes `argument` nanoseconds more
  slow_reader,      // the target reads `argument` bytes per millisecond
  freeze_server,    // the server's process stops (SIGSTOP) and continues afterwards
  restart_server,   // the server crashes, and comes back empty after the duration; a sentinel by `argument` as another
  slow_server,      // every batch of commands takes `argument` nanoseconds more
  kill_client,      // CLIENT KILL of the target's connections
  forbid_tracking,  // CLIENT TRACKING and CLIENT CACHING answer NOPERM
  late_expiry,      // the active expiry cycle is `argument` ticks behind
  clock_step,       // the server's wall clock jumps by `argument` milliseconds (two's complement)
  pause_client,     // the target's process stops (a suspended laptop) and continues afterwards
  late_timers,      // the target's timers fire up to `argument` nanoseconds late
  push_drop,        // invalidations to the target vanish from a live stream; no promise of G2 holds then
  evict,            // the server's memory is full: `argument` keys go
  table_overflow,   // its tracking table is: `argument` keys are forgotten, of which their readers hear unchanged
  load_server,      // the server starts again at once, empty, and answers LOADING until the end
  garbage,          // a broken proxy puts what is no RESP, or says nothing, before what the target is sent
  odd_answers,      // the server refuses commands, and answers about itself what makes no sense; `argument`: which
  forbid_question,  // one of what probes ask answers NOPERM; `argument`: 0 LATENCY HISTOGRAM, 1 TIME, 2 PING

  // Only in a cluster.
  cut_client,         // nothing passes between the target and the node, and nobody is told
  isolate_primary,    // the node, or whoever is its primary, is cut off from its peers but not from clients
  partition,          // nothing passes between `nodes` and the others, or only one way
  stale_topology,     // the node hears nothing of its peers, and answers clients by what it knew
  replica_lag,        // the stream of changes reaches the node `argument` nanoseconds later
  failover_manual,    // CLUSTER FAILOVER at the node, or at the first replica of the primary that it is
  failover_takeover,  // CLUSTER FAILOVER TAKEOVER at the same
  migrate_slot,       // a slot is moved as redis-cli does it
  add_node,           // a spare node is met by the others
  remove_node,        // the others forget the node, if it owns no slots, and it forgets them
};

inline constexpr std::size_t fault_kinds = 35;
std::string_view name_of(FaultKind kind);
/// Faults of a server's process. They have a node and no target.
bool is_server_fault(FaultKind kind);
/// Faults that only a cluster has, or some of them what sentinels watch.
bool is_cluster_fault(FaultKind kind);
/// Faults that what sentinels watch has, beside those of any server.
bool is_sentinel_fault(FaultKind kind);
/// Faults of one client, which is their target.
bool is_client_fault(FaultKind kind);
/// Faults of a client's connections, to all nodes or to one.
bool is_connection_fault(FaultKind kind);

/// Which of the target's connections a fault hits. One that lasts keeps to those that were there when it began.
enum class FaultScope : std::uint8_t {
  all,
  invalidations,  // those to which other sessions redirect their invalidations, or that track by prefixes
  data,           // those that redirect theirs to another one, or leave it to that one to track by prefixes
};
std::string_view name_of(FaultScope scope);
/// Faults that can hit some of the target's connections and spare the others.
bool has_scope(FaultKind kind);

/// Which messages a partition stops, seen from its nodes.
enum class CutDirection : std::uint8_t { both, outgoing, incoming };
/// How much of an isolated primary's side is cut off with it.
enum class IsolatedSide : std::uint8_t { primary_alone, with_replicas };

/// Where a slot goes, and how that ends.
struct SlotMove {
  enum class Ending : std::uint8_t {
    complete,
    abandoned,   // with half of the keys moved and the slot open on both nodes, until the world heals
    given_back,  // moved, and moved back to where it was
    stolen,      // taken by the target alone: the keys are lost
  };
  std::uint16_t slot = 0;
  std::uint32_t to = 0;
  Ending ending = Ending::complete;

  friend bool operator==(const SlotMove&, const SlotMove&) = default;
};

struct Fault {
  std::uint32_t id = 0;
  FaultKind kind = FaultKind::reset;
  Instant at = 0;
  Instant duration = 0;
  std::uint32_t target = 0;  // a client's index; ignored by faults of the server
  std::uint64_t argument = 0;
  FaultScope scope = FaultScope::all;  // another one only where has_scope(kind)
  /// Of faults of connections: only those to this node. Of others: the node, 0 unless said. Of `migrate_slot`: only if
  /// the slot is this node's.
  std::optional<std::uint32_t> node{};
  std::vector<std::uint32_t> nodes{};  // of `partition`: those on one side, ascending; the others are on the other
  CutDirection direction = CutDirection::both;      // of `partition`
  IsolatedSide side = IsolatedSide::primary_alone;  // of `isolate_primary`
  SlotMove move{};                                  // of `migrate_slot`

  friend bool operator==(const Fault&, const Fault&) = default;
};

/// A decision that is not the benign 0.
struct TapeEntry {
  std::string site;
  std::uint64_t entity = 0;
  std::uint64_t ordinal = 0;
  std::uint64_t value = 0;

  friend bool operator==(const TapeEntry&, const TapeEntry&) = default;
};

struct ServerSetup {
  Instant idle_timeout = 0;
  std::uint64_t output_limit_bytes = 0;  // of all clients, until `faults_end`; 0: as the server has it by default
  std::uint64_t tracking_table_max_keys = 1'000'000;
  std::string password{};
  std::string version{};  // what the server calls itself, such as 7.4.0; empty: what it is
  std::uint32_t database = 0;  // that all use, clients and writers: 0 or 1; only 0 in a cluster

  friend bool operator==(const ServerSetup&, const ServerSetup&) = default;
};

/// A Redis Cluster. Nodes are counted from 0: the primaries, the first replica of each, the second of each, ..., and
/// the spares. Slots are spread evenly, in order.
struct ClusterSetup {
  std::uint32_t primaries = 3;  // at least 1
  std::uint32_t replicas = 1;   // of each primary
  std::uint32_t spares = 0;     // that know nobody, until `add_node`
  Instant node_timeout = 1500 * millisecond;
  bool require_full_coverage = true;
  bool reads_when_down = false;
  bool channels_allowed = true;  // to the clients' user: shard channels, to guard slots by

  std::uint32_t members() const { return primaries * (1 + replicas); }
  std::uint32_t nodes() const { return members() + spares; }

  friend bool operator==(const ClusterSetup&, const ClusterSetup&) = default;
};

/// A primary, its replicas, and the sentinels that watch them. Nodes are counted from 0: the primary, the replicas, the
/// sentinels.
struct SentinelSetup {
  std::uint32_t replicas = 1;
  std::uint32_t sentinels = 3;  // at least 1
  Instant down_after = second;  // how long a sentinel hears nothing before it finds the primary down

  std::uint32_t data_nodes() const { return 1 + replicas; }
  std::uint32_t nodes() const { return data_nodes() + sentinels; }

  friend bool operator==(const SentinelSetup&, const SentinelSetup&) = default;
};

inline constexpr std::uint32_t nodes_max = 1'024;

/// On which connection a client hears of invalidations: that of its reads, or another (CLIENT TRACKING REDIRECT).
enum class Delivery : std::uint8_t { in_band, redirect };
/// Which reads the server tracks for a client; with `broadcast` none, but every key under the prefixes.
enum class Selection : std::uint8_t { all, opt_in, opt_out, broadcast };
/// What a client speaks.
enum class Dialect : std::uint8_t { resp3, resp2 };

/// Which nodes of a cluster answer a client's reads.
enum class ReadFrom : std::uint8_t { primary, prefer_replica, nearest };

inline constexpr std::uint32_t data_connections_max = 8;

struct ClientSetup {
  std::int64_t max_keys = 4096;
  std::int64_t max_size_bytes = 64 * 1024 * 1024;
  Instant max_idle = 5 * second;
  Instant command_timeout = 2 * second;
  std::uint64_t confidence_thousandths = 100'000;  // of a percent; the text says 99.9
  bool dynamic_confidence = false;
  Instant max_ttl = 0;  // 0: none
  bool cache_nil = true;
  Delivery delivery = Delivery::in_band;
  Selection selection = Selection::all;
  std::vector<std::string> prefixes{};     // of `broadcast`, none: every key; not empty, and without commas
  std::vector<std::string> denied{};       // commands and keys that its predicate keeps out; likewise
  /// What it does otherwise than most (sim/scenario_client.hpp lists them), each at most once.
  std::vector<std::string> habits{};
  Dialect protocol = Dialect::resp3;
  std::uint32_t data_connections = 1;      // 1 to data_connections_max; more than one only with `redirect`
  ReadFrom read_from = ReadFrom::primary;  // of a cluster
  std::optional<std::uint32_t> shares{};   // the store of this earlier client, which shares nobody's

  friend bool operator==(const ClientSetup&, const ClientSetup&) = default;
};

/// Whether it has this habit.
bool has_habit(const ClientSetup& client, std::string_view habit);

struct Scenario {
  std::string subject = "verified";
  std::uint64_t seed = 0;
  std::string strategy = "uniform";
  Instant faults_end = 10 * second;   // no fault lasts beyond; then the world heals
  ServerSetup server{};               // of every node
  std::optional<ClusterSetup> cluster{};    // neither of these two: one standalone server
  std::optional<SentinelSetup> sentinels{};
  std::vector<ClientSetup> clients;
  std::uint32_t writers = 1;
  std::vector<Operation> operations;  // by time, then id
  std::vector<Fault> faults;          // by time, then id
  bool replay_tape = false;
  std::vector<TapeEntry> tape;

  /// Servers of the world.
  std::uint32_t nodes() const { return cluster ? cluster->nodes() : sentinels ? sentinels->nodes() : 1; }
  /// Several servers hold the data, and take each other's place.
  bool has_successors() const { return cluster.has_value() || sentinels.has_value(); }

  friend bool operator==(const Scenario&, const Scenario&) = default;
};

/// What is wrong with a scenario's text, for the person who wrote it.
struct ParseError {
  std::size_t line = 0;
  std::string expected;  // "a duration such as 1.5s", ...
  std::string found;
};

std::string print(const Scenario& scenario);
/// Exactly inverse to `print`. Returns false and fills `error` at the first line that is not understood.
bool parse(std::string_view text, Scenario& scenario, ParseError& error);

}  // namespace trackside::sim
