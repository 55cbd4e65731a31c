// One simulated Redis node (7.0.15), without a network: sessions take bytes and give bytes.
//
// It executes every complete command the moment it is fed, in the order of arrival, and keeps the real server's order
// of replies and pushes on each session (own pushes behind the reply that caused them, foreign pushes at once, EXEC
// as a whole). Who carries the bytes, when, and in what chunks is `sim/network`'s business; random choices (which
// expired key the active cycle finds late) come in as arguments. What it knowingly does not do stands in sim/README.md.
// Source: behaviour of redis-server 7.0.15, compared by properties/integration/differential_test.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resp/writer.hpp"
#include "sim/instant.hpp"
#include "sim/redis/cluster_requests.hpp"
#include "sim/redis/cluster_view.hpp"
#include "sim/redis/replication.hpp"
#include "sim/redis/sentinel_view.hpp"
#include "sim/redis/session_id.hpp"
#include "sim/redis/value_pointer.hpp"

namespace trackside::sim::redis {

struct ServerConfig {
  std::uint16_t port = 6379;
  std::uint32_t databases = 16;
  std::string version = "7.0.15";    // what it calls itself; it is 7.0.15 in everything else
  std::string password{};              // requirepass; empty: none
  Instant idle_timeout = 0;            // `timeout`; 0: never
  std::size_t output_limit_bytes = 0;  // client-output-buffer-limit normal, hard; 0: unlimited
  std::size_t subscriber_output_limit_bytes = 32 * 1024 * 1024;  // the same of pubsub
  std::size_t max_clients = 10'000;
  bool resp3 = true;             // false: HELLO is an unknown command, as before Redis 6
  std::vector<std::string_view> forbidden{};  // these answer NOPERM; named as COMMAND DOCS does ("latency|histogram")
  bool channels_allowed = true;  // false: SSUBSCRIBE answers NOPERM, as to a user without channels
  std::uint64_t odd_answers = 0;  // not 0: refuses commands, and answers oddly about itself (odd_answers.hpp)
  std::uint64_t tracking_table_max_keys = 1'000'000;
  bool cluster_enabled = false;  // cluster mode: slots, redirections, one database
  std::string node_id{};         // in cluster mode: its forty hexadecimal digits
  const SentinelView* sentinel = nullptr;  // of a sentinel, and for as long as the server lives; null: it is none
  std::string node_host{};       // in cluster mode: the address at which others find it; empty: it does not know yet
};

/// Told of everything that changes keys, in execution order. `cause` identifies the command by its exact bytes.
class ServerObserver {
 public:
  struct Change {
    Instant at;
    std::uint32_t database;
    std::string_view key;
    ValuePointer value;       // null: absent now
    std::int64_t expires_at;  // Unix milliseconds; -1: no expiry
    SessionId by;             // none: the server itself (active expiry, restart)
    std::uint64_t cause;      // hash_of(argv) of the command that wrote; 0: none
  };
  virtual void on_change(const Change& change) = 0;

 protected:
  ~ServerObserver() = default;
};

/// FNV-1a over the arguments with their lengths; the same on every platform.
std::uint64_t hash_of(std::span<const std::string_view> arguments);

class Server {
 public:
  Server(ServerConfig config, ServerObserver* observer);
  ~Server();

  /// A connection was accepted. With max_clients reached the session gets an error and is to be closed.
  SessionId open(Instant now, std::string_view address);
  /// Bytes arrived. Executes every complete command; malformed protocol answers an error and asks for closing.
  void feed(SessionId session, std::string_view bytes, Instant now);
  /// The same, as one of several inputs of one iteration of the event loop; `end_iteration` comes behind the last.
  void feed_part(SessionId session, std::string_view bytes, Instant now);
  void end_iteration(Instant now);
  /// The connection is gone; its table entries linger as the real server's do.
  void closed(SessionId session, Instant now);

  /// Sessions with new output or a wish to close, in the order the real server flushes them (newest first). Clears the
  /// list.
  void take_dirty(std::vector<SessionId>& out);
  /// Output not taken yet; the caller moves it out. What is not taken counts against output_limit_bytes.
  std::string& output(SessionId session);
  /// Whether the server wants to close the session once its output is taken (QUIT, kill, limits, idle timeout).
  bool wants_close(SessionId session) const;
  /// True if the close is the server's abort (kill, output limit): what was not taken is lost.
  bool wants_abort(SessionId session) const;

  /// When run_timers next has something to do; end_of_time: never. Multiples of the 100 ms cron tick.
  Instant next_timer() const;
  /// Active expiry and idle timeouts. Keys whose TTL ran out less than `expiry_lag_ticks` ticks ago are left alone,
  /// as a busy active cycle does (0: all are deleted).
  void run_timers(Instant now, std::uint64_t expiry_lag_ticks);

  /// Crash and start again without persistence: empty, no sessions, ids start low, SWAPDB and command counters at zero.
  /// Every session becomes unknown; the network tells the peers.
  void restart(Instant now);

  /// Adds to the server's wall clock, as an administrator or NTP would.
  void step_clock(std::int64_t milliseconds);
  std::int64_t unix_milliseconds(Instant now) const;

  /// Deletes so many keys, as when memory is full. Leaves sessions dirty, as the next one does. Returns how many.
  std::size_t evict(std::uint64_t keys, Instant now);
  /// Forgets so many tracked keys, as when the tracking table is full, and tells their readers. Returns how many.
  std::size_t forget_tracked(std::uint64_t keys, Instant now);

