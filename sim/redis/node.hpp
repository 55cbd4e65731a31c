// The state of one simulated node and the verbs the commands use on it.
//
// Everything the real server keeps in its one global struct is here: keys, sessions, tracking, counters, the clock of
// the current event. Commands change it only through these verbs, so that watchers, pushes, blocked clients and the
// observer hear of every change, in the real server's order. The verbs live in the file named above each group.
// Invariant: outside `Server`'s calls no command is executing, no push is pending, and `current` is null.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/command_table.hpp"
#include "sim/redis/keyspace.hpp"
#include "sim/redis/redirection.hpp"
#include "sim/redis/session.hpp"
#include "sim/redis/shard_channels.hpp"
#include "sim/redis/subscriptions.hpp"

namespace trackside::sim::script {
class Interpreter;
}

namespace trackside::sim::redis {

using Arguments = std::span<const std::string_view>;

/// The period of the server's cron: hz 10.
inline constexpr Instant tick = 100 * millisecond;

class Node {
 public:
  Node(ServerConfig config, ServerObserver* observer);

  // sessions.cpp
  Session& accept(std::string_view address);
  void forget(SessionId id);
  /// Everything is lost but the clock, the role and the rights; what CONFIG SET changed is as it began.
  void restart();
  Session* find(SessionId id);        // null if unknown
  Session* find_client(ClientId id);  // null if the server has no such client (any more)
  /// Frees the client as CLIENT KILL and the output limit do: nothing more is sent, the connection is aborted.
  void free_client(Session& session);
  /// The reply being written is the last: nothing more is read or written.
  void close_gracefully(Session& session);
  /// Lists the session for take_dirty if it holds output or wants to close.
  void mark_dirty(Session& session);
  /// Where replies to the session go: its output, or nowhere (CLIENT REPLY OFF, closing).
  std::string& reply_sink(Session& session);
  void enforce_output_limit(Session& session);
  std::int64_t unix_milliseconds() const;
  std::int64_t unix_seconds() const { return unix_milliseconds() / 1000; }
  /// The first instant at which the wall clock shows this; may have passed.
  Instant when_wall_clock_shows(std::int64_t unix_milliseconds) const;
  bool inside_transaction() const { return nesting_ > 1; }
  bool inside_script() const { return in_script_; }

  // changes.cpp
  using Item = Keyspace::Item;
  /// The key's entry if it is there and not expired; deletes an expired one, as every access does.
  Item lookup(std::uint32_t database, std::string_view key);
  /// To be called once the key has its new content: watchers, pushes, blocked clients, observer. `writer`: null for
  /// the server itself.
  void key_changed(std::uint32_t database, std::string_view key, Session* writer);
  /// As `key_changed`, of a value that stands in place of another: nobody who waits for the key is served.
  void key_replaced(std::uint32_t database, std::string_view key, Session* writer);
  /// By the server itself: expired or evicted.
  void delete_key(std::uint32_t database, Item item);
  std::size_t evict(std::uint64_t keys);
  /// The part of `key_changed` for those outside: the observer, the replicas.
  void note_change(std::uint32_t database, std::string_view key, Session* writer);
  void flush(std::uint32_t first_database, std::uint32_t last_database, Session* writer);
  void swap_databases(std::uint32_t first, std::uint32_t second, Session* writer);

  // watching.cpp
  void watch(Session& session, std::string_view key);
  void unwatch(Session& session);
  void discard_transaction(Session& session);
  bool watched_key_expired(const Session& session);

  // pushes.cpp
  void start_tracking(Session& session, const TrackingState& wanted, std::span<const std::string_view> new_prefixes);
  void stop_tracking(Session& session);
  void remember_read(Session& session, const CommandSpec& command, Arguments arguments);
  void limit_tracking_table();
  std::size_t forget_tracked(std::uint64_t keys);
  void broadcast_changes();
  void deliver_pending_pushes();
  /// Where a frame that nobody asked for goes; null: nowhere. Replies that are switched off do not matter.
  std::string* begin_push(Session& receiver);
  void end_push(Session& receiver);

  // pubsub.cpp
  /// Both tell whether that changed anything.
  bool subscribe(Session& session, SubscriptionKind kind, std::string_view name);
  bool unsubscribe(Session& session, SubscriptionKind kind, std::string_view name);
  /// Without a word, as when the client leaves.
  void unsubscribe_all(Session& session);
  /// Returns how many have been told.
  std::int64_t publish(std::string_view channel, std::string_view message);

  // shard_pubsub.cpp
  void subscribe_shard(Session& session, std::string_view channel);
  void unsubscribe_shard(Session& session, std::string_view channel);
  void unsubscribe_all_shard(Session& session);
  std::int64_t publish_in_shard(std::string_view channel, std::string_view message);
  /// Ends every subscription to channels of the slot, and tells so.
  void end_shard_subscriptions(std::uint16_t slot);
  void slots_changed();

