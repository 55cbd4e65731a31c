// Shard channels: subscriptions that belong to a slot, and end when the slot leaves this node's shard.
//
// They end for all listeners of a channel at once, with the same frame as SUNSUBSCRIBE, from inside whatever took the
// slot away: before its reply, and before the next MOVED. A replica that is promoted keeps its subscribers.
#include "sim/redis/context.hpp"

namespace trackside::sim::redis {
namespace {

void write_frame(std::string& out, const Session& listener, std::string_view kind, std::string_view channel) {
  resp::push_header(out, 3, listener.protocol);
  resp::bulk(out, kind);
  resp::bulk(out, channel);
}

}  // namespace

void Node::subscribe_shard(Session& session, std::string_view channel) {
  if (!session.shard_channels.emplace(channel).second) return;
  const NodeIndex owner = cluster != nullptr ? cluster->owner[resp::slot_of(channel)] : itself;
  shard_channels.add(channel, session.client_id, owner);
}

void Node::unsubscribe_shard(Session& session, std::string_view channel) {
  const auto found = session.shard_channels.find(channel);
  if (found == session.shard_channels.end()) return;
  shard_channels.remove(channel, session.client_id);
  session.shard_channels.erase(found);
  if (!session.subscribed()) schedule_idle_check();  // it can be idle again
}

void Node::unsubscribe_all_shard(Session& session) {
  while (!session.shard_channels.empty()) unsubscribe_shard(session, std::string{*session.shard_channels.begin()});
}

std::int64_t Node::publish_in_shard(std::string_view channel, std::string_view message) {
  if (current != nullptr) mark_dirty(*current);  // what it has been answered already counts as queued before
  const ShardChannels::Listeners* listeners = shard_channels.find(channel);
  if (listeners == nullptr) return 0;
  for (const ClientId id : listeners->clients) {
    Session* listener = find_client(id);
    require(listener != nullptr, "whoever left listens no more");
    std::string* out = begin_push(*listener);
    if (out == nullptr) continue;
    write_frame(*out, *listener, "smessage", channel);
    resp::bulk(*out, message);
    end_push(*listener);
  }
  return static_cast<std::int64_t>(listeners->clients.size());
}

void Node::end_shard_subscriptions(std::uint16_t slot) {
  auto& channels_by_slot = shard_channels.all();
  auto channel = channels_by_slot.lower_bound({slot, {}});
  while (channel != channels_by_slot.end() && channel->first.first == slot) {
    if (current != nullptr) mark_dirty(*current);
    for (const ClientId id : channel->second.clients) {
      Session* listener = find_client(id);
      require(listener != nullptr, "whoever left listens no more");
      listener->shard_channels.erase(channel->first.second);
      if (!listener->subscribed()) schedule_idle_check();
      std::string* out = begin_push(*listener);
      if (out == nullptr) continue;
      write_frame(*out, *listener, "sunsubscribe", channel->first.second);
      resp::integer(*out, static_cast<std::int64_t>(listener->shard_channels.size()));
      end_push(*listener);
    }
    channel = channels_by_slot.erase(channel);
  }
}

void Node::slots_changed() {
  auto& channels_by_slot = shard_channels.all();
  for (auto channel = channels_by_slot.begin(); channel != channels_by_slot.end();) {
    const std::uint16_t slot = channel->first.first;
    const NodeIndex owner = cluster->owner[slot];
    if (owner == itself) channel->second.owner = itself;
    if (owner == channel->second.owner) {
      ++channel;
      continue;
    }
    end_shard_subscriptions(slot);
    channel = channels_by_slot.lower_bound({slot, {}});
  }
}

}  // namespace trackside::sim::redis