  /// From now on these answer NOPERM (ServerConfig::forbidden), and no other. The names outlive the server.
  void forbid(std::vector<std::string_view> commands);
  /// Those that did since the last call, each as often.
  std::vector<std::string_view> take_refused_as_forbidden();
  /// Which commands are refused or answered oddly from now on; 0: none.
  void set_odd_answers(std::uint64_t which);
  /// So many since the last call, or since the start.
  std::uint64_t take_odd_answers_given();
  /// As CONFIG SET client-output-buffer-limit does for normal clients and subscribers.
  void lift_output_limits();
  void set_role_replica(bool replica);  // HELLO says role:replica and writes answer READONLY

  // Cluster mode. Verbs that take `now` may leave sessions dirty (`take_dirty`).

  /// What the node believes; null unless cluster mode is enabled. It begins with the node itself, alone and without
  /// slots, and survives `restart`, as nodes.conf does. Whoever changes slots says `slots_changed` afterwards.
  ClusterView* cluster();
  const ClusterView* cluster() const;
  /// Whom to ask for what the node cannot do alone; null: nobody, and then the node itself judges `ok`.
  void set_cluster_requests(ClusterRequests* requests);
  /// Slots have other owners than before, for whatever reason: shard subscriptions to slots that left this node's shard
  /// end at once (sunsubscribe), in order of slot and name. Clients blocked on a slot that is gone are redirected by
  /// the next tick of the timer.
  void slots_changed(Instant now);
  /// The slot was taken by a greater epoch while this node, still a primary, holds keys of it: they are deleted without
  /// a push and without replication (before 7.2); the tracking table keeps them. The observer hears of it.
  void drop_slot_keys(std::uint16_t slot, Instant now);
  std::size_t keys_in_slot(std::uint16_t slot) const;
  /// Up to `count`, the youngest first; expired ones among them.
  std::vector<std::string> keys_of_slot(std::uint16_t slot, std::size_t count) const;
  /// From another node: its clients published this.
  void deliver_published(std::string_view channel, std::string_view message, PublishKind kind, Instant now);

  // Moving keys, as MIGRATE does.

  /// What MIGRATE would send; nothing if the key is absent or expired.
  std::optional<MovingKey> export_key(std::string_view key, Instant now);
  /// The target has it: deleted here, with its push, and replicated.
  void delete_exported(std::string_view key, Instant now);
  enum class IfPresent : std::uint8_t { refuse, replace };
  /// RESTORE-ASKING at the target, with its push. Empty, or the error without its '-': "BUSYKEY ...", "MOVED ...".
  std::string import_key(const MovingKey& key, IfPresent if_present, Instant now);
  /// The request that `ClusterRequests::migrate` brought is done; requires `migrating`, which a restart ends. `errors`
  /// has an element for each of its keys that was answered, in their order, empty for those that arrived; `failure` is
  /// that of the connection ("IOERR error or timeout ..."), else empty. Then what came in meanwhile is executed.
  void finish_migration(std::span<const std::string> errors, std::string_view failure, Instant now);
  bool migrating() const;

  // Replication.

  void set_replication_feed(ReplicationFeed* feed);
  void set_replication_facts(ReplicationFacts facts, Instant now);
  /// From now on a replica: writes are refused, nothing expires by itself, no slot is open. Blocked clients get
  /// UNBLOCKED and are closed; all other sessions, their tracking and the keys stay. A no-op on a replica.
  void become_replica(Instant now);
  /// Nobody is told anything.
  void become_primary(Instant now);
  bool is_replica() const;
  /// A piece of the primary's stream, with pushes to this node's trackers.
  void apply(std::span<const ReplicatedChange> changes, Instant now);
  /// Everything, for a full resynchronisation; an expired key is sent like any.
  std::vector<StoredKey> snapshot() const;
  /// A full resynchronisation begins to load: the old state is gone, trackers get the null push, commands that touch
  /// keys answer LOADING.
  void begin_loading(Instant now);
  void finish_loading(std::span<const StoredKey> state, Instant now);
  /// Both in one.
  void load(std::span<const StoredKey> state, Instant now);
  /// Everything goes, as when a replica is told CLUSTER RESET: trackers get the null push, replicas hear nothing.
  void drop_everything(Instant now);
  /// As a primary does during a manual failover: writes wait, nothing is deleted because it expired, until `until` or
  /// `resume_writes`. What waited is then judged anew, redirections included.
  void pause_writes(Instant until, Instant now);
  void resume_writes(Instant now);

  /// Whether the session tracks and another one is told of its invalidations (CLIENT TRACKING REDIRECT).
  bool redirects(SessionId session) const;
  /// Whether the session tracks by prefixes.
  bool broadcasts(SessionId session) const;
  bool tracks(SessionId session) const;
  /// Whether the session is told of another one's invalidations.
  bool is_redirect_target(SessionId session) const;

  // For checks, tests and figures.
  /// Since the process started.
  std::uint64_t commands_processed() const;
  std::size_t tracked_keys() const;
  std::size_t session_count() const;
  /// Of all databases, expired ones that are not deleted yet among them.
  std::size_t key_count() const;
  std::int64_t client_id(SessionId session) const;

 private:
  class Impl;
  template <class Action>
  void turn(Instant now, Action action);

  std::unique_ptr<Impl> impl_;
};

/// What a read command answers when `key` holds `value` (null: absent) and nothing else exists: the frame.
/// `arguments` is the whole command. Commands that look at several keys see the others as absent.
std::string evaluate(ValuePointer value, std::string_view key, std::span<const std::string_view> arguments,
                     resp::Protocol protocol = resp::Protocol::resp3);

}  // namespace trackside::sim::redis