  // cluster_state.cpp. Requires cluster mode.
  /// A command changed the view: whoever keeps the cluster's state judges it anew.
  void view_changed(ClusterRequests::Announce announce);
  /// Another owner for the slot, or none: subscriptions end as they do whenever a slot of this node's shard goes.
  void give_slot(std::uint16_t slot, NodeIndex owner);
  /// Without whoever keeps the state, the node itself judges it at the end of the turn.
  void view_is_outdated() { state_outdated_ = requests == nullptr; }
  bool bump_epoch();
  void drop_slot_keys(std::uint16_t slot);
  void redirect_blocked_clients();

  // redirection.cpp
  Route route(const Query& query);
  Route route_of(const Session& session, const CommandSpec& command, Arguments arguments);
  Route route_of_blocked(const Session& session) const;
  /// Why a script may not run the command, for the message of the script's error; empty: it may.
  std::string_view script_objection(const Session& session, const CommandSpec& command, Arguments arguments);

  // moving.cpp
  std::optional<MovingKey> export_key(std::string_view key);
  void delete_exported(std::string_view key);
  std::string import_key(const MovingKey& key, Server::IfPresent if_present);
  void start_migration(Session& session, Arguments arguments, Migration request);
  void finish_migration(std::span<const std::string> errors, std::string_view failure);
  /// The session was fed while a migration is under way; it is served when that is over.
  void note_waiting_input(SessionId session);

  // replicating.cpp
  /// What was changed since the last call leaves as one piece.
  void propagate();
  void apply(std::span<const ReplicatedChange> changes);
  std::vector<StoredKey> snapshot();
  /// Empties every database with the null push to all trackers; replicas are not told.
  void drop_everything();
  void begin_loading();
  void finish_loading(std::span<const StoredKey> state);
  void become_replica();
  void become_primary();
  std::int64_t acknowledging_replicas(std::uint64_t offset) const;
  ReplicationFacts replication_facts() const;
  void wait_for_replicas(Session& session, std::int64_t replicas, Instant deadline);
  void serve_waiting_clients();
  bool writes_paused() const { return now < writes_paused_until; }
  void pause_writes(Instant until);
  /// As long as writes are paused, all other commands wait, too.
  void pause_everything() { everything_paused_ = true; }
  void resume_writes();

  // execution.cpp
  /// Executes every complete request the session holds.
  void process(Session& session);
  void execute(Session& session, std::vector<std::string_view>& arguments);
  void call(Session& session, const CommandSpec& command, Arguments arguments);
  void answer_oddly(Session& session, const CommandSpec& command, std::size_t from);
  /// A command run by the script that `script` executes: part of that as far as causes and pushes go. Gives its reply.
  std::string call_from_script(Context& script, const CommandSpec& command, Arguments arguments);
  script::Interpreter& scripts();
  /// What the event loop does before it sleeps: time-outs and input of blocked clients, broadcasts, closing.
  void before_sleep();

  // blocking.cpp
  /// `server` is null unless the session waits for an element of one of the keys.
  void block(Session& session, Arguments arguments, Arguments keys, ServeBlocked server, Instant deadline);
  void unblock(Session& session);
  /// Until the end of the turn.
  bool was_unblocked(const Session& session) const;
  void serve_blocked_clients();
  /// Those that wait for this key are looked at behind the command, though the key did not change.
  /// Of any key at all.
  bool somebody_awaits_a_stream() const;
  void wake_blocked(std::uint32_t database, std::string_view key) { note_ready(database, key); }

  // timers.cpp
  /// Ends a client's waiting with what it is told when its time is over.
  void time_out(Session& session);
  Instant next_timer();
  void run_timers(std::uint64_t expiry_lag_ticks);
  void set_idle_timeout(Instant timeout);
  void step_clock(std::int64_t milliseconds);

  ServerConfig config;
  ServerObserver* observer;
  Instant now = 0;
  Instant started_at = 0;
  std::int64_t clock_step_milliseconds = 0;
  bool replica = false;
  bool loading = false;
  std::unique_ptr<ClusterView> cluster;  // null: not in cluster mode
  ClusterRequests* requests = nullptr;
  ReplicationFeed* feed = nullptr;
  ReplicationFacts replication;
  Instant writes_paused_until = 0;
  std::optional<Migration> migration;  // under way: the node does nothing else

