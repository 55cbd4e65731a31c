// Keys whatever they hold: deleting, renaming, copying, listing, and the whole-database commands.
#include <algorithm>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// The present keys of the session's database, sorted; the real server's order is that of a seeded hash.
std::vector<std::string> sorted_keys(Context& context) {
  OrderedTable<Entry>& database = context.node.keyspace.database(context.session.database);
  std::vector<std::string> keys;
  for (std::size_t position = 0; position < database.size(); ++position) keys.push_back(database.at(position).key());
  std::sort(keys.begin(), keys.end());
  return keys;
}

/// False once an error has been answered.
bool flush_options(Context& context) {
  if (context.argument_count() == 1) return true;
  if (context.argument_count() == 2 && (context.argument_is(1, "async") || context.argument_is(1, "sync"))) return true;
  context.reply.syntax_error();
  return false;
}

/// RENAME and COPY delete what they replace, so that in cluster mode the key is its slot's youngest.
void put_anew(Context& context, std::uint32_t database, std::string_view key, const Entry& entry) {
  Keyspace& keyspace = context.node.keyspace;
  const Keyspace::Item present = context.node.cluster != nullptr ? keyspace.find(database, key) : Keyspace::Item{};
  if (present) keyspace.erase(database, present);
  const Keyspace::Item item = keyspace.put(database, key, entry.value);
  keyspace.set_expiry(database, item, entry.expires_at);
}

void move_entry(Context& context, Keyspace::Item from, std::string_view to) {
  const Entry entry = *from;
  context.erase(from);
  put_anew(context, context.session.database, to, entry);
}

void rename_with(Context& context, bool only_if_absent) {
  const std::string_view source = context.argument(1);
  const std::string_view destination = context.argument(2);
  const Keyspace::Item item = context.lookup(source);
  if (!item) return context.reply.error("ERR no such key");
  if (source == destination) return only_if_absent ? context.reply.integer(0) : context.reply.ok();
  const bool occupied = static_cast<bool>(context.lookup(destination));
  if (occupied && only_if_absent) return context.reply.integer(0);
  move_entry(context, item, destination);
  context.changed(source);
  context.changed(destination);
  if (only_if_absent) context.reply.integer(1);
  else context.reply.ok();
}

}  // namespace

void del(Context& context) {
  std::int64_t removed = 0;
  for (const std::string_view key : context.arguments.subspan(1)) {
    const Keyspace::Item item = context.lookup(key);
    if (!item) continue;
    context.erase(item);
    context.changed(key);
    ++removed;
  }
  context.reply.integer(removed);
}

void exists(Context& context) {
  std::int64_t present = 0;
  for (const std::string_view key : context.arguments.subspan(1)) present += context.lookup(key) ? 1 : 0;
  context.reply.integer(present);
}

void type(Context& context) {
  const Keyspace::Item item = context.lookup(context.argument(1));
  context.reply.simple(item ? type_name(*item->value) : "none");
}

void rename(Context& context) { rename_with(context, false); }
void renamenx(Context& context) { rename_with(context, true); }

void copy(Context& context) {
  std::uint32_t database = context.session.database;
  bool replace = false;
  for (std::size_t index = 3; index < context.argument_count(); ++index) {
    if (context.argument_is(index, "replace")) {
      replace = true;
    } else if (context.argument_is(index, "db") && index + 1 < context.argument_count()) {
      const std::optional<std::int64_t> wanted = context.integer(++index);
      if (!wanted) return;
      if (*wanted < 0 || *wanted >= context.node.keyspace.database_count())
        return context.reply.error("ERR DB index is out of range");
      database = static_cast<std::uint32_t>(*wanted);
    } else {
      return context.reply.syntax_error();
    }
  }
  if (context.node.cluster != nullptr && database != 0)
    return context.reply.error("ERR Copying to another database is not allowed in cluster mode");
  const std::string_view source = context.argument(1);
  const std::string_view destination = context.argument(2);
  if (database == context.session.database && source == destination)
    return context.reply.error("ERR source and destination objects are the same");
  const Keyspace::Item item = context.lookup(source);
  if (!item) return context.reply.integer(0);
  if (context.node.lookup(database, destination) && !replace) return context.reply.integer(0);
  const Entry entry = *item;
  put_anew(context, database, destination, entry);
  context.node.key_changed(database, destination, &context.session);
  context.reply.integer(1);
}

