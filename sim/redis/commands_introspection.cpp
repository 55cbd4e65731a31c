// What clients ask about the server and its keys before they work: COMMAND, OBJECT, and small parts of ACL, MODULE,
// SLOWLOG. COMMAND tells names, arities, keys and whether a command reads or writes; all else in it is empty.
#include <algorithm>
#include <array>
#include <iterator>

#include "sim/redis/command_keys.hpp"
#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

constexpr std::size_t embedded_bytes_max = 44;
constexpr std::size_t listpack_fields_max = 512;
constexpr std::size_t listpack_members_max = 128;
constexpr std::size_t listpack_bytes_max = 64;
constexpr std::size_t intset_members_max = 512;

bool is_subcommand_of(const CommandSpec& command, const CommandSpec& container) {
  return command.name.size() > container.name.size() && command.name.starts_with(container.name) &&
         command.name[container.name.size()] == '|';
}

bool is_subcommand(const CommandSpec& command) { return command.name.find('|') != std::string_view::npos; }

template <class Predicate>
std::vector<const CommandSpec*> commands_that(Predicate holds) {
  std::vector<const CommandSpec*> found;
  for (const CommandSpec& command : all_commands())
    if (holds(command))
      found.push_back(&command);
  return found;
}

void describe(Reply& reply, const CommandSpec& command) {
  struct Word {
    CommandFlag flag;
    std::string_view text;
  };
  constexpr std::array<Word, 4> words{
      {{flag_read, "readonly"}, {flag_write, "write"}, {flag_no_auth, "no_auth"}, {flag_keys_vary, "movablekeys"}}};
  reply.array(10);
  reply.bulk(command.name);
  reply.integer(command.arity);
  reply.set(static_cast<std::size_t>(
      std::count_if(words.begin(), words.end(), [&](const Word& word) { return command.has(word.flag); })));
  for (const Word& word : words)
    if (command.has(word.flag))
      reply.simple(word.text);
  reply.integer(command.first_key);
  reply.integer(command.last_key);
  reply.integer(command.key_step);
  reply.set(0);    // categories of ACL
  reply.array(0);  // tips
  reply.array(0);  // places of keys, in detail
  const auto below = commands_that(
      [&](const CommandSpec& each) { return command.has(flag_container) && is_subcommand_of(each, command); });
  reply.array(below.size());
  for (const CommandSpec* each : below)
    describe(reply, *each);
}

std::string_view encoding_of(const Value& value) {
  const auto is_short = [](std::string_view text) { return text.size() <= listpack_bytes_max; };
  if (const auto* text = std::get_if<String>(&value.content))
    return parse_integer(*text) ? "int" : text->size() <= embedded_bytes_max ? "embstr" : "raw";
  if (const auto* hash = std::get_if<Hash>(&value.content)) {
    const bool small = hash->fields.size() <= listpack_fields_max &&
                       std::all_of(hash->fields.begin(), hash->fields.end(),
                                   [&](const auto& field) { return is_short(field.name) && is_short(field.value); });
    return small ? "listpack" : "hashtable";
  }
  if (const auto* set = std::get_if<Set>(&value.content))
    return set->integers_only && set->members.size() <= intset_members_max ? "intset" : "hashtable";
  if (const auto* set = std::get_if<SortedSet>(&value.content)) {
    const bool small = set->members.size() <= listpack_members_max &&
                       std::all_of(set->members.begin(), set->members.end(),
                                   [&](const auto& member) { return is_short(member.name); });
    return small ? "listpack" : "skiplist";
  }
  return std::holds_alternative<Stream>(value.content) ? "stream" : "quicklist";
}

/// The key's item; answers nil if there is none.
Keyspace::Item item_or_nil(Context& context) {
  const Keyspace::Item item = context.lookup(context.argument(2));
  if (!item)
    context.reply.null();
  return item;
}

}  // namespace

void command(Context& context) {
  const auto all = commands_that([](const CommandSpec& each) { return !is_subcommand(each); });
  context.reply.array(all.size());
  for (const CommandSpec* each : all)
    describe(context.reply, *each);
}

void command_count(Context& context) {
  const auto all = commands_that([](const CommandSpec& each) { return !is_subcommand(each); });
  context.reply.integer(static_cast<std::int64_t>(all.size()));
}

