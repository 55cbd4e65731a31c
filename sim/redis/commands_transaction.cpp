// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
//
// EXEC runs its queue as nested calls, so pushes for the client itself wait until its whole reply is written, while
// reads are recorded one by one.
#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
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

}  // namespace trackside::sim::redis::commands