void move(Context& context) {
  if (context.node.cluster != nullptr) return context.reply.error("ERR MOVE is not allowed in cluster mode");
  const std::optional<std::int64_t> wanted = parse_integer(context.argument(2));
  if (!wanted) return context.reply.error("ERR value is not an integer or out of range");
  if (*wanted < 0 || *wanted >= context.node.keyspace.database_count())
    return context.reply.error("ERR DB index is out of range");
  const auto database = static_cast<std::uint32_t>(*wanted);
  if (database == context.session.database)
    return context.reply.error("ERR source and destination objects are the same");
  const std::string_view key = context.argument(1);
  const Keyspace::Item item = context.lookup(key);
  if (!item || context.node.lookup(database, key)) return context.reply.integer(0);
  const Entry entry = *item;
  put_anew(context, database, key, entry);
  context.erase(context.node.keyspace.find(context.session.database, key));
  context.changed(key);
  context.node.key_changed(database, key, &context.session);
  context.reply.integer(1);
}

void keys(Context& context) {
  std::vector<std::string> matching = sorted_keys(context);
  std::erase_if(matching, [&](const std::string& key) {
    const Keyspace::Item item = context.node.keyspace.find(context.session.database, key);
    return !glob_match(context.argument(1), key) || item->expired_at(context.node.unix_milliseconds());
  });
  context.reply.array(matching.size());
  for (const std::string& key : matching) context.reply.bulk(key);
}

void scan(Context& context) {
  if (!is_cursor(context.argument(1))) return context.reply.error("ERR invalid cursor");
  std::string_view pattern = "*";
  std::string wanted_type;
  for (std::size_t index = 2; index < context.argument_count(); index += 2) {
    if (index + 1 >= context.argument_count()) return context.reply.syntax_error();
    if (context.argument_is(index, "count")) {
      const std::optional<std::int64_t> count = context.integer(index + 1);
      if (!count) return;
      if (*count < 1) return context.reply.syntax_error();
    } else if (context.argument_is(index, "match")) {
      pattern = context.argument(index + 1);
    } else if (context.argument_is(index, "type")) {
      wanted_type = to_lower(context.argument(index + 1));
    } else {
      return context.reply.syntax_error();
    }
  }
  std::vector<std::string> found = sorted_keys(context);
  std::erase_if(found, [&](const std::string& key) {
    if (!glob_match(pattern, key)) return true;
    const Keyspace::Item item = context.lookup(key);
    return !item || (!wanted_type.empty() && type_name(*item->value) != wanted_type);
  });
  context.reply.array(2);
  context.reply.bulk("0");
  context.reply.array(found.size());
  for (const std::string& key : found) context.reply.bulk(key);
}

void randomkey(Context& context) {
  for (const std::string& key : sorted_keys(context))
    if (context.lookup(key)) return context.reply.bulk(key);
  context.reply.null();
}

void dbsize(Context& context) {
  context.reply.integer(static_cast<std::int64_t>(context.node.keyspace.database(context.session.database).size()));
}

void flushdb(Context& context) {
  if (!flush_options(context)) return;
  context.node.flush(context.session.database, context.session.database, &context.session);
  context.reply.ok();
}

void flushall(Context& context) {
  if (!flush_options(context)) return;
  context.node.flush(0, context.node.keyspace.database_count() - 1, &context.session);
  context.reply.ok();
}

void swapdb(Context& context) {
  if (context.node.cluster != nullptr) return context.reply.error("ERR SWAPDB is not allowed in cluster mode");
  const std::optional<std::int64_t> first = parse_integer(context.argument(1));
  if (!first) return context.reply.error("ERR invalid first DB index");
  const std::optional<std::int64_t> second = parse_integer(context.argument(2));
  if (!second) return context.reply.error("ERR invalid second DB index");
  const std::int64_t count = context.node.keyspace.database_count();
  if (*first < 0 || *first >= count || *second < 0 || *second >= count)
    return context.reply.error("ERR DB index is out of range");
  context.node.swap_databases(static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*second),
                              &context.session);
  context.reply.ok();
}

}  // namespace trackside::sim::redis::commands
