// What happened in a run, told in the model's own terms: the versions every key had at its owner, and what each
// client asked and got. The rules (`check_*.hpp`) read it once, front to back.
//
// Invariant: events are in order of time; every index refers to something recorded before. A version is named by its
// position in its key's list; state 0 of every key is "absent" from the beginning of time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trackside::model {

using Instant = std::int64_t;  // nanoseconds of world time
inline constexpr Instant end_of_time = INT64_MAX;

using KeyIndex = std::uint32_t;
using ClientIndex = std::uint32_t;
using StoreIndex = std::uint32_t;    // what several clients' caches may share
using QueryIndex = std::uint32_t;    // a distinct (command, key, arguments)
using OperationIndex = std::uint32_t;
inline constexpr std::uint32_t nobody = UINT32_MAX;

/// One state of one key at its owner, current from `from` to the next version, or to `expires_at` if that is earlier:
/// from then on the key is absent without a new version. Both ends count: at the instant of a change, old and new are
/// right, since an instant holds several events. The first version, absent, is current from the beginning of time
/// whatever its `from` says. What no command did (a restart that lost data, a stepped clock) has nobody and cause 0.
struct Version {
  Instant from = 0;
  Instant expires_at = end_of_time;  // the last instant at which a read at the owner can still find the key
  ClientIndex by = nobody;   // the cached client that wrote it
  std::uint64_t cause = 0;   // identifies the writing command by its bytes; 0: none
  std::uint32_t state = 0;   // handle that the oracle understands; 0: absent
  /// When replicas that answer reads had it, from the first to the last: after its owner did, or while that one led
  /// and did not answer.
  Instant lingers_from = end_of_time;
  Instant lingers_until = INT64_MIN;
};

/// A stretch of time in which one node answered reads of a key, without redirection or error: of the key's versions
/// those from `first` up to the next tenure's, as they were at that node. Both ends count.
struct Tenure {
  std::size_t first = 0;
  Instant from = 0;
  Instant until = end_of_time;
  /// With sentinels: from when on no majority of them named the node. It may answer for longer, since nobody tells it;
  /// but who asks them knows, and keeps nothing of it for longer than max_idle after this.
  Instant confirmed_until = end_of_time;
};

/// Computes what the owner answers to a query in a state. Given by whoever runs the world.
class Oracle {
 public:
  virtual std::string_view reply(QueryIndex query, std::uint32_t state) const = 0;

 protected:
  ~Oracle() = default;
};

enum class Source : std::uint8_t {
  server,
  joined,  // another reader's fetch
  cache,
  mixed,   // some parts of a read of several keys from the cache, the others from the server
};
enum class Ending : std::uint8_t {
  pending,
  reply,
  error_reply,
  failed,  // timeout, loss, cancellation, refusal
};
enum class OperationKind : std::uint8_t { read, write, other };

/// One command of one client, from its invocation to its end. A read of several keys is as many operations, one for
/// each key, in a row and alike in everything but key, query and reply; `group` ties them together. A transaction is a
/// write, and behind it a read for each of its commands that is one, which may end in an error of its own.
struct Operation {
  ClientIndex client = 0;
  OperationIndex group = nobody;  // the first of those that one command asked; nobody: it is a command of its own
  std::uint32_t place = 0;        // of a group that a cluster's client splits: the slot and 1; 0: the group stays whole
  OperationKind kind = OperationKind::read;
  KeyIndex key = 0;             // of reads
  QueryIndex query = 0;         // of reads
  std::vector<KeyIndex> writes{};  // keys that a write names
  std::uint64_t cause = 0;      // of writes: identifies the command by its bytes
  bool unique = false;          // of writes: no other command has the same bytes
  bool exact = true;            // of writes: the command names every key that it may change
  Instant invoked = 0;
  Instant completed = end_of_time;
  Ending ending = Ending::pending;
  Source source = Source::server;
  bool healthy = true;          // what the cache said of itself just before the reply was taken from it
  bool link_alive = true;       // whether the client had an open connection that was told to it as such
  std::uint32_t completions = 0;
  std::string reply{};          // bytes of the frame
  std::string misreading{};     // what is wrong with what a program reads out of the reply; empty: nothing
  Instant patience = 0;         // how much longer than the timeout it may take: what waits at the server
  std::uint32_t id = 0;         // the scenario's number of it, for messages
  bool settled = false;         // invoked after the faults stopped and the settling time was over
};

