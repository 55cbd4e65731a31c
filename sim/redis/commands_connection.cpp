// The handshake and other commands about the connection itself: HELLO, AUTH, PING, SELECT, RESET, QUIT, TIME.
#include <array>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

constexpr std::string_view wrong_password = "WRONGPASS invalid username-password pair or user is disabled.";

bool authenticate(Context& context, std::string_view user, std::string_view password) {
  const std::string& required = context.node.config.password;
  if (user != "default" || (!required.empty() && password != required)) return false;
  context.session.authenticated = true;
  return true;
}

void report_server(Context& context) {
  Reply& reply = context.reply;
  const bool is_sentinel = context.node.config.sentinel != nullptr;
  reply.map(is_sentinel ? 6 : 7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(context.node.config.version);
  reply.bulk("proto");
  reply.integer(reply.is_resp3() ? 3 : 2);
  reply.bulk("id");
  reply.integer(context.session.client_id);
  reply.bulk("mode");
  reply.bulk(is_sentinel ? "sentinel" : context.node.cluster != nullptr ? "cluster" : "standalone");
  if (!is_sentinel) {
    reply.bulk("role");
    reply.bulk(context.node.replica ? "replica" : "master");
  }
  reply.bulk("modules");
  reply.array(0);
}

/// Runs the options from left to right, with their effects; false once an error has been answered.
bool hello_options(Context& context) {
  std::size_t index = 2;
  while (index < context.argument_count()) {
    const std::size_t more = context.argument_count() - index - 1;
    if (context.argument_is(index, "auth") && more >= 2) {
      if (!authenticate(context, context.argument(index + 1), context.argument(index + 2))) {
        context.reply.error(wrong_password);
        return false;
      }
      index += 3;
    } else if (context.argument_is(index, "setname") && more >= 1) {
      if (!set_client_name(context, context.argument(index + 1))) return false;
      index += 2;
    } else {
      context.reply.error(fmt::format("ERR Syntax error in HELLO option '{}'", context.argument(index)));
      return false;
    }
  }
  return true;
}

}  // namespace

bool set_client_name(Context& context, std::string_view name) {
  for (const char letter : name) {
    if (letter >= '!' && letter <= '~') continue;
    context.reply.error("ERR Client names cannot contain spaces, newlines or special characters.");
    return false;
  }
  context.session.name = name;
  return true;
}

void hello(Context& context) {
  std::int64_t version = 0;
  if (context.argument_count() > 1) {
    const std::optional<std::int64_t> wanted = parse_integer(context.argument(1));
    if (!wanted) return context.reply.error("ERR Protocol version is not an integer or out of range");
    if (*wanted < 2 || *wanted > 3) return context.reply.error("NOPROTO unsupported protocol version");
    version = *wanted;
  }
  if (!hello_options(context)) return;
  if (!context.session.authenticated)
    return context.reply.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> "
        "option can be used to authenticate the client and select the RESP protocol version at the same time");
  if (version != 0) context.session.protocol = version == 3 ? resp::Protocol::resp3 : resp::Protocol::resp2;
  context.renew_reply();
  report_server(context);
}

void auth(Context& context) {
  if (context.argument_count() > 3) return context.reply.syntax_error();
  const bool named = context.argument_count() == 3;
  if (!named && context.node.config.password.empty())
    return context.reply.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
        "configuration is correct?");
  const std::string_view user = named ? context.argument(1) : "default";
  if (!authenticate(context, user, context.arguments.back())) return context.reply.error(wrong_password);
  context.reply.ok();
}

void ping(Context& context) {
  if (context.argument_count() > 2) return context.reply.error(arity_error(context.command));
  if (context.session.in_subscribe_mode()) {
    context.reply.array(2);
    context.reply.bulk("pong");
    return context.reply.bulk(context.argument_count() == 2 ? context.argument(1) : "");
  }
  if (context.argument_count() == 2) return context.reply.bulk(context.argument(1));
  context.reply.simple("PONG");
}

void echo(Context& context) { context.reply.bulk(context.argument(1)); }

void select(Context& context) {
  const std::optional<std::int64_t> index = context.integer(1);
  if (!index) return;
  if (context.node.cluster != nullptr && *index != 0)
    return context.reply.error("ERR SELECT is not allowed in cluster mode");
  if (*index < 0 || *index >= context.node.keyspace.database_count())
    return context.reply.error("ERR DB index is out of range");
  context.session.database = static_cast<std::uint32_t>(*index);
  context.reply.ok();
}

void reset(Context& context) {
  Session& session = context.session;
  context.node.discard_transaction(session);
  context.node.stop_tracking(session);
  context.node.unsubscribe_all(session);
  context.node.unsubscribe_all_shard(session);
  session.protocol = resp::Protocol::resp2;
  session.database = 0;
  session.asking = session.read_only = false;
  session.name.clear();
  if (session.reply_mode == ReplyMode::off) session.reply_mode = ReplyMode::on;  // a skipped reply stays skipped
  session.authenticated = context.node.config.password.empty();
  context.renew_reply();
  context.reply.simple("RESET");
}

void quit(Context& context) {
  context.reply.ok();
  context.node.close_gracefully(context.session);
}

void time(Context& context) {
  const std::int64_t milliseconds = context.node.unix_milliseconds();
  const std::int64_t microseconds = milliseconds % 1000 * 1000 + context.node.now % millisecond / microsecond;
  context.reply.array(2);
  context.reply.bulk(std::to_string(milliseconds / 1000));
  context.reply.bulk(std::to_string(microseconds));
}

}  // namespace trackside::sim::redis::commands
