// CLIENT: names, ids, lists, killing, and whether replies are wanted.
#include <algorithm>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

std::string flags_of(const Session& session) {
  std::string flags;
  if (session.tracking.on) flags += 't';
  if (session.tracking.redirect_broken) flags += 'R';
  if (session.tracking.broadcast) flags += 'B';
  if (session.transaction.open) flags += 'x';
  if (session.blocked.active) flags += 'b';
  if (session.transaction.outdated) flags += 'd';
  return flags.empty() ? "N" : flags;
}

std::string describe(const Node& node, const Session& session) {
  const std::int64_t queued = static_cast<std::int64_t>(session.transaction.queue.size());
  return fmt::format(
      "id={} addr={} laddr=127.0.0.1:{} fd={} name={} age={} idle={} flags={} db={} sub=0 psub=0 ssub=0 multi={} "
      "qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl={} oll=0 omem=0 tot-mem=0 events=r cmd={} "
      "user=default redir={} resp={}\n",
      session.client_id, session.address, node.config.port, session.client_id + 4, session.name,
      (node.now - session.opened_at) / second, node.unix_seconds() - session.active_at_seconds, flags_of(session),
      session.database, session.transaction.open ? queued : -1, session.output.size(),
      session.last_command != nullptr ? session.last_command->name : "NULL",
      session.tracking.on ? session.tracking.redirect : -1, session.protocol == resp::Protocol::resp3 ? 3 : 2);
}

struct KillFilter {
  ClientId id = no_client;
  std::optional<std::string_view> address{};
  bool other_type_or_user = false;  // asks for replicas, subscribers, other users: nobody here
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
      const std::string type = to_lower(value);
      if (type != "normal" && type != "master" && type != "replica" && type != "slave" && type != "pubsub") {
        context.reply.error(fmt::format("ERR Unknown client type '{}'", value));
        return false;
      }
      filter.other_type_or_user = filter.other_type_or_user || type != "normal";
    } else if (context.argument_is(index, "addr")) {
      filter.address = value;
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
  for (std::size_t index = 0; index < context.node.sessions.size(); ++index) {
    Session& session = *context.node.sessions[index];
    if (session.state == SessionState::gone || filter.other_type_or_user) continue;
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

}  // namespace

void client_id(Context& context) { context.reply.integer(context.session.client_id); }

void client_setname(Context& context) {
  if (set_client_name(context, context.argument(2))) context.reply.ok();
}

void client_getname(Context& context) {
  if (context.session.name.empty()) context.reply.null();
  else context.reply.bulk(context.session.name);
}

void client_info(Context& context) { context.reply.verbatim(describe(context.node, context.session)); }

void client_list(Context& context) {
  std::string lines;
  for (const auto& session : context.node.sessions)
    if (session->state != SessionState::gone) lines += describe(context.node, *session);
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