/// How much a cache says it holds.
struct Usage {
  std::size_t keys = 0;
  std::size_t bytes = 0;
};

/// A `put`: whether the cache under test said it kept it, and what it said of its health just before.
struct PutRecord {
  ClientIndex client = 0;
  Instant at = 0;
  bool kept = false;
  bool healthy = true;
  std::optional<Usage> usage{};  // just afterwards; nothing: this cache does not say
};

/// A `get` that found something, and what the cache said of its health just before.
struct HitRecord {
  ClientIndex client = 0;
  Instant at = 0;
  bool healthy = true;
};

/// Something that may move a cache's confidence, and what it said of it just afterwards.
struct ConfidenceRecord {
  enum class Cause : std::uint8_t {
    mismatch,  // feedback: the server's reply was another one
    match,     // feedback: it was the same
    reset,
    flush,     // which may be a reset, as by default it is
  };
  ClientIndex client = 0;
  Instant at = 0;
  Cause cause = Cause::reset;
  double confidence = 0;
};

/// What a cache counts. `invalidations`: keys named to it as invalid, those of mismatches included.
struct Counters {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t dirty = 0;
  std::uint64_t invalidations = 0;

  friend bool operator==(const Counters&, const Counters&) = default;
};

struct Event {
  enum class Kind : std::uint8_t { version, invoke, complete, put, hit, confidence };
  Kind kind;
  Instant at;
  std::uint32_t index;    // key of a version, operation of invoke/complete, else position in the list of its kind
  std::uint32_t version;  // of kind version: position in the key's list
};

/// What a client is promised. Several may share a store: then each may be served what another one filled, and what
/// keeps one of them from hearing of changes reaches all of them.
struct ClientTerms {
  Instant max_idle = 0;
  Instant staleness_max = 0;  // of cached replies: max_idle, or more where pushes may vanish; end_of_time: no bound
  bool pushes_reliable = true;  // false: what its store holds may have changed without a push, on a live stream
  Instant command_timeout = 0;
  Instant slack = 0;  // by how much later than that a command may end: the longest pause of the process
  bool routes_by_key = false;   // several nodes own keys: what it writes without naming a key may be anybody's
  bool reads_replicas = false;  // as long as a replica has what its primary had, a read may find it
  StoreIndex store = 0;
  std::int64_t max_keys = -1;        // that its store may hold; negative: no bound
  std::int64_t max_size_bytes = -1;
  double confidence = 100;           // that its cache begins with
  bool dynamic_confidence = false;   // whether feedback moves it
  bool usable = true;                // false: its options exclude each other, or nobody lets it in
  bool takes_commands = true;        // false: it is not usable, or has no connections for them
};

struct History {
  std::vector<ClientTerms> clients;
  std::vector<std::vector<Version>> keys;  // each begins with the absent version
  /// Of a cluster: per key who answered for it when, in the order in which one took the place of another (by config
  /// epoch, then by time). Several may have answered at once. Empty: each key has one owner for all time.
  std::vector<std::vector<Tenure>> tenures{};
  /// Of a cluster: keys that a primary dropped without telling its replicas (Redis 7.0, of a slot that turned out to be
  /// another's). What those still have is no version's any more, and comes back with the slot. Empty: none.
  std::vector<bool> left_at_replicas{};
  std::vector<Operation> operations;
  std::vector<PutRecord> puts;
  std::vector<HitRecord> hits;
  std::vector<ConfidenceRecord> confidences;
  std::vector<Event> events;
  std::vector<Instant> clock_steps{};  // when the wall clock of a server jumped
  Instant faults_stopped = 0;   // from here on nothing goes wrong any more
  Instant settled_at = 0;       // and from here on everything must be well
  std::vector<std::uint8_t> healthy_at_end;    // one per client
  std::vector<std::uint32_t> leftovers_at_end; // fills, waiters and commands without an end, per client
  std::vector<Counters> ledgers;               // one per store: what whoever watched its caches counted
  std::vector<Counters> claims_at_end;         // one per client: what its cache says to have counted
  /// One per client: what its other figures (of single keys, of the client) do not agree with; empty: nothing. Nobody
  /// looked at them where there is none.
  std::vector<std::string> contradictions_at_end{};
};

}  // namespace trackside::model
