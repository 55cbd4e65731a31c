// EVAL, EVALSHA, their read-only forms, and SCRIPT. What a script does belongs to the command that runs it: pushes to
// its client wait for its end, and what it reads is recorded under the keys that the command declares.
#include <fmt/format.h>

#include "sim/redis/commands.hpp"
#include "sim/script/interpreter.hpp"

namespace trackside::sim::redis::commands {
namespace {

script::Answer refusal(std::string_view error) { return {std::string{error}, true}; }

/// What redis.call does.
class ScriptServer : public script::Asked {
 public:
  ScriptServer(Context& context, bool read_only) : context_(&context), read_only_(read_only) {}

  script::Answer ask(Arguments request) override {
    const Command command = find_command(request);
    if (command.spec == nullptr) return refusal("ERR Unknown Redis command called from script");
    if (!command.arity_ok) return refusal("ERR Wrong number of args calling Redis command from script");
    if (command.spec->has(flag_no_script)) return refusal("ERR This Redis command is not allowed from script");
    if (read_only_ && (command.spec->has(flag_write) || command.spec->has(flag_may_replicate)))
      return refusal("ERR Write commands are not allowed from read-only scripts.");
    const std::string_view problem = context_->node.script_objection(context_->session, *command.spec, request);
    if (!problem.empty()) return refusal(problem);
    return {context_->node.call_from_script(*context_, *command.spec, request)};
  }

 private:
  Context* context_;
  bool read_only_;
};

void run(Context& context, std::string_view name, std::int64_t key_count) {
  const Arguments words = context.arguments.subspan(3);
  const auto keys = static_cast<std::size_t>(key_count);
  ScriptServer server{context, context.command.name.ends_with("_ro")};
  std::string reply;
  context.node.scripts().run({.name = name,
                              .keys = words.first(keys),
                              .arguments = words.subspan(keys),
                              .protocol = context.reply.protocol(),
                              .server = &server},
                             reply);
  context.reply.raw(reply);
}

/// Nothing once an error has been answered.
std::optional<std::int64_t> number_of_keys(Context& context) {
  const std::optional<std::int64_t> count = context.integer(2);
  if (!count) return {};
  if (*count > static_cast<std::int64_t>(context.argument_count()) - 3) {
    context.reply.error("ERR Number of keys can't be greater than number of args");
    return {};
  }
  if (*count < 0) {
    context.reply.error("ERR Number of keys can't be negative");
    return {};
  }
  return count;
}

}  // namespace

void eval(Context& context) {
  const std::optional<std::int64_t> keys = number_of_keys(context);
  if (!keys) return;
  const std::string name = script::name_of(context.argument(1));
  if (const std::string problem = context.node.scripts().load(context.argument(1)); !problem.empty())
    return context.reply.error(fmt::format("ERR {}", problem));
  run(context, name, *keys);
}

void evalsha(Context& context) {
  constexpr std::string_view unknown = "NOSCRIPT No matching script. Please use EVAL.";
  constexpr std::size_t name_length = 40;
  if (context.argument(1).size() != name_length) return context.reply.error(unknown);
  const std::optional<std::int64_t> keys = number_of_keys(context);
  if (!keys) return;
  const std::string name = to_lower(context.argument(1));
  if (!context.node.scripts().knows(name)) return context.reply.error(unknown);
  run(context, name, *keys);
}

void script_load(Context& context) {
  const std::string problem = context.node.scripts().load(context.argument(2));
  if (problem.empty()) context.reply.bulk(script::name_of(context.argument(2)));
  else context.reply.error(fmt::format("ERR {}", problem));
}

void script_exists(Context& context) {
  context.reply.array(context.argument_count() - 2);
  for (const std::string_view name : context.arguments.subspan(2))
    context.reply.integer(context.node.scripts().knows(to_lower(name)) ? 1 : 0);
}

void script_flush(Context& context) {
  const std::size_t count = context.argument_count();
  const bool known = count == 2 || (count == 3 && (context.argument_is(2, "sync") || context.argument_is(2, "async")));
  if (!known) return context.reply.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  context.node.scripts().forget_all();
  context.reply.ok();
}

void script_kill(Context& context) { context.reply.error("NOTBUSY No scripts in execution right now."); }

}  // namespace trackside::sim::redis::commands
