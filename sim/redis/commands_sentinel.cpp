// SENTINEL, as far as clients use it to find a primary. Requires a server that is a sentinel.
#include <string>

#include "sim/redis/commands.hpp"
#include "sim/redis/sentinel_view.hpp"

namespace trackside::sim::redis::commands {

void sentinel_myid(Context& context) { context.reply.bulk(context.node.config.sentinel->id); }

void sentinel_primary(Context& context) {
  const SentinelView& view = *context.node.config.sentinel;
  if (context.argument(2) != view.service) return context.reply.null_array();
  context.reply.array(2);
  context.reply.bulk(view.host);
  context.reply.bulk(std::to_string(view.port));
}

/// Of some thirty properties those that lead to a sentinel.
void sentinel_sentinels(Context& context) {
  const SentinelView& view = *context.node.config.sentinel;
  if (context.argument(2) != view.service) return context.reply.error("ERR No such master with that name");
  context.reply.array(view.others.size());
  for (const SentinelView::Peer& peer : view.others) {
    context.reply.map(4);
    context.reply.bulk("name");
    context.reply.bulk(peer.id);
    context.reply.bulk("ip");
    context.reply.bulk(peer.host);
    context.reply.bulk("port");
    context.reply.bulk(std::to_string(peer.port));
    context.reply.bulk("runid");
    context.reply.bulk(peer.id);
  }
}

}  // namespace trackside::sim::redis::commands
