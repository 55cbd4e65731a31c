// The library's named errors: why a command got no reply, why a link could not be used, why a reply is not of the type
// that was asked for. What a server answers with `-ERR ...` is a reply (`ReplyView::is_error`), and becomes an error,
// error_reply, where a value was asked for (`reply_as`).
#pragma once

#include <string_view>
#include <type_traits>

#include <boost/system/error_code.hpp>

namespace trackside {

enum class Errc {
  connect_failed = 1,     // nothing listens there, or it cannot be reached
  connect_timeout,        // no link within connect_timeout, or within the time a command could wait for one
  connection_lost,        // the connection ended while the command was in flight; a write may have taken effect
  command_timeout,        // no reply within command_timeout; a write may still take effect, once
  cancelled,              // the caller cancelled; a write may still take effect, once
  shut_down,              // the client was stopped
  idle_breach,            // the server answered no probe within max_idle; the link was reset
  protocol_error,         // the peer sent bytes that are not RESP, or a reply nobody asked for: not a Redis server?
  reply_too_large,        // a reply exceeded ReplyLimits::max_bytes
  reply_too_deep,         // a reply was nested deeper than ReplyLimits::max_depth
  not_redis,              // the peer speaks RESP, but its HELLO answer is not one of a Redis server
  resp3_unsupported,      // the server does not know HELLO 3 (Redis before 6.0, or a proxy)
  authentication_failed,  // NOAUTH, WRONGPASS or NOPERM during the handshake
  tracking_refused,       // the server refused CLIENT TRACKING ON
  handshake_refused,      // the server refused another part of the handshake (name, database, probe)
  wrong_role,             // the node is not the primary, or the sentinel, it was expected to be
  cluster_unsupported,    // the node is part of a Redis Cluster, and the client or the cache is one for a single node
  identity_changed,       // protocol, client id or probe nonce were not those of this link
  too_many_commands,      // max_in_flight commands, or max_pending_bytes bytes, are waiting already
  command_not_allowed,    // the command would change the session that the cache depends on
  empty_command,          // a command without a name
  transaction_refused,    // MULTI was refused: the commands ran one by one, each on its own
  noloop_unsound,         // NOLOOP forgets keys without telling; see TrackingOptions::noloop
  tracking_invalid,       // options of tracking that exclude each other (RESP2 in band, prefixes that overlap ...)
  redirect_mismatch,      // a connection that does not redirect to this cache's link
  no_data_connection,     // the client was made without connections for commands
  not_a_string,           // a reply was read as a type it does not have
  not_an_integer,
  not_a_number,
  not_a_boolean,
  not_an_aggregate,
  error_reply,            // the server answered with an error where a value was asked for
  unexpected_null,        // there is no value, and the type that was asked for has no room for that
  integer_out_of_range,   // the type that was asked for cannot hold it
  wrong_size,             // an aggregate has more or fewer elements than were asked for, or a key without a value
  primary_unknown,        // no majority of the sentinels names a primary
  sentinel_unsupported,   // the server is a sentinel, and the client is one for the servers that it watches
};

const boost::system::error_category& error_category() noexcept;

inline boost::system::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

/// The enumerator's name, for logs and tests: "command_timeout".
std::string_view name_of(Errc code) noexcept;

}  // namespace trackside

template <>
struct boost::system::is_error_code_enum<trackside::Errc> : std::true_type {};
