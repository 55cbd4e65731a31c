// Strings: GET, SET with its options, and what else reads or replaces whole values.
//
// An expiry given in the past (PXAT) stores the key all the same; it is deleted as an expired key, with its own push.
#include <limits>

#include <fmt/format.h>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct SetOptions {
  enum class Condition { always, if_absent, if_present } condition = Condition::always;
  bool get = false;
  bool keep_ttl = false;
  bool persist = false;
  std::size_t expiry_index = 0;  // 0: none given
  bool in_seconds = false;
  bool absolute = false;
};

bool is_expiry_word(Context& context, std::size_t index, SetOptions& options) {
  const bool ex = context.argument_is(index, "ex");
  const bool exat = context.argument_is(index, "exat");
  if (!ex && !exat && !context.argument_is(index, "px") && !context.argument_is(index, "pxat")) return false;
  if (options.keep_ttl || options.persist || options.expiry_index != 0) return false;
  if (index + 1 >= context.argument_count()) return false;
  options.in_seconds = ex || exat;
  options.absolute = exat || context.argument_is(index, "pxat");
  options.expiry_index = index + 1;
  return true;
}

/// The options of SET (from its third argument) or GETEX; false once a syntax error has been answered.
bool parse_options(Context& context, std::size_t first, bool getex, SetOptions& options) {
  using Condition = SetOptions::Condition;
  for (std::size_t index = first; index < context.argument_count(); ++index) {
    if (!getex && context.argument_is(index, "nx") && options.condition != Condition::if_present) {
      options.condition = Condition::if_absent;
    } else if (!getex && context.argument_is(index, "xx") && options.condition != Condition::if_absent) {
      options.condition = Condition::if_present;
    } else if (!getex && context.argument_is(index, "get")) {
      options.get = true;
    } else if (!getex && context.argument_is(index, "keepttl") && options.expiry_index == 0) {
      options.keep_ttl = true;
    } else if (getex && context.argument_is(index, "persist") && options.expiry_index == 0) {
      options.persist = true;
    } else if (is_expiry_word(context, index, options)) {
      ++index;
    } else {
      context.reply.syntax_error();
      return false;
    }
  }
  return true;
}

/// The argument as Unix milliseconds of expiry; answers the error and gives nothing if it is no valid time.
std::optional<std::int64_t> expiry(Context& context, const SetOptions& options) {
  const std::optional<std::int64_t> given = context.integer(options.expiry_index);
  if (!given) return {};
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  std::int64_t milliseconds = *given;
  const bool valid = *given > 0 && (!options.in_seconds || *given <= last / 1000);
  if (valid && options.in_seconds) milliseconds *= 1000;
  const std::int64_t base = options.absolute ? 0 : context.node.unix_milliseconds();
  if (!valid || milliseconds > last - base) {
    context.reply.error(fmt::format("ERR invalid expire time in '{}' command", context.command.name));
    return {};
  }
  return base + milliseconds;
}

void reply_string(Context& context, const Typed<String>& found) {
  if (found) context.reply.bulk(*found);
  else context.reply.null();
}

void store(Context& context, std::string_view key, std::string_view value, std::int64_t expires_at) {
  const Keyspace::Item item = context.put<String>(key, String{value});
  if (expires_at != no_expiry) context.node.keyspace.set_expiry(context.session.database, item, expires_at);
  context.changed(key);
}

void set_with(Context& context, std::string_view value, const SetOptions& options) {
  using Condition = SetOptions::Condition;
  const std::string_view key = context.argument(1);
  std::int64_t expires_at = no_expiry;
  if (options.expiry_index != 0) {
    const std::optional<std::int64_t> wanted = expiry(context, options);
    if (!wanted) return;
    expires_at = *wanted;
  }
  if (options.get) {
    const Typed<String> before = context.typed<String>(key);
    if (before.refused) return;
    reply_string(context, before);
  }
  const Keyspace::Item present = context.lookup(key);
  const bool condition_met = options.condition == Condition::if_absent ? !present : static_cast<bool>(present);
  if (options.condition != Condition::always && !condition_met) {
    if (!options.get) context.reply.null();
    return;
  }
  if (options.keep_ttl && present) expires_at = present->expires_at;
  store(context, key, value, expires_at);
  if (!options.get) context.reply.ok();
}

}  // namespace

void get(Context& context) {
  const Typed<String> found = context.typed<String>(context.argument(1));
  if (!found.refused) reply_string(context, found);
}

void set(Context& context) {
  SetOptions options;
  if (parse_options(context, 3, false, options)) set_with(context, context.argument(2), options);
}

void setnx(Context& context) {
  if (context.lookup(context.argument(1))) return context.reply.integer(0);
  store(context, context.argument(1), context.argument(2), no_expiry);
  context.reply.integer(1);
}

void setex(Context& context) {
  SetOptions options;
  options.expiry_index = 2;
  options.in_seconds = context.command.name == "setex";
  set_with(context, context.argument(3), options);
}

void getset(Context& context) {
  const Typed<String> before = context.typed<String>(context.argument(1));
  if (before.refused) return;
  reply_string(context, before);
  store(context, context.argument(1), context.argument(2), no_expiry);
}

void getdel(Context& context) {
  const Typed<String> found = context.typed<String>(context.argument(1));
  if (found.refused) return;
  reply_string(context, found);
  if (!found) return;
  context.erase(found.item);
  context.changed(context.argument(1));
}

void getex(Context& context) {
  SetOptions options;
  if (!parse_options(context, 2, true, options)) return;
  const std::string_view key = context.argument(1);
  const Typed<String> found = context.typed<String>(key);
  if (found.refused) return;
  if (!found) return context.reply.null();
  std::int64_t expires_at = no_expiry;
  if (options.expiry_index != 0) {
    const std::optional<std::int64_t> wanted = expiry(context, options);
    if (!wanted) return;
    expires_at = *wanted;
  }
  reply_string(context, found);
  if (options.expiry_index != 0 && expires_at < context.node.unix_milliseconds() && options.absolute) {
    context.erase(found.item);
    context.changed(key);
  } else if (options.expiry_index != 0 || (options.persist && found.item->expires_at != no_expiry)) {
    context.node.keyspace.set_expiry(context.session.database, found.item, expires_at);
    context.changed(key);
  }
}

void mget(Context& context) {
  context.reply.array(context.argument_count() - 1);
  for (const std::string_view key : context.arguments.subspan(1)) {
    const Keyspace::Item item = context.lookup(key);
    const String* value = item ? std::get_if<String>(&item->value->content) : nullptr;
    if (value != nullptr) context.reply.bulk(*value);
    else context.reply.null();
  }
}

void mset(Context& context) {
  if (context.argument_count() % 2 == 0) return context.reply.error(arity_error(context.command));
  for (std::size_t index = 1; index < context.argument_count(); index += 2)
    store(context, context.argument(index), context.argument(index + 1), no_expiry);
  context.reply.ok();
}

void msetnx(Context& context) {
  if (context.argument_count() % 2 == 0) return context.reply.error(arity_error(context.command));
  for (std::size_t index = 1; index < context.argument_count(); index += 2)
    if (context.lookup(context.argument(index))) return context.reply.integer(0);
  for (std::size_t index = 1; index < context.argument_count(); index += 2)
    store(context, context.argument(index), context.argument(index + 1), no_expiry);
  context.reply.integer(1);
}

}  // namespace trackside::sim::redis::commands
