// SUBSCRIBE, UNSUBSCRIBE, their kin for patterns and shard channels, PUBLISH, SPUBLISH, and PUBSUB.
//
// Each topic is confirmed by a frame of its own: a push in RESP3, an array in RESP2, whether replies are wanted or not.
#include <algorithm>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

void write_confirmation(Context& context, std::string_view what, const std::string_view* topic, std::size_t count) {
  Session& session = context.session;
  std::string* out = context.node.begin_push(session);
  if (out == nullptr) return;
  resp::push_header(*out, 3, session.protocol);
  resp::bulk(*out, what);
  if (topic != nullptr) resp::bulk(*out, *topic);
  else resp::null(*out, session.protocol);
  resp::integer(*out, static_cast<std::int64_t>(count));
}

/// Shard channels are counted by themselves.
std::size_t count_of(const Session& session) { return session.channels.size() + session.patterns.size(); }

void subscribe_to(Context& context, SubscriptionKind kind, std::string_view confirmation) {
  for (const std::string_view topic : context.arguments.subspan(1)) {
    context.node.subscribe(context.session, kind, topic);
    write_confirmation(context, confirmation, &topic, count_of(context.session));
  }
}

void unsubscribe_from(Context& context, SubscriptionKind kind, std::string_view confirmation) {
  const std::vector<std::string> all = context.session.topics(kind);
  std::vector<std::string_view> topics{all.begin(), all.end()};
  if (context.argument_count() > 1) topics.assign(context.arguments.begin() + 1, context.arguments.end());
  for (const std::string_view topic : topics) {
    context.node.unsubscribe(context.session, kind, topic);
    write_confirmation(context, confirmation, &topic, count_of(context.session));
  }
  if (topics.empty()) write_confirmation(context, confirmation, nullptr, count_of(context.session));
}

void write_names(Context& context, const std::vector<std::string_view>& names) {
  context.reply.array(names.size());
  for (const std::string_view name : names) context.reply.bulk(name);
}

/// Those that match the third argument, or all if there is none; sorted, where the real server's order is a hash's.
std::vector<std::string_view> matching(Context& context, std::vector<std::string_view> names) {
  if (context.argument_count() > 2)
    std::erase_if(names, [&](std::string_view name) { return !glob_match(context.argument(2), name); });
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

void subscribe(Context& context) { subscribe_to(context, SubscriptionKind::channel, "subscribe"); }
void psubscribe(Context& context) { subscribe_to(context, SubscriptionKind::pattern, "psubscribe"); }
void unsubscribe(Context& context) { unsubscribe_from(context, SubscriptionKind::channel, "unsubscribe"); }
void punsubscribe(Context& context) { unsubscribe_from(context, SubscriptionKind::pattern, "punsubscribe"); }

void publish(Context& context) {
  const std::int64_t receivers = context.node.publish(context.argument(1), context.argument(2));
  if (context.node.requests != nullptr)
    context.node.requests->published(context.argument(1), context.argument(2), PublishKind::everywhere);
  context.reply.integer(receivers);
}

void ssubscribe(Context& context) {
  if (context.node.inside_transaction())
    return context.reply.error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  for (const std::string_view channel : context.arguments.subspan(1)) {
    context.node.subscribe_shard(context.session, channel);
    write_confirmation(context, "ssubscribe", &channel, context.session.shard_channels.size());
  }
}

void sunsubscribe(Context& context) {
  const auto all = context.session.shard_channels;
  std::vector<std::string_view> channels{all.begin(), all.end()};
  if (context.argument_count() > 1) channels.assign(context.arguments.begin() + 1, context.arguments.end());
  for (const std::string_view channel : channels) {
    context.node.unsubscribe_shard(context.session, channel);
    write_confirmation(context, "sunsubscribe", &channel, context.session.shard_channels.size());
  }
  if (channels.empty()) write_confirmation(context, "sunsubscribe", nullptr, 0);
}

void spublish(Context& context) {
  const std::int64_t receivers = context.node.publish_in_shard(context.argument(1), context.argument(2));
  if (context.node.requests != nullptr)
    context.node.requests->published(context.argument(1), context.argument(2), PublishKind::within_shard);
  context.reply.integer(receivers);
}

void pubsub_channels(Context& context) {
  if (context.argument_count() > 3) return context.reply.error(subcommand_error(context.arguments));
  std::vector<std::string_view> names;
  for (const Subscriptions::Topic& topic : context.node.channels.topics()) names.push_back(topic.name);
  write_names(context, matching(context, std::move(names)));
}

void pubsub_shardchannels(Context& context) {
  if (context.argument_count() > 3) return context.reply.error(subcommand_error(context.arguments));
  std::vector<std::string_view> names;
  for (const auto& [key, listeners] : context.node.shard_channels.all()) names.push_back(key.second);
  write_names(context, matching(context, std::move(names)));
}

void pubsub_numpat(Context& context) {
  context.reply.integer(static_cast<std::int64_t>(context.node.patterns.topics().size()));
}

void pubsub_numsub(Context& context) {
  const Arguments wanted = context.arguments.subspan(2);
  context.reply.array(2 * wanted.size());
  for (const std::string_view name : wanted) {
    std::size_t listeners = 0;
    for (const Subscriptions::Topic& topic : context.node.channels.topics())
      if (topic.name == name) listeners = topic.listeners.size();
    context.reply.bulk(name);
    context.reply.integer(static_cast<std::int64_t>(listeners));
  }
}

void pubsub_shardnumsub(Context& context) {
  const Arguments wanted = context.arguments.subspan(2);
  context.reply.array(2 * wanted.size());
  for (const std::string_view name : wanted) {
    const ShardChannels::Listeners* listeners = context.node.shard_channels.find(name);
    context.reply.bulk(name);
    context.reply.integer(listeners == nullptr ? 0 : static_cast<std::int64_t>(listeners->clients.size()));
  }
}

}  // namespace trackside::sim::redis::commands
