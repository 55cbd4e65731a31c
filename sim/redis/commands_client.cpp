// CLIENT: names, ids, lists, killing, and whether replies are wanted.
#include <algorithm>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// The class of a client, as TYPE names it.
enum class ClientType : std::uint8_t { normal, pubsub, none_here };

/// Nothing once an error has been answered. Replicas and masters are known, but never connected.
std::optional<ClientType> type_in(Context& context, std::size_t index) {
  const std::string name = to_lower(context.argument(index));
  if (name == "normal") return ClientType::normal;
  if (name == "pubsub") return ClientType::pubsub;
  if (name == "master" || name == "replica" || name == "slave") return ClientType::none_here;
  context.reply.error(fmt::format("ERR Unknown client type '{}'", context.argument(index)));
  return {};
}

bool is_of(ClientType type, const Session& session) {
  return type == (session.subscribed() ? ClientType::pubsub : ClientType::normal);
}

struct KillFilter {
  ClientId id = no_client;
  std::optional<std::string_view> address{};
  std::optional<std::string_view> own_address{};  // of the server, as the client called it
  std::optional<ClientType> type{};
  bool skip_me = true;
};

/// False once an error has been answered.
bool parse(Context& context, KillFilter& filter) {
  for (std::size_t index = 2; index < context.argument_count(); index += 2) {
    if (index + 1 >= context.argument_count()) {
      context.reply.syntax_error();
      return false;
    }
    const std::string_view value = context.argument(index + 1);
    if (context.argument_is(index, "id")) {
      filter.id = parse_integer(value).value_or(0);
      if (filter.id < 1) {
        context.reply.error("ERR client-id should be greater than 0");
        return false;
      }
    } else if (context.argument_is(index, "type")) {
      filter.type = type_in(context, index + 1);
      if (!filter.type) return false;
    } else if (context.argument_is(index, "addr")) {
      filter.address = value;
    } else if (context.argument_is(index, "laddr")) {
      filter.own_address = value;
    } else if (context.argument_is(index, "user")) {
      if (value != "default") {
        context.reply.error(fmt::format("ERR No such user '{}'", value));
        return false;
      }
    } else if (context.argument_is(index, "skipme") && (is_word(value, "yes") || is_word(value, "no"))) {
      filter.skip_me = is_word(value, "yes");
    } else {
      context.reply.syntax_error();
      return false;
    }
  }
  return true;
}

std::int64_t kill_matching(Context& context, const KillFilter& filter) {
  std::int64_t killed = 0;
  if (filter.own_address && *filter.own_address != fmt::format("127.0.0.1:{}", context.node.config.port)) return 0;
  for (std::size_t index = 0; index < context.node.sessions.size(); ++index) {
    Session& session = *context.node.sessions[index];
    if (session.state == SessionState::gone || (filter.type && !is_of(*filter.type, session))) continue;
    if (filter.id != no_client && session.client_id != filter.id) continue;
    if (filter.address && session.address != *filter.address) continue;
    if (&session == &context.session) {
      if (filter.skip_me) continue;
      session.state = SessionState::closing;
    } else {
      context.node.free_client(session);
    }
    ++killed;
  }
  return killed;
}

/// In the order of the ids, each as often as it is named; those that nobody has are passed over.
void list_by_id(Context& context) {
  std::string lines;
  for (const std::string_view text : context.arguments.subspan(3)) {
    const std::optional<std::int64_t> id = parse_integer(text);
    if (!id) return context.reply.error("ERR Invalid client ID");
    if (const Session* session = context.node.find_client(*id)) lines += client_line(context.node, *session);
  }
  context.reply.verbatim(lines);
}

}  // namespace

void client_id(Context& context) { context.reply.integer(context.session.client_id); }

void client_setname(Context& context) {
  if (set_client_name(context, context.argument(2))) context.reply.ok();
}

void client_getname(Context& context) {
  if (context.session.name.empty()) context.reply.null();
  else context.reply.bulk(context.session.name);
}

void client_info(Context& context) { context.reply.verbatim(client_line(context.node, context.session)); }

void client_list(Context& context) {
  const std::size_t count = context.argument_count();
  if (count > 3 && context.argument_is(2, "id")) return list_by_id(context);
  std::optional<ClientType> type;
  if (count == 4 && context.argument_is(2, "type")) {
    type = type_in(context, 3);
    if (!type) return;
  } else if (count != 2) {
    return context.reply.syntax_error();
  }
  std::string lines;
  for (const auto& session : context.node.sessions)
    if (session->state != SessionState::gone && (!type || is_of(*type, *session)))
      lines += client_line(context.node, *session);
  context.reply.verbatim(lines);
}

void client_kill(Context& context) {
  KillFilter filter;
  const bool old_form = context.argument_count() == 3;
  if (old_form) {
    filter.address = context.argument(2);
    filter.skip_me = false;
  } else if (!parse(context, filter)) {
    return;
  }
  const std::int64_t killed = kill_matching(context, filter);
  if (!old_form) context.reply.integer(killed);
  else if (killed != 0) context.reply.ok();
  else context.reply.error("ERR No such client");
}

void client_no_evict(Context& context) {
  const bool on = context.argument_is(2, "on");
  if (!on && !context.argument_is(2, "off")) return context.reply.syntax_error();
  context.session.no_evict = on;
  context.reply.ok();
}

void client_unblock(Context& context) {
  const bool timed_out = context.argument_count() == 3 || context.argument_is(3, "timeout");
  if (context.argument_count() > 4 || (!timed_out && !context.argument_is(3, "error")))
    return context.argument_count() > 4
               ? context.reply.error(subcommand_error(context.arguments))
               : context.reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  const std::optional<std::int64_t> id = context.integer(2);
  if (!id) return;
  Session* target = context.node.find_client(*id);
  const bool waits = target != nullptr && target->blocked.active &&
                     (target->blocked.reason == BlockedFor::element ||
                      target->blocked.reason == BlockedFor::acknowledgements);
  context.reply.integer(waits ? 1 : 0);
  if (!waits) return;
  if (timed_out) return context.node.time_out(*target);
  Reply{context.node.reply_sink(*target), target->protocol}.error(
      "UNBLOCKED client unblocked via CLIENT UNBLOCK");
  context.node.mark_dirty(*target);
  context.node.unblock(*target);
}

void client_pause(Context& context) {
  const bool everything = context.argument_count() == 3 || context.argument_is(3, "all");
  if (context.argument_count() > 4) return context.reply.error(subcommand_error(context.arguments));
  if (!everything && !context.argument_is(3, "write"))
    return context.reply.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
  const std::optional<std::int64_t> milliseconds = parse_integer(context.argument(2));
  if (!milliseconds) return context.reply.error("ERR timeout is not an integer or out of range");
  if (*milliseconds < 0) return context.reply.error("ERR timeout is negative");
  context.node.pause_writes(deadline_after(context, *milliseconds));
  if (everything) context.node.pause_everything();
  context.reply.ok();
}

void client_unpause(Context& context) {
  context.node.resume_writes();
  context.reply.ok();
}

void client_reply(Context& context) {
  ReplyMode& mode = context.session.reply_mode;
  if (context.argument_is(2, "on")) {
    mode = ReplyMode::on;
    context.renew_reply();
    context.reply.ok();
  } else if (context.argument_is(2, "off")) {
    mode = ReplyMode::off;
  } else if (context.argument_is(2, "skip")) {
    if (mode != ReplyMode::off) mode = ReplyMode::skip_next;
  } else {
    context.reply.syntax_error();
  }
}

}  // namespace trackside::sim::redis::commands
