// What the server knows about one client connection.
//
// Plain state, changed by the commands; `Node` owns the sessions and gives the verbs. Tracking flags are the real
// server's client flags, one bool each. Invariant: `prefixes` is non-empty exactly while tracking in broadcast mode.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resp/request_buffer.hpp"
#include "resp/writer.hpp"
#include "sim/instant.hpp"
#include "sim/redis/server.hpp"
#include "sim/redis/tracking.hpp"

namespace trackside::sim::redis {

struct CommandSpec;

struct TrackingState {
  bool on = false;
  bool broadcast = false;
  bool optin = false;
  bool optout = false;
  bool noloop = false;
  bool caching_given = false;  // CLIENT CACHING YES or NO, for the next command or transaction
  bool redirect_broken = false;
  ClientId redirect = no_client;
  std::vector<std::string> prefixes{};  // sorted

  /// Whether another client than this one is told of its invalidations.
  bool redirects_from(ClientId self) const { return on && redirect != no_client && redirect != self; }
};

/// A command's arguments, owned: what MULTI queues and what a blocked client waits with.
class StoredArguments {
 public:
  explicit StoredArguments(std::span<const std::string_view> arguments) {
    strings_.assign(arguments.begin(), arguments.end());
  }
  void view(std::vector<std::string_view>& out) const { out.assign(strings_.begin(), strings_.end()); }

 private:
  std::vector<std::string> strings_;
};

struct QueuedCommand {
  const CommandSpec* command;
  StoredArguments arguments;
};

struct WatchedKey {
  std::uint32_t database;
  std::string key;
  bool expired;  // was expired but not deleted when WATCH came: its deletion is no change
};

struct Transaction {
  bool open = false;
  bool refused = false;   // a command was refused while queueing: EXEC will abort
  bool outdated = false;  // a watched key changed: EXEC will answer null
  std::vector<QueuedCommand> queue{};
  std::vector<WatchedKey> watched{};
};

/// What a blocked client waits for: an element (BLPOP), replicas (WAIT), the end of its MIGRATE, or the end of a pause.
enum class BlockedFor : std::uint8_t { element, acknowledgements, migration, pause };

struct Context;

/// Gives a blocked client what it waits for from this key; false: there is nothing for it.
using ServeBlocked = bool (*)(Context& context, std::string_view key);

struct Blocked {
  bool active = false;
  BlockedFor reason = BlockedFor::element;
  const CommandSpec* command = nullptr;
  ServeBlocked serve = nullptr;
  std::vector<std::string> keys{};
  std::vector<std::string_view> arguments{};  // views into `stored`
  std::vector<std::string> stored{};
  std::int64_t replicas = 0;  // that WAIT wants
  Instant deadline = end_of_time;
};

enum class ReplyMode : std::uint8_t { on, off, skip_next, skip };

enum class SubscriptionKind : std::uint8_t { channel, pattern };  // shard channels are kept apart

/// `normal`; `closing`: replies no more, closes when its output is taken; `deaf`: likewise, but without output to take,
/// so it closes only when a push would be sent (QUIT under CLIENT REPLY OFF); `gone`: the server has freed the client.
enum class SessionState : std::uint8_t { normal, closing, deaf, gone };

struct Session {
  Session(SessionId session, ClientId client) : id(session), client_id(client) {}

  SessionId id;
  ClientId client_id;
  std::string address{};
  std::string name{};
  SessionState state = SessionState::normal;
  resp::Protocol protocol = resp::Protocol::resp2;
  bool authenticated = true;
  bool no_evict = false;
  bool dirty = false;  // listed for take_dirty
  bool abort = false;  // closed by the server without ceremony: what was not taken is lost
  ReplyMode reply_mode = ReplyMode::on;
  std::uint32_t database = 0;
  TrackingState tracking{};
  Transaction transaction{};
  Blocked blocked{};
  std::optional<StoredArguments> postponed{};  // the command that waits for the end of a pause
  std::vector<std::string> channels{};         // it listens to, in the order in which it began to
  std::vector<std::string> patterns{};
  std::set<std::string, std::less<>> shard_channels{};
  bool asking = false;                   // ASKING was said, for the next command or transaction
  bool read_only = false;                // READONLY was said
  std::uint64_t replication_offset = 0;  // of the stream behind its last command
  Instant opened_at = 0;
  std::int64_t active_at_seconds = 0;  // Unix time of the last bytes in or out, for the idle timeout
  const CommandSpec* last_command = nullptr;
  resp::RequestBuffer requests{};
  std::string output{};

  std::vector<std::string>& topics(SubscriptionKind kind) {
    return kind == SubscriptionKind::channel ? channels : patterns;
  }
  bool subscribed() const { return !channels.empty() || !patterns.empty() || !shard_channels.empty(); }
  /// May say only what manages subscriptions, and hears of others' invalidations as messages.
  bool in_subscribe_mode() const { return subscribed() && protocol == resp::Protocol::resp2; }
};

}  // namespace trackside::sim::redis
