// BLPOP and BRPOP: pop from the first list that has something, or wait. Inside EXEC they never wait.
#include <cmath>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// Until when to wait; answers the error and gives nothing if the argument is no valid time.
std::optional<Instant> deadline(Context& context) {
  const std::optional<long double> seconds = parse_long_double(context.arguments.back());
  constexpr long double seconds_max = 9'000'000'000.0L;
  if (!seconds || *seconds > seconds_max) {
    context.reply.error("ERR timeout is not a float or out of range");
    return {};
  }
  if (*seconds < 0) {
    context.reply.error("ERR timeout is negative");
    return {};
  }
  if (*seconds == 0) return end_of_time;
  const auto milliseconds = static_cast<std::int64_t>(std::ceil(*seconds * 1000.0L));
  return milliseconds < (end_of_time - context.node.now) / millisecond ? context.node.now + milliseconds * millisecond
                                                                       : end_of_time;
}

void pop_or_block(Context& context, bool from_left) {
  const std::optional<Instant> until = deadline(context);
  if (!until) return;
  const Arguments keys = context.arguments.subspan(1, context.argument_count() - 2);
  for (const std::string_view key : keys) {
    Typed<List> found = context.typed<List>(key);
    if (found.refused) return;
    if (!found) continue;
    std::deque<std::string>& items = context.writable(found, key).items;
    const std::string element = from_left ? items.front() : items.back();
    if (from_left) items.pop_front();
    else items.pop_back();
    context.reply.array(2);
    context.reply.bulk(key);
    context.reply.bulk(element);
    return context.shrunk(found, key);
  }
  if (context.node.inside_transaction()) return context.reply.null_array();
  context.node.block(context.session, context.arguments, keys, from_left, *until);
}

}  // namespace

void blpop(Context& context) { pop_or_block(context, true); }
void brpop(Context& context) { pop_or_block(context, false); }

}  // namespace trackside::sim::redis::commands
