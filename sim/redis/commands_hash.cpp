// Hashes. Writing a field counts as a change even when the value stays the same.
#include <cmath>

#include "sim/redis/commands.hpp"
#include "sim/redis/drawing.hpp"

namespace trackside::sim::redis::commands {
namespace {

/// Sets one field; whether it is new.
bool set_field(Hash& hash, std::string_view name, std::string_view value) {
  if (Hash::Field* field = hash.find(name)) {
    field->value = value;
    return false;
  }
  hash.fields.push_back({std::string{name}, std::string{value}});
  return true;
}

enum class Parts { names, values, both };

void list_hash(Context& context, Parts parts) {
  const Typed<Hash> hash = context.typed<Hash>(context.argument(1));
  if (hash.refused) return;
  const std::size_t count = hash ? hash->fields.size() : 0;
  if (parts == Parts::both) context.reply.map(count);
  else context.reply.array(count);
  for (std::size_t index = 0; index < count; ++index) {
    if (parts != Parts::values) context.reply.bulk(hash->fields[index].name);
    if (parts != Parts::names) context.reply.bulk(hash->fields[index].value);
  }
}

const Hash::Field* find_field(const Typed<Hash>& hash, std::string_view name) {
  return hash ? hash->find(name) : nullptr;
}

void reply_field(Context& context, const Hash::Field* field) {
  if (field != nullptr) context.reply.bulk(field->value);
  else context.reply.null();
}

}  // namespace

void hset(Context& context) {
  if (context.argument_count() % 2 != 0) return context.reply.error(arity_error(context.command));
  const std::string_view key = context.argument(1);
  Typed<Hash> found = context.typed<Hash>(key);
  if (found.refused) return;
  Hash& hash = context.writable(found, key);
  std::int64_t created = 0;
  for (std::size_t index = 2; index < context.argument_count(); index += 2)
    created += set_field(hash, context.argument(index), context.argument(index + 1)) ? 1 : 0;
  if (context.command.name == "hmset") context.reply.ok();
  else context.reply.integer(created);
  context.changed(key);
}

void hsetnx(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<Hash> found = context.typed<Hash>(key);
  if (found.refused) return;
  if (find_field(found, context.argument(2)) != nullptr) return context.reply.integer(0);
  set_field(context.writable(found, key), context.argument(2), context.argument(3));
  context.reply.integer(1);
  context.changed(key);
}

void hget(Context& context) {
  const Typed<Hash> hash = context.typed<Hash>(context.argument(1));
  if (!hash.refused) reply_field(context, find_field(hash, context.argument(2)));
}

void hmget(Context& context) {
  const Typed<Hash> hash = context.typed<Hash>(context.argument(1));
  if (hash.refused) return;
  context.reply.array(context.argument_count() - 2);
  for (const std::string_view name : context.arguments.subspan(2)) reply_field(context, find_field(hash, name));
}

void hgetall(Context& context) { list_hash(context, Parts::both); }
void hkeys(Context& context) { list_hash(context, Parts::names); }
void hvals(Context& context) { list_hash(context, Parts::values); }

void hlen(Context& context) {
  const Typed<Hash> hash = context.typed<Hash>(context.argument(1));
  if (!hash.refused) context.reply.integer(hash ? static_cast<std::int64_t>(hash->fields.size()) : 0);
}

void hexists(Context& context) {
  const Typed<Hash> hash = context.typed<Hash>(context.argument(1));
  if (!hash.refused) context.reply.integer(find_field(hash, context.argument(2)) != nullptr ? 1 : 0);
}

void hstrlen(Context& context) {
  const Typed<Hash> hash = context.typed<Hash>(context.argument(1));
  if (hash.refused) return;
  const Hash::Field* field = find_field(hash, context.argument(2));
  context.reply.integer(field != nullptr ? static_cast<std::int64_t>(field->value.size()) : 0);
}

void hdel(Context& context) {
  const std::string_view key = context.argument(1);
  Typed<Hash> found = context.typed<Hash>(key);
  if (found.refused) return;
  std::int64_t removed = 0;
  for (const std::string_view name : context.arguments.subspan(2)) {
    if (find_field(found, name) == nullptr) continue;
    Hash& hash = context.writable(found, key);
    hash.fields.erase(hash.fields.begin() + (hash.find(name) - hash.fields.data()));
    ++removed;
  }
  if (removed != 0) context.shrunk(found, key);
  context.reply.integer(removed);
}

void hincrby(Context& context) {
  const std::string_view key = context.argument(1);
  const std::optional<std::int64_t> increment = context.integer(3);
  if (!increment) return;
  Typed<Hash> found = context.typed<Hash>(key);
  if (found.refused) return;
  const Hash::Field* field = find_field(found, context.argument(2));
  const std::optional<std::int64_t> present = field != nullptr ? parse_integer(field->value) : 0;
  if (!present) return context.reply.error("ERR hash value is not an integer");
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*present, *increment, &sum))
    return context.reply.error("ERR increment or decrement would overflow");
  set_field(context.writable(found, key), context.argument(2), std::to_string(sum));
  context.reply.integer(sum);
  context.changed(key);
}

void hincrbyfloat(Context& context) {
  const std::string_view key = context.argument(1);
  const std::optional<long double> increment = parse_long_double(context.argument(3));
  if (!increment) return context.reply.not_a_float();
  if (std::isinf(*increment)) return context.reply.error("ERR value is NaN or Infinity");
  Typed<Hash> found = context.typed<Hash>(key);
  if (found.refused) return;
  const Hash::Field* field = find_field(found, context.argument(2));
  const std::optional<long double> present = field != nullptr ? parse_long_double(field->value) : 0.0L;
  if (!present) return context.reply.error("ERR hash value is not a float");
  const long double sum = *present + *increment;
  if (std::isnan(sum) || std::isinf(sum)) return context.reply.error("ERR increment would produce NaN or Infinity");
  const std::string text = to_text(sum);
  set_field(context.writable(found, key), context.argument(2), text);
  context.reply.bulk(text);
  context.changed(key);
}

void hrandfield(Context& context) {
  const std::optional<DrawRequest> request = draw_request(context, "withvalues");
  if (!request) return;
  const Typed<Hash> found = context.typed<Hash>(context.argument(1));
  if (found.refused) return;
  if (!request->count) return found ? context.reply.bulk(found->fields.front().name) : context.reply.null();
  const std::uint64_t count = found ? drawn_of(*request->count, found->fields.size()) : 0;
  const bool nested = request->with_values && context.reply.is_resp3();
  context.reply.array(request->with_values && !nested ? 2 * count : count);
  for (std::uint64_t index = 0; index < count; ++index) {
    const Hash::Field& field = found->fields[static_cast<std::size_t>(index % found->fields.size())];
    if (nested) context.reply.array(2);
    context.reply.bulk(field.name);
    if (request->with_values) context.reply.bulk(field.value);
  }
}

}  // namespace trackside::sim::redis::commands
