// Times to live: setting, removing and asking for them.
//
// A time in the past deletes the key. Setting counts as a change even when the time stays the same.
#include <limits>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct ExpireConditions {
  bool if_none = false;     // NX
  bool if_any = false;      // XX
  bool if_later = false;    // GT
  bool if_earlier = false;  // LT
};

bool parse(Context& context, ExpireConditions& conditions) {
  for (std::size_t index = 3; index < context.argument_count(); ++index) {
    if (context.argument_is(index, "nx")) conditions.if_none = true;
    else if (context.argument_is(index, "xx")) conditions.if_any = true;
    else if (context.argument_is(index, "gt")) conditions.if_later = true;
    else if (context.argument_is(index, "lt")) conditions.if_earlier = true;
    else {
      context.reply.error(fmt::format("ERR Unsupported option {}", context.argument(index)));
      return false;
    }
  }
  if (conditions.if_none && (conditions.if_any || conditions.if_later || conditions.if_earlier)) {
    context.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (conditions.if_later && conditions.if_earlier) {
    context.reply.error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

/// No expiry counts as an infinite one.
bool met(const ExpireConditions& conditions, std::int64_t present, std::int64_t wanted) {
  if (conditions.if_none && present != no_expiry) return false;
  if (conditions.if_any && present == no_expiry) return false;
  if (conditions.if_later && (present == no_expiry || wanted <= present)) return false;
  return !(conditions.if_earlier && present != no_expiry && wanted >= present);
}

struct ExpireForm {
  bool in_seconds;
  bool absolute;
};

std::optional<std::int64_t> wanted_time(Context& context, ExpireForm form) {
  const std::optional<std::int64_t> given = context.integer(2);
  if (!given) return {};
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t first = std::numeric_limits<std::int64_t>::min();
  const std::int64_t base = form.absolute ? 0 : context.node.unix_milliseconds();
  const bool fits = !form.in_seconds || (*given <= last / 1000 && *given >= first / 1000);
  const std::int64_t milliseconds = fits && form.in_seconds ? *given * 1000 : *given;
  if (!fits || milliseconds > last - base) {
    context.reply.error(fmt::format("ERR invalid expire time in '{}' command", context.command.name));
    return {};
  }
  return base + milliseconds;
}

void expire_with(Context& context, ExpireForm form) {
  ExpireConditions conditions;
  if (!parse(context, conditions)) return;
  const std::optional<std::int64_t> wanted = wanted_time(context, form);
  if (!wanted) return;
  const std::string_view key = context.argument(1);
  const Keyspace::Item item = context.lookup(key);
  if (!item || !met(conditions, item->expires_at, *wanted)) return context.reply.integer(0);
  if (*wanted <= context.node.unix_milliseconds()) {
    context.erase(item);
    context.changed(key);
    return context.reply.integer(1);
  }
  context.node.keyspace.set_expiry(context.session.database, item, *wanted);
  context.reply.integer(1);
  context.changed(key);
}

/// -2: absent, -1: no expiry, otherwise the expiry time in Unix milliseconds.
std::int64_t expiry_of(Context& context) {
  const Keyspace::Item item = context.lookup(context.argument(1));
  return !item ? -2 : item->expires_at;
}

std::int64_t remaining_of(Context& context) {
  const std::int64_t expires_at = expiry_of(context);
  return expires_at < 0 ? expires_at : std::max<std::int64_t>(expires_at - context.node.unix_milliseconds(), 0);
}

std::int64_t rounded_to_seconds(std::int64_t milliseconds) {
  return milliseconds < 0 ? milliseconds : (milliseconds + 500) / 1000;
}

}  // namespace

void expire(Context& context) { expire_with(context, {.in_seconds = true, .absolute = false}); }
void pexpire(Context& context) { expire_with(context, {.in_seconds = false, .absolute = false}); }
void expireat(Context& context) { expire_with(context, {.in_seconds = true, .absolute = true}); }
void pexpireat(Context& context) { expire_with(context, {.in_seconds = false, .absolute = true}); }

void persist(Context& context) {
  const Keyspace::Item item = context.lookup(context.argument(1));
  if (!item || item->expires_at == no_expiry) return context.reply.integer(0);
  context.node.keyspace.set_expiry(context.session.database, item, no_expiry);
  context.changed(context.argument(1));
  context.reply.integer(1);
}

void ttl(Context& context) { context.reply.integer(rounded_to_seconds(remaining_of(context))); }
void pttl(Context& context) { context.reply.integer(remaining_of(context)); }
void expiretime(Context& context) { context.reply.integer(rounded_to_seconds(expiry_of(context))); }
void pexpiretime(Context& context) { context.reply.integer(expiry_of(context)); }

}  // namespace trackside::sim::redis::commands
