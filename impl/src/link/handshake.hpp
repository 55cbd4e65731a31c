// The conversation that turns a connection into a session: HELLO with AUTH and SETNAME, SELECT, and what its role
// needs.
//
//   role            after HELLO
//   plain, data     SELECT                      (a data connection redirects later: Link::register_redirect)
//   tracking        SELECT, CLIENT TRACKING ON  pushes then come on this very stream
//   invalidations   RESP3: nothing, being a target is enough; broadcast: CLIENT TRACKING ON BCAST
//                   RESP2: SUBSCRIBE __redis__:invalidate; broadcast: CLIENT TRACKING ON BCAST REDIRECT itself first
//
// What does not depend on an answer is sent at once; answers come in order and the first refusal decides. NOLOOP is
// never sent, since it forgets keys without a word (trackside/tracking_options.hpp).
//
//   begin --> hello --> [select] --> [tracking] --> [subscribed] --> done          any --(refusal)--> failed
#pragma once

#include <cstdint>
#include <string>

#include "trackside/command.hpp"
#include "trackside/error.hpp"
#include "trackside/options.hpp"
#include "trackside/reply.hpp"

namespace trackside::link {

/// What HELLO tells, and later probes compare.
struct Identity {
  std::int64_t client_id = 0;
  std::int64_t protocol = 0;
  bool primary = true;
  bool cluster = false;
  bool sentinel = false;
  int version = 0;  // major * 100 + minor: 700 for 7.0.15, 704 for 7.4.1
};

/// Reads HELLO's answer, a map or its RESP2 form; not_redis when it lacks what every Redis tells.
Result<Identity> read_identity(ReplyView hello, Protocol protocol);

/// The channel of invalidations for RESP2.
inline constexpr std::string_view invalidation_channel = "__redis__:invalidate";

enum class Role : std::uint8_t {
  plain,          // commands, and no cache
  tracking,       // commands, and the invalidations of what they read
  data,           // commands whose invalidations go to another connection
  invalidations,  // the other connection
};

class Handshake {
 public:
  enum class State : std::uint8_t { going_on, done, failed };

  struct Terms {
    const ClientOptions& client;
    const TrackingOptions& tracking;
    Role role;
    bool in_cluster;  // whether the node has to be one of a cluster
    bool strict;      // whether it must not be one else, though no cache depends on it
  };
  /// Appends the commands of the conversation's first part and starts to await their replies.
  void begin(const Terms& terms, std::string& out);
  /// Replies to come; grows when a reply has made the next part possible.
  std::uint32_t awaited() const { return awaited_; }

  /// May append further commands.
  State on_reply(const Terms& terms, ReplyView reply, std::string& out);
  error_code error() const { return error_; }
  const Identity& identity() const { return identity_; }

 private:
  enum class Step : std::uint8_t { hello, select, tracking, subscribe };
  State fail(Errc code);
  State on_hello(const Terms& terms, ReplyView reply, std::string& out);
  void subscribe(const Terms& terms, std::string& out);
  void next_step();

  Step step_ = Step::hello;
  std::uint32_t awaited_ = 0;
  bool selects_ = false;
  bool tracks_ = false;
  Identity identity_{};
  error_code error_{};
};

/// CLIENT TRACKING ON with everything that the options say; `redirect` 0: to itself.
Command tracking_command(const TrackingOptions& options, std::int64_t redirect);

/// Why these options cannot be: noloop_unsound, tracking_invalid, or success.
error_code judge(const TrackingOptions& options, Protocol protocol);

}  // namespace trackside::link
