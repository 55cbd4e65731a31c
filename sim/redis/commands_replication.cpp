// ROLE and WAIT, as the facts about replication have it that the node was given, and MIGRATE.
#include <limits>

#include <fmt/format.h>

#include "sim/redis/command_keys.hpp"
#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

std::string_view text_of(ReplicationFacts::Link link) {
  switch (link) {
    case ReplicationFacts::Link::connect: return "connect";
    case ReplicationFacts::Link::connecting: return "connecting";
    case ReplicationFacts::Link::sync: return "sync";
    case ReplicationFacts::Link::connected: return "connected";
  }
  return {};
}

/// MIGRATE's words and options; false once an error has been answered.
bool parse(Context& context, Migration& request) {
  for (std::size_t index = 6; index < context.argument_count(); ++index) {
    if (context.argument_is(index, "copy")) {
      request.copy = true;
    } else if (context.argument_is(index, "replace")) {
      request.replace = true;
    } else if (context.argument_is(index, "keys")) {
      if (context.argument(3).empty()) break;
      context.reply.error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
      return false;
    } else if (context.argument_is(index, "auth") || context.argument_is(index, "auth2")) {
      context.reply.error("ERR this option of MIGRATE is not simulated");
      return false;
    } else {
      context.reply.syntax_error();
      return false;
    }
  }
  const std::optional<std::int64_t> timeout = context.integer(5);
  if (!timeout || !context.integer(4)) return false;
  request.timeout = (*timeout <= 0 ? 1000 : *timeout) * millisecond;
  request.host = context.argument(1);
  request.by = context.session.id;
  return true;
}

}  // namespace

void role(Context& context) {
  const ReplicationFacts facts = context.node.replication_facts();
  Reply& reply = context.reply;
  if (context.node.replica) {
    reply.array(5);
    reply.bulk("slave");
    reply.bulk(facts.primary_host);
    reply.integer(facts.primary_port);
    reply.bulk(text_of(facts.link));
    return reply.integer(static_cast<std::int64_t>(facts.offset));
  }
  reply.array(3);
  reply.bulk("master");
  reply.integer(static_cast<std::int64_t>(facts.offset));
  std::size_t online = 0;
  for (const ReplicationFacts::Replica& replica : facts.replicas) online += replica.online ? 1 : 0;
  reply.array(online);
  for (const ReplicationFacts::Replica& replica : facts.replicas) {
    if (!replica.online) continue;
    reply.array(3);
    reply.bulk(replica.host);
    reply.bulk(std::to_string(replica.port));
    reply.bulk(std::to_string(replica.acknowledged));
  }
}

void wait(Context& context) {
  if (context.node.replica)
    return context.reply.error(
        "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is "
        "configured to be writable (which is not the default) writes to replicas are just local and are not "
        "propagated.");
  const std::optional<std::int64_t> replicas = context.integer(1);
  if (!replicas) return;
  const std::optional<std::int64_t> timeout = parse_integer(context.argument(2));
  if (!timeout) return context.reply.error("ERR timeout is not an integer or out of range");
  if (*timeout < 0) return context.reply.error("ERR timeout is negative");
  const std::int64_t acknowledged = context.node.acknowledging_replicas(context.session.replication_offset);
  if (acknowledged >= *replicas || context.node.inside_transaction()) return context.reply.integer(acknowledged);
  const bool ends = *timeout != 0 && *timeout < (end_of_time - context.node.now) / millisecond;
  context.node.wait_for_replicas(context.session, *replicas,
                                 ends ? context.node.now + *timeout * millisecond : end_of_time);
}

void migrate(Context& context) {
  Migration request;
  if (!parse(context, request)) return;
  std::vector<std::string_view> keys;
  add_keys(context.command, context.arguments, keys);
  for (const std::string_view key : keys)
    if (std::optional<MovingKey> moving = context.node.export_key(key)) request.keys.push_back(std::move(*moving));
  if (request.keys.empty()) return context.reply.simple("NOKEY");
  const std::optional<std::int64_t> port = parse_integer(context.argument(2));
  const bool valid = port && *port > 0 && *port <= std::numeric_limits<std::uint16_t>::max();
  if (!valid || context.node.requests == nullptr)
    return context.reply.error("IOERR error or timeout connecting to the client");
  if (context.node.inside_transaction()) return context.reply.error("ERR MIGRATE inside MULTI is not simulated");
  request.port = static_cast<std::uint16_t>(*port);
  context.node.start_migration(context.session, context.arguments, std::move(request));
}

}  // namespace trackside::sim::redis::commands
