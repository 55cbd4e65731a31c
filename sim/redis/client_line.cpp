// One line of CLIENT LIST: what the server says about one of its clients.
//
// Names, order and flags of the fields are the real server's; only the sizes of buffers are not counted (0).
#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

std::string flags_of(const Node& node, const Session& session) {
  const bool closes = session.state == SessionState::closing || session.state == SessionState::deaf;
  std::string flags;
  if (session.subscribed()) flags += 'P';
  if (session.transaction.open) flags += 'x';
  if (session.blocked.active) flags += 'b';
  if (session.tracking.on) flags += 't';
  if (session.tracking.redirect_broken) flags += 'R';
  if (session.tracking.broadcast) flags += 'B';
  if (session.transaction.outdated) flags += 'd';
  if (closes) flags += 'c';
  if (node.was_unblocked(session)) flags += 'u';
  if (session.read_only) flags += 'r';
  if (session.no_evict) flags += 'e';
  return flags.empty() ? "N" : flags;
}

}  // namespace

std::string client_line(const Node& node, const Session& session) {
  const std::int64_t queued = static_cast<std::int64_t>(session.transaction.queue.size());
  return fmt::format(
      "id={} addr={} laddr=127.0.0.1:{} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={} "
      "qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl={} oll=0 omem=0 tot-mem=0 events=r cmd={} "
      "user=default redir={} resp={}\n",
      session.client_id, session.address, node.config.port, session.client_id + 4, session.name,
      (node.now - session.opened_at) / second, node.unix_seconds() - session.active_at_seconds, flags_of(node, session),
      session.database, session.channels.size(), session.patterns.size(), session.shard_channels.size(),
      session.transaction.open ? queued : -1, session.output.size(),
      session.last_command != nullptr ? session.last_command->name : "NULL",
      session.tracking.on ? session.tracking.redirect : -1, session.protocol == resp::Protocol::resp3 ? 3 : 2);
}

}  // namespace trackside::sim::redis::commands
