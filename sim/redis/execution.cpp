// From bytes to executed commands: the checks before a command in the real server's order, MULTI's queue, and what is
// done around and after each command.
//
//   request -> known? arity? -> authenticated? -> permitted? -> table limit -> replica? -> subscribe mode? -> queue,
//              or call
//   call    -> run -> record the read -> (outermost) own pushes -> blocked clients -> one-shot flags
#include <utility>

#include <fmt/format.h>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

void Node::process(Session& session) {
  while (session.state == SessionState::normal && !session.abort && !session.blocked.active) {
    switch (session.requests.next(arguments_)) {
      case resp::RequestBuffer::Status::incomplete:
        return;
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
  ++commands_processed;
  const Command command = find_command(arguments);
  session.last_command = command.spec;
  if (const std::string error = objection(session, command, arguments); !error.empty()) {
    refuse(session, command.spec, error);
  } else if (session.transaction.open && !command.spec->has(flag_now)) {
    enqueue(session, *command.spec, arguments);
  } else {
    call(session, *command.spec, arguments);
    if (!ready_keys_.empty()) serve_blocked_clients();
  }
  finish_command(session, command.spec);
}

/// Why the command is refused before it runs; empty: it is not.
std::string Node::objection(const Session& session, const Command& command, Arguments arguments) {
  if (command.spec == nullptr || (!config.resp3 && command.spec->name == "hello"))
    return unknown_command_error(arguments);
  if (!command.arity_ok) return arity_error(*command.spec);
  if (!session.authenticated && !command.spec->has(flag_no_auth)) return "NOAUTH Authentication required.";
  const bool about_tracking = command.spec->name == "client|tracking" || command.spec->name == "client|caching";
  if (!config.tracking_allowed && about_tracking)
    return fmt::format("NOPERM this user has no permissions to run the '{}' command", command.spec->name);
  if (tracking_clients != 0) limit_tracking_table();
  if (replica && command.spec->has(flag_write)) return "READONLY You can't write against a read only replica.";
  if (session.in_subscribe_mode() && !command.spec->has(flag_subscriber))
    return fmt::format("ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                       "allowed in this context",
                       command.spec->name);
  return {};
}

void Node::refuse(Session& session, const CommandSpec* command, std::string_view error) {
  session.transaction.refused = session.transaction.open;
  Reply reply{reply_sink(session), session.protocol};
  if (command == nullptr || command->name != "exec") {
    reply.error(error);
    return;
  }
  discard_transaction(session);
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
  ++nesting_;
  Context context{*this, session, command, arguments};
  command.run(context);
  ++calls[index_of(command)];
  if (command.has(flag_read) && session.tracking.on && !session.tracking.broadcast)
    remember_read(session, command, arguments);
  --nesting_;
  executing_ = outer;
  if (nesting_ == 0 && !pending_pushes_.empty()) deliver_pending_pushes();
}

void Node::call_from_script(Session& session, const CommandSpec& command, Arguments arguments) {
  in_script_ = true;
  Context context{*this, session, command, arguments};
  command.run(context);
  ++calls[index_of(command)];
  in_script_ = false;
}

void Node::finish_command(Session& session, const CommandSpec* command) {
  if (!session.transaction.open && (command == nullptr || !command->has(flag_client)))
    session.tracking.caching_given = false;
  if (session.reply_mode == ReplyMode::skip) session.reply_mode = ReplyMode::on;
  if (session.reply_mode == ReplyMode::skip_next) session.reply_mode = ReplyMode::skip;
  if (session.state == SessionState::closing) close_gracefully(session);
  mark_dirty(session);
  enforce_output_limit(session);
}

void Node::before_sleep() {
  if (!blocked_.empty()) time_out_blocked();
  while (!unblocked_.empty()) {
    Session& session = *unblocked_.front();
    unblocked_.erase(unblocked_.begin());
    process(session);
  }
  if (!prefixes.empty()) broadcast_changes();
  for (const SessionId id : std::exchange(to_free_, {}))
    if (Session* session = find(id); session != nullptr && session->state != SessionState::gone) free_client(*session);
}

}  // namespace trackside::sim::redis
