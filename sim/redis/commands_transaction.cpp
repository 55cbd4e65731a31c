// MULTI, EXEC, DISCARD, WATCH, UNWATCH, and the one script the tests need.
//
// EXEC runs its queue as nested calls, so pushes for the client itself wait until its whole reply is written, while
// reads are recorded one by one.
#include <array>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

constexpr std::string_view undeclared_script = "return redis.call('SET', ARGV[1], ARGV[2])";
constexpr std::string_view declared_script = "return redis.call('SET', KEYS[1], ARGV[1])";

/// The name by which errors call a script: the SHA-1 of its text.
std::string_view name_of(std::string_view script) {
  return script == declared_script ? "d8f2fad9f8e86a53d2a6ebd960b33c4972cacc37"
                                   : "6855b1965e884228478be7afbfa01c0d534bf6eb";
}

}  // namespace

void multi(Context& context) {
  if (context.session.transaction.open) return context.reply.error("ERR MULTI calls can not be nested");
  context.session.transaction.open = true;
  context.reply.ok();
}

void discard(Context& context) {
  if (!context.session.transaction.open) return context.reply.error("ERR DISCARD without MULTI");
  context.node.discard_transaction(context.session);
  context.reply.ok();
}

void exec(Context& context) {
  Session& session = context.session;
  if (!session.transaction.open) return context.reply.error("ERR EXEC without MULTI");
  const bool outdated = session.transaction.outdated || context.node.watched_key_expired(session);
  if (session.transaction.refused || outdated) {
    if (session.transaction.refused) context.reply.error("EXECABORT Transaction discarded because of previous errors.");
    else context.reply.null_array();
    return context.node.discard_transaction(session);
  }
  context.node.unwatch(session);
  const std::vector<QueuedCommand>& queue = session.transaction.queue;
  context.reply.array(queue.size());
  std::vector<std::string_view> arguments;
  for (const QueuedCommand& queued : queue) {
    queued.arguments.view(arguments);
    context.node.call(session, *queued.command, arguments);
  }
  context.node.discard_transaction(session);
}

void watch(Context& context) {
  if (context.session.transaction.open) return context.reply.error("ERR WATCH inside MULTI is not allowed");
  if (!context.session.transaction.outdated)
    for (const std::string_view key : context.arguments.subspan(1)) context.node.watch(context.session, key);
  context.reply.ok();
}

void unwatch(Context& context) {
  context.node.unwatch(context.session);
  context.session.transaction.outdated = false;
  context.reply.ok();
}

/// Stands for "a script that writes keys, declared or not"; any other script is refused.
void eval(Context& context) {
  const std::optional<std::int64_t> key_count = context.integer(2);
  if (!key_count) return;
  const auto given = static_cast<std::int64_t>(context.argument_count()) - 3;
  if (*key_count > given) return context.reply.error("ERR Number of keys can't be greater than number of args");
  if (*key_count < 0) return context.reply.error("ERR Number of keys can't be negative");
  const std::string_view script = context.argument(1);
  const bool undeclared = script == undeclared_script && *key_count == 0 && given == 2;
  const bool declared = script == declared_script && *key_count == 1 && given == 2;
  if (!undeclared && !declared) return context.reply.error("ERR this script is not simulated");
  const std::array<std::string_view, 3> inner{"set", context.argument(3), context.argument(4)};
  const CommandSpec& set = *find_by_name("set");
  if (const std::string_view problem = context.node.script_objection(context.session, set, inner); !problem.empty())
    return context.reply.error(fmt::format("{} script: {}, on @user_script:1.", problem, name_of(script)));
  context.node.call_from_script(context.session, set, inner);
}

}  // namespace trackside::sim::redis::commands