  std::map<std::string, std::string, std::less<>> settings;  // what CONFIG SET changed without any effect here
  Keyspace keyspace;
  TrackingTable tracking_table;
  BroadcastPrefixes prefixes;
  Subscriptions channels;
  Subscriptions patterns;
  ShardChannels shard_channels;
  std::uint32_t tracking_clients = 0;
  std::vector<std::unique_ptr<Session>> sessions;  // ascending in SessionId and in ClientId
  std::uint32_t live_clients = 0;
  std::vector<SessionId> dirty;
  std::vector<std::uint64_t> calls;  // per command of the table
  std::uint64_t commands_processed = 0;
  std::vector<std::uint64_t> commands_met_oddly;  // per command of the table, since it answers oddly
  std::uint64_t odd_answers_given = 0;
  std::vector<std::string_view> refused_as_forbidden;

  Session* current = nullptr;  // whose command is being executed

 private:
  struct PendingPush {
    bool flush;
    std::string key;
  };
  struct ReadyKey {
    std::uint32_t database;
    std::string key;
  };

  // changes.cpp
  void report(std::uint32_t database, std::string_view key, const Session* writer);
  void report(std::uint32_t database, std::string_view key, SessionId by, std::uint64_t cause);
  std::uint64_t cause_of(const Session* writer);
  void report_swapped(std::uint32_t database, std::uint32_t before, Session* writer);
  void report_all_absent();

  // watching.cpp
  void touch_watchers(std::uint32_t database, std::string_view key);
  void touch_all_watchers(std::uint32_t database, OrderedTable<Entry>* replacement);

  // pushes.cpp
  void invalidate(std::string_view key, Session* writer);
  void invalidate_readers(std::string_view key);
  void invalidate_all();
  void send_push(Session& tracker, std::string_view payload);
  void send_broken_redirection(Session& tracker);
  void send_key_push(Session& tracker, std::string_view key);

  // pubsub.cpp
  Subscriptions& subscriptions(SubscriptionKind kind) {
    return kind == SubscriptionKind::channel ? channels : patterns;
  }

  // redirection.cpp
  bool visible(std::string_view key);  // there and not expired

  // cluster_state.cpp
  void judge_state();

  // moving.cpp
  void execute_waiting_input();

  // replicating.cpp
  void replicate(ReplicatedChange change, const Session* writer);
  void apply(const ReplicatedChange& change);
  void apply_key(const ReplicatedChange& change);
  bool must_wait_for_resumption(const Session& session, const CommandSpec& command) const;
  void postpone(Session& session, Arguments arguments);

  // execution.cpp
  struct Objection {
    std::string error{};     // empty: none
    bool redirects = false;  // EXEC answers it as it is
    bool is_odd = false;     // the server has lost its senses
  };
  Objection objection(const Session& session, const Command& command, Arguments arguments);
  static bool is_or_queued(const Session& session, const CommandSpec& command, int flags);
  void refuse(Session& session, const CommandSpec* command, const Objection& objection);
  void enqueue(Session& session, const CommandSpec& command, std::vector<std::string_view>& arguments);
  void forget_command(Session& session, const CommandSpec* command);
  void finish_command(Session& session, const CommandSpec* command);

  // blocking.cpp
  void note_ready(std::uint32_t database, std::string_view key);
  void serve(Session& session, std::string_view key);

  // timers.cpp
  void close_idle_clients();
  void schedule_idle_check();
  void expire_keys(std::uint64_t lag_ticks);
  void time_out_blocked();

  ServerConfig configuration_file_;
  SessionId next_session_{1};
  ClientId next_client_ = 3;  // the real server's first client after its start
  std::vector<std::string_view> arguments_;
  std::string discarded_;
  std::string payload_;
  std::vector<PendingPush> pending_pushes_;
  std::uint32_t nesting_ = 0;  // commands being executed inside one another: EXEC and what it runs
  bool in_script_ = false;
  std::string script_reply_;                       // of the command that the script runs
  std::shared_ptr<script::Interpreter> scripts_;  // null until a script is met
  Arguments executing_;  // the innermost of them
  std::uint64_t evictions_ = 0;
  std::uint64_t eviction_failures_ = 0;
  std::vector<Session*> watching_;
  std::vector<Session*> blocked_;  // in the order in which they blocked
  std::vector<Session*> unblocked_;
  std::vector<ReadyKey> ready_keys_;
  std::vector<SessionId> to_free_;
  std::vector<std::string_view> routed_keys_;
  std::vector<std::string_view> queued_arguments_;
  std::vector<std::string_view> read_keys_;
  std::vector<ReplicatedChange> unsent_;
  std::uint64_t unsent_bytes_ = 0;
  bool command_counted_ = false;          // the executing command's bytes are among them
  std::vector<SessionId> waiting_input_;  // sessions that were fed during a migration
  bool state_outdated_ = false;
  bool everything_paused_ = false;  // until writes go on
  Instant last_tick_ = -tick;
  Instant idle_check_at_ = end_of_time;
};

}  // namespace trackside::sim::redis
