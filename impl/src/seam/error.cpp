// The names and sentences of the library's errors.
#include "trackside/error.hpp"

#include <string>

namespace trackside {

namespace {

std::string_view sentence_of(Errc code) noexcept {
  switch (code) {
    case Errc::connect_failed: return "the server could not be reached, or nothing listens there";
    case Errc::connect_timeout: return "the connection or its handshake was not finished within connect_timeout";
    case Errc::connection_lost: return "the connection ended before the reply; a write may have taken effect";
    case Errc::command_timeout: return "no reply came within command_timeout; a write may still take effect";
    case Errc::cancelled: return "the call was cancelled; a write may still take effect";
    case Errc::shut_down: return "the client was stopped";
    case Errc::idle_breach: return "the server answered no probe within max_idle, so the link was reset";
    case Errc::protocol_error: return "the peer broke the RESP protocol; it may not be a Redis server";
    case Errc::reply_too_large: return "a reply was larger than ReplyLimits::max_bytes";
    case Errc::reply_too_deep: return "a reply was nested deeper than ReplyLimits::max_depth";
    case Errc::not_redis: return "the peer speaks RESP but did not introduce itself as a Redis server";
    case Errc::resp3_unsupported: return "the server does not know HELLO 3; Redis 6.0 or later is needed";
    case Errc::authentication_failed: return "the server refused the user name or password, or their permissions";
    case Errc::tracking_refused: return "the server refused CLIENT TRACKING ON";
    case Errc::handshake_refused: return "the server refused a command of the handshake";
    case Errc::wrong_role: return "the node is not the primary, or the sentinel, it was expected to be";
    case Errc::cluster_unsupported: return "the server is part of a Redis Cluster: say Topology::cluster";
    case Errc::identity_changed: return "the answer of a probe did not come from the session of this link";
    case Errc::too_many_commands: return "too many commands, or too many bytes of them, are waiting already";
    case Errc::command_not_allowed: return "the command would change the session that the cache depends on";
    case Errc::empty_command: return "the command has no name";
    case Errc::transaction_refused: return "MULTI was refused, so the commands ran one by one";
    case Errc::noloop_unsound:
      return "NOLOOP makes the server forget keys without telling (own writes, expiries, evictions), so that later "
             "writes of others are never told; it is not supported";
    case Errc::tracking_invalid:
      return "the options of tracking exclude each other: RESP2 needs Delivery::redirect, prefixes need "
             "Selection::broadcast, and no prefix may begin with another one";
    case Errc::redirect_mismatch: return "the connection does not redirect its invalidations to this cache's link";
    case Errc::no_data_connection: return "the client was made without connections for commands";
    case Errc::not_a_string: return "the reply is not a string";
    case Errc::not_an_integer: return "the reply is not an integer of 64 bits";
    case Errc::not_a_number: return "the reply is not a number that a double can hold";
    case Errc::not_a_boolean: return "the reply is not a boolean";
    case Errc::not_an_aggregate: return "the reply is not an array, set, map or push";
    case Errc::error_reply: return "the server answered with an error";
    case Errc::unexpected_null: return "the reply is null, and the type asked for is not optional";
    case Errc::integer_out_of_range: return "the reply is an integer that the type asked for cannot hold";
    case Errc::wrong_size: return "the reply has not as many elements as the type asked for";
    case Errc::primary_unknown: return "no majority of the sentinels names a primary";
    case Errc::sentinel_unsupported: return "the server is a sentinel: say Topology::sentinel";
  }
  return "unknown error";
}

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "trackside"; }
  std::string message(int value) const override { return std::string(sentence_of(static_cast<Errc>(value))); }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

std::string_view name_of(Errc code) noexcept {
  switch (code) {
    case Errc::connect_failed: return "connect_failed";
    case Errc::connect_timeout: return "connect_timeout";
    case Errc::connection_lost: return "connection_lost";
    case Errc::command_timeout: return "command_timeout";
    case Errc::cancelled: return "cancelled";
    case Errc::shut_down: return "shut_down";
    case Errc::idle_breach: return "idle_breach";
    case Errc::protocol_error: return "protocol_error";
    case Errc::reply_too_large: return "reply_too_large";
    case Errc::reply_too_deep: return "reply_too_deep";
    case Errc::not_redis: return "not_redis";
    case Errc::resp3_unsupported: return "resp3_unsupported";
    case Errc::authentication_failed: return "authentication_failed";
    case Errc::tracking_refused: return "tracking_refused";
    case Errc::handshake_refused: return "handshake_refused";
    case Errc::wrong_role: return "wrong_role";
    case Errc::cluster_unsupported: return "cluster_unsupported";
    case Errc::identity_changed: return "identity_changed";
    case Errc::too_many_commands: return "too_many_commands";
    case Errc::command_not_allowed: return "command_not_allowed";
    case Errc::empty_command: return "empty_command";
    case Errc::transaction_refused: return "transaction_refused";
    case Errc::noloop_unsound: return "noloop_unsound";
    case Errc::tracking_invalid: return "tracking_invalid";
    case Errc::redirect_mismatch: return "redirect_mismatch";
    case Errc::no_data_connection: return "no_data_connection";
    case Errc::not_a_string: return "not_a_string";
    case Errc::not_an_integer: return "not_an_integer";
    case Errc::not_a_number: return "not_a_number";
    case Errc::not_a_boolean: return "not_a_boolean";
    case Errc::not_an_aggregate: return "not_an_aggregate";
    case Errc::error_reply: return "error_reply";
    case Errc::unexpected_null: return "unexpected_null";
    case Errc::integer_out_of_range: return "integer_out_of_range";
    case Errc::wrong_size: return "wrong_size";
    case Errc::primary_unknown: return "primary_unknown";
    case Errc::sentinel_unsupported: return "sentinel_unsupported";
  }
  return "unknown";
}

}  // namespace trackside
