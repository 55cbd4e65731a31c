// From bytes to executed commands: the checks before a command in the real server's order, MULTI's queue, and what is
// done around and after each command.
//
//   request -> known? arity? -> authenticated? -> permitted? -> slot served here? -> table limit -> replica? ->
//              subscribe mode? -> loading? -> writes paused? -> queue, or call
//   call    -> run -> record the read -> (outermost) own pushes -> blocked clients -> one-shot flags
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "seam/mark.hpp"
#include "sim/redis/context.hpp"
#include "sim/redis/odd_answers.hpp"
#include "sim/script/interpreter.hpp"

namespace trackside::sim::redis {

namespace {

constexpr std::string_view debug_refused =
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
    "local connection, otherwise you need to set this option in the configuration file, and then restart the server.";

/// A browser that was led here: the real server hangs up at the first line of HTTP that matters.
bool is_http(std::string_view word) { return is_word(word, "post") || is_word(word, "host:"); }

}  // namespace

void Node::process(Session& session) {
  if (session.postponed && !session.blocked.active) {
    const StoredArguments postponed = *std::exchange(session.postponed, std::nullopt);
    postponed.view(arguments_);
    current = &session;
    execute(session, arguments_);
    current = nullptr;
  }
  while (session.state == SessionState::normal && !session.abort && !session.blocked.active && !migration) {
    switch (session.requests.next(arguments_)) {
      case resp::RequestBuffer::Status::incomplete: return;
      case resp::RequestBuffer::Status::error:
        resp::error(reply_sink(session), session.requests.error_text());
        close_gracefully(session);
        return;
      case resp::RequestBuffer::Status::request:
        current = &session;
        execute(session, arguments_);
        current = nullptr;
        break;
    }
  }
}

void Node::execute(Session& session, std::vector<std::string_view>& arguments) {
  if (is_http(arguments[0])) return free_client(session);
  ++commands_processed;
  const Command command = find_command(arguments);
  session.last_command = command.spec;
  if (config.odd_answers != 0 && command.spec != nullptr) ++commands_met_oddly[index_of(*command.spec)];
  if (const Objection problem = objection(session, command, arguments); !problem.error.empty()) {
    odd_answers_given += problem.is_odd ? 1 : 0;
    refuse(session, command.spec, problem);
  } else if (must_wait_for_resumption(session, *command.spec)) {
    TRACKSIDE_MARK(write_waits_while_writes_are_paused);
    return postpone(session, arguments);
  } else if (session.transaction.open && !command.spec->has(flag_now)) {
    enqueue(session, *command.spec, arguments);
  } else {
    call(session, *command.spec, arguments);
    propagate();
    session.replication_offset = replication.offset;
    if (!ready_keys_.empty()) serve_blocked_clients();
    propagate();
    if (migration) return;  // its end is this command's
  }
  finish_command(session, command.spec);
}

/// Why the command is refused before it runs; empty: it is not.
Node::Objection Node::objection(const Session& session, const Command& command, Arguments arguments) {
  if (command.spec == nullptr || (!config.resp3 && command.spec->name == "hello"))
    return {unknown_command_error(arguments)};
  const CommandSpec& spec = *command.spec;
  if (!command.arity_ok) return {arity_error(spec)};
  if (spec.name == "debug") return {std::string(debug_refused)};
  if (config.odd_answers != 0) {
    const std::uint64_t ordinal = commands_met_oddly[index_of(spec)];
    if (const std::string_view error = odd_refusal(config.odd_answers, ordinal, spec); !error.empty())
      return {std::string{error}, false, true};
  }
  if (!session.authenticated && !spec.has(flag_no_auth)) return {"NOAUTH Authentication required."};
  if (std::ranges::find(config.forbidden, spec.name) != config.forbidden.end()) {
    refused_as_forbidden.push_back(spec.name);
    return {fmt::format("NOPERM this user has no permissions to run the '{}' command", spec.name)};
  }
  if (!config.channels_allowed && spec.name == "ssubscribe")
    return {"NOPERM this user has no permissions to access one of the channels used as arguments"};
  if (cluster != nullptr) {
    const Route route = route_of(session, spec, arguments);
    if (route.refusal != Refusal::none) return {text_of(route, *cluster), true};
  }
  if (tracking_clients != 0) limit_tracking_table();
  if (replica && is_or_queued(session, spec, flag_write))
    return {"READONLY You can't write against a read only replica."};
  if (session.in_subscribe_mode() && !spec.has(flag_subscriber))
    return {
        fmt::format("ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                    "allowed in this context",
                    spec.name)};
  if (loading && is_or_queued(session, spec, flag_read | flag_write | flag_not_loading))
    return {"LOADING Redis is loading the dataset in memory"};
  return {};
}

/// Whether the command has one of the flags, or is EXEC and something it would execute has.
bool Node::is_or_queued(const Session& session, const CommandSpec& command, int flags) {
  if ((command.flags & flags) != 0) return true;
  const std::vector<QueuedCommand>& queue = session.transaction.queue;
  return command.name == "exec" && std::any_of(queue.begin(), queue.end(), [&](const QueuedCommand& queued) {
           return (queued.command->flags & flags) != 0;
         });
}

void Node::refuse(Session& session, const CommandSpec* command, const Objection& objection) {
  session.transaction.refused = session.transaction.open;
  std::string_view error = objection.error;
  Reply reply{reply_sink(session), session.protocol};
  const bool is_exec = command != nullptr && command->name == "exec";
  if (is_exec) discard_transaction(session);
  if (!is_exec || objection.redirects) {
    reply.error(error);
    return;
  }
  if (error.starts_with("ERR ")) error.remove_prefix(4);
  reply.error(fmt::format("EXECABORT Transaction discarded because of: {}", error));
}

void Node::enqueue(Session& session, const CommandSpec& command, std::vector<std::string_view>& arguments) {
  if (!session.transaction.refused && !session.transaction.outdated)
    session.transaction.queue.push_back({&command, StoredArguments{arguments}});
  Reply{reply_sink(session), session.protocol}.simple("QUEUED");
}

void Node::call(Session& session, const CommandSpec& command, Arguments arguments) {
  const Arguments outer = std::exchange(executing_, arguments);
  command_counted_ = false;
  ++nesting_;
  Context context{*this, session, command, arguments};
  const std::size_t answered = config.odd_answers != 0 ? reply_sink(session).size() : 0;
  command.run(context);
  if (config.odd_answers != 0 && nesting_ == 1) answer_oddly(session, command, answered);
  ++calls[index_of(command)];
  if (command.has(flag_read) && session.tracking.on && !session.tracking.broadcast)
    remember_read(session, command, arguments);
  --nesting_;
  executing_ = outer;
  if (nesting_ == 0 && !pending_pushes_.empty()) deliver_pending_pushes();
}

/// Puts another reply in the place of the one behind the first bytes of the output, if there is one.
void Node::answer_oddly(Session& session, const CommandSpec& command, std::size_t from) {
  std::string& sink = reply_sink(session);
  const std::uint64_t ordinal = commands_met_oddly[index_of(command)];
  const std::string_view odd = odd_reply(config.odd_answers, ordinal, command);
  if (odd.empty() || sink.size() <= from) return;
  ++odd_answers_given;
  sink.resize(from);
  sink += odd;
}

std::string Node::call_from_script(Context& script, const CommandSpec& command, Arguments arguments) {
  Session& session = script.session;
  in_script_ = true;
  ++nesting_;
  script_reply_.clear();
  Context context{*this, session, command, arguments};
  context.reply = Reply{script_reply_, resp::Protocol::resp2};
  command.run(context);
  ++calls[index_of(command)];
  // Under the keys that the script's command declares, whatever was read.
  if (command.has(flag_read) && session.tracking.on && !session.tracking.broadcast)
    remember_read(session, script.command, script.arguments);
  --nesting_;
  in_script_ = false;
  return script_reply_;
}

script::Interpreter& Node::scripts() {
  if (scripts_ == nullptr) scripts_ = std::make_shared<script::Interpreter>();
  return *scripts_;
}

/// What was said for one command only is used up.
void Node::forget_command(Session& session, const CommandSpec* command) {
  if (!session.transaction.open && (command == nullptr || !command->has(flag_client)))
    session.tracking.caching_given = false;
  if (!session.transaction.open && session.asking && (command == nullptr || command->name != "asking"))
    session.asking = false;
  if (session.reply_mode == ReplyMode::skip) session.reply_mode = ReplyMode::on;
  if (session.reply_mode == ReplyMode::skip_next) session.reply_mode = ReplyMode::skip;
}

void Node::finish_command(Session& session, const CommandSpec* command) {
  if (!session.blocked.active) forget_command(session, command);  // or else when it waits no longer
  if (session.state == SessionState::closing) close_gracefully(session);
  mark_dirty(session);
  enforce_output_limit(session);
}

void Node::before_sleep() {
  if (migration) return;
  if (writes_paused_until != 0 && !writes_paused()) resume_writes();
  if (!blocked_.empty()) time_out_blocked();
  while (!unblocked_.empty()) {
    Session& session = *unblocked_.front();
    unblocked_.erase(unblocked_.begin());
    process(session);
  }
  if (state_outdated_) judge_state();
  if (!prefixes.empty()) broadcast_changes();
  for (const SessionId id : std::exchange(to_free_, {}))
    if (Session* session = find(id); session != nullptr && session->state != SessionState::gone) free_client(*session);
}

}  // namespace trackside::sim::redis