void command_info(Context& context) {
  if (context.argument_count() == 2)
    return command(context);
  context.reply.array(context.argument_count() - 2);
  for (const std::string_view name : context.arguments.subspan(2)) {
    if (const CommandSpec* found = find_by_name(name))
      describe(context.reply, *found);
    else
      context.reply.null();
  }
}

void command_list(Context& context) {
  if (context.argument_count() != 2)
    return context.reply.syntax_error();
  const auto all = commands_that([](const CommandSpec& each) { return !is_subcommand(each); });
  context.reply.set(all.size());
  for (const CommandSpec* each : all)
    context.reply.bulk(each->name);
}

void command_docs(Context& context) { context.reply.map(0); }

void command_getkeys(Context& context) {
  const Arguments request = context.arguments.subspan(2);
  const Command asked = find_command(request);
  if (asked.spec == nullptr)
    return context.reply.error("ERR Invalid command specified");
  const bool has_keys = asked.spec->first_key != 0 || asked.spec->has(flag_keys_vary);
  if (!has_keys)
    return context.reply.error("ERR The command has no key arguments");
  if (!asked.arity_ok)
    return context.reply.error("ERR Invalid number of arguments specified for command");
  std::vector<std::string_view> keys;
  add_keys(*asked.spec, request, keys);
  if (keys.empty())
    return context.reply.error("ERR The command has no key arguments");
  context.reply.array(keys.size());
  for (const std::string_view key : keys)
    context.reply.bulk(key);
}

void object_encoding(Context& context) {
  if (const Keyspace::Item item = item_or_nil(context))
    context.reply.bulk(encoding_of(*item->value));
}

void object_freq(Context& context) {
  if (item_or_nil(context))
    context.reply.error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
        "between policies at runtime LRU and LFU data will take some time to adjust.");
}

void object_idletime(Context& context) {
  if (item_or_nil(context))
    context.reply.integer(0);
}

void object_refcount(Context& context) {
  constexpr std::int64_t shared = 2'147'483'647;
  constexpr std::int64_t shared_integers = 10'000;
  const Keyspace::Item item = item_or_nil(context);
  if (!item)
    return;
  const auto* text = std::get_if<String>(&item->value->content);
  const std::optional<std::int64_t> number = text != nullptr ? parse_integer(*text) : std::nullopt;
  context.reply.integer(number && *number >= 0 && *number < shared_integers ? shared : 1);
}

void acl_whoami(Context& context) { context.reply.bulk("default"); }

void acl_users(Context& context) {
  context.reply.array(1);
  context.reply.bulk("default");
}

void acl_list(Context& context) {
  context.reply.array(1);
  context.reply.bulk("user default on nopass ~* &* +@all");
}

// There are no functions, and nothing is slow.

void function_list(Context& context) {
  bool with_code = false;
  bool named = false;
  for (std::size_t index = 2; index < context.argument_count(); ++index) {
    if (!with_code && context.argument_is(index, "withcode")) {
      with_code = true;
    } else if (!named && context.argument_is(index, "libraryname")) {
      named = true;
      if (++index >= context.argument_count()) return context.reply.error("ERR library name argument was not given");
    } else {
      return context.reply.error("ERR Unknown argument " + std::string{context.argument(index)});
    }
  }
  context.reply.array(0);
}

void function_flush(Context& context) {
  if (context.argument_count() > 3) return context.reply.error(subcommand_error(context.arguments));
  if (context.argument_count() == 3 && !context.argument_is(2, "sync") && !context.argument_is(2, "async"))
    return context.reply.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  context.reply.ok();
}

void slowlog_get(Context& context) {
  if (context.argument_count() > 3) return context.reply.error(subcommand_error(context.arguments));
  constexpr std::string_view refusal = "ERR count should be greater than or equal to -1";
  if (context.argument_count() == 3 && !context.integer(2, -1, refusal)) return;
  context.reply.array(0);
}

void fcall(Context& context) { context.reply.error("ERR Function not found"); }

void answer_ok(Context& context) { context.reply.ok(); }

void answer_zero(Context& context) { context.reply.integer(0); }

void answer_nothing(Context& context) { context.reply.array(0); }

}  // namespace trackside::sim::redis::commands
