// SUBSCRIBE, UNSUBSCRIBE, their kin for patterns, and PUBLISH.
//
// Each topic is confirmed by a frame of its own: a push in RESP3, an array in RESP2, whether replies are wanted or not.
#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

void write_confirmation(Context& context, std::string_view what, const std::string_view* topic) {
  Session& session = context.session;
  std::string* out = context.node.begin_push(session);
  if (out == nullptr) return;
  resp::push_header(*out, 3, session.protocol);
  resp::bulk(*out, what);
  if (topic != nullptr) resp::bulk(*out, *topic);
  else resp::null(*out, session.protocol);
  resp::integer(*out, static_cast<std::int64_t>(session.channels.size() + session.patterns.size()));
}

void subscribe_to(Context& context, SubscriptionKind kind, std::string_view confirmation) {
  for (const std::string_view topic : context.arguments.subspan(1)) {
    context.node.subscribe(context.session, kind, topic);
    write_confirmation(context, confirmation, &topic);
  }
}

void unsubscribe_from(Context& context, SubscriptionKind kind, std::string_view confirmation) {
  const std::vector<std::string> all = context.session.topics(kind);
  std::vector<std::string_view> topics{all.begin(), all.end()};
  if (context.argument_count() > 1) topics.assign(context.arguments.begin() + 1, context.arguments.end());
  for (const std::string_view topic : topics) {
    context.node.unsubscribe(context.session, kind, topic);
    write_confirmation(context, confirmation, &topic);
  }
  if (topics.empty()) write_confirmation(context, confirmation, nullptr);
}

}  // namespace

void subscribe(Context& context) { subscribe_to(context, SubscriptionKind::channel, "subscribe"); }
void psubscribe(Context& context) { subscribe_to(context, SubscriptionKind::pattern, "psubscribe"); }
void unsubscribe(Context& context) { unsubscribe_from(context, SubscriptionKind::channel, "unsubscribe"); }
void punsubscribe(Context& context) { unsubscribe_from(context, SubscriptionKind::pattern, "punsubscribe"); }

void publish(Context& context) {
  context.reply.integer(context.node.publish(context.argument(1), context.argument(2)));
}

}  // namespace trackside::sim::redis::commands
