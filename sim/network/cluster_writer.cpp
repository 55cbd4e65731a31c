// See cluster_writer.hpp.
#include "sim/network/cluster_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "sim/operation_words.hpp"
#include "sim/redis/command_keys.hpp"

namespace trackside::sim {
namespace {

constexpr Duration pause_before_retry = std::chrono::milliseconds{50};
constexpr std::uint32_t attempts_max = 10'000;       // then the last refusal is its answer
constexpr std::uint32_t attempts_without_pause = 5;  // nodes may send it around in circles for a while

std::optional<std::uint16_t> slot_of_command(std::span<const std::string_view> words) {
  const redis::Command command = redis::find_command(words);
  std::vector<std::string_view> keys;
  if (command.spec != nullptr && command.arity_ok) {
    redis::add_keys(*command.spec, words, keys);
  }
  return keys.empty() ? std::nullopt : std::optional{resp::slot_of(keys.front())};
}

/// Of the first key that the command or the transaction names.
std::optional<std::uint16_t> slot_in(std::span<const std::string> words) {
  for (const auto command : commands_in(words)) {
    if (const auto slot = slot_of_command(std::vector<std::string_view>(command.begin(), command.end()))) {
      return slot;
    }
  }
  return std::nullopt;
}

bool says(std::string_view error, std::string_view word) {
  return error.size() > word.size() && error.starts_with(word) && error[word.size()] == ' ';
}

}  // namespace

ClusterWriter::ClusterWriter(Runtime& runtime, std::vector<Endpoint> seeds, std::string password,
                             RawClientEvents* events)
    : runtime_(runtime),
      password_(std::move(password)),
      events_(events),
      seeds_(seeds.size()),
      owners_(resp::slot_count, unknown) {
  for (Endpoint& seed : seeds) {
    nodes_.push_back(std::make_unique<Node>(*this, static_cast<NodeNumber>(nodes_.size()), std::move(seed)));
  }
}

ClusterWriter::~ClusterWriter() {
  for (const auto& [id, command] : commands_) {
    runtime_.cancel(command.retry);
  }
}

void ClusterWriter::send(std::uint32_t id, std::span<const std::string> words) {
  if (words.empty()) {
    return;
  }
  commands_[id] = {.words = {words.begin(), words.end()}, .slot = slot_in(words)};
  dispatch(id);
}

void ClusterWriter::dispatch(std::uint32_t id) {
  const std::optional<std::uint16_t> slot = commands_[id].slot;
  const NodeNumber owner = slot ? owners_[*slot] : unknown;
  dispatch_to(owner == unknown ? seed_ : owner, id, Prelude::none);
}

void ClusterWriter::dispatch_to(NodeNumber number, std::uint32_t id, Prelude prelude) {
  PendingCommand& command = commands_[id];
  command.refusal.clear();
  ++command.attempts;
  Node& node = *nodes_[number];
  if (node.client == nullptr) {
    node.client = std::make_unique<RawClient>(runtime_, node.endpoint, password_, &node);
    node.client->start();
  }
  node.client->send(id, command.words, prelude);
}

void ClusterWriter::dispatch_later(std::uint32_t id) {
  const auto again = [](void* self, std::uint64_t which) {
    auto& writer = *static_cast<ClusterWriter*>(self);
    const auto command = static_cast<std::uint32_t>(which);
    writer.commands_[command].retry = TimerId::none;
    writer.dispatch(command);
  };
  commands_[id].retry = runtime_.call_at(runtime_.now() + pause_before_retry, {again, this, id});
}

void ClusterWriter::ask_somebody_else(PendingCommand& command) {
  if (command.slot) {
    owners_[*command.slot] = unknown;
  }
  seed_ = static_cast<NodeNumber>((seed_ + std::size_t{1}) % seeds_);
}

void ClusterWriter::on_refusal(std::uint32_t id, ReplyView error) {
  PendingCommand& command = commands_[id];
  if (command.refusal.empty()) {
    command.refusal = *error.as_string();
  }
}

void ClusterWriter::on_reply(std::uint32_t id, ReplyView reply) {
  PendingCommand& command = commands_[id];
  if (reply.is_error()) {
    const std::string_view error = *reply.as_string();
    const std::string cause{says(error, "EXECABORT") ? std::string_view(command.refusal) : error};
    if (command.attempts < attempts_max && goes_on(id, command, cause)) {
      return;
    }
  }
  commands_.erase(id);
  if (events_ != nullptr) {
    events_->on_reply(id, reply);
  }
}

bool ClusterWriter::goes_on(std::uint32_t id, PendingCommand& command, std::string_view error) {
  const bool moved = says(error, "MOVED");
  if (moved || says(error, "ASK")) {
    const NodeNumber node = node_in(error);
    if (node == unknown) {
      return false;
    }
    ++redirections_;
    if (!moved) {
      dispatch_to(node, id, Prelude::asking);
      return true;
    }
    if (command.slot) {
      owners_[*command.slot] = node;
    }
    if (command.attempts % attempts_without_pause == 0) {
      dispatch_later(id);
    } else {
      dispatch_to(node, id, Prelude::none);
    }
    return true;
  }
  constexpr std::array<std::string_view, 2> wrong_place = {"CLUSTERDOWN", "MASTERDOWN"};
  constexpr std::array<std::string_view, 2> wrong_time = {"TRYAGAIN", "LOADING"};
  const auto is = [&](std::string_view word) { return says(error, word); };
  const bool ask_elsewhere = std::any_of(wrong_place.begin(), wrong_place.end(), is);
  if (!ask_elsewhere && std::none_of(wrong_time.begin(), wrong_time.end(), is)) {
    return false;
  }
  if (ask_elsewhere) {
    ask_somebody_else(command);
  }
  dispatch_later(id);
  return true;
}

ClusterWriter::NodeNumber ClusterWriter::node_in(std::string_view error) {
  const std::string_view address = error.substr(error.rfind(' ') + 1);
  const std::size_t colon = address.rfind(':');
  std::uint16_t port = 0;
  if (colon == std::string_view::npos || colon == 0 ||
      std::from_chars(address.data() + colon + 1, address.data() + address.size(), port).ec != std::errc{}) {
    return unknown;
  }
  const Endpoint wanted{.host = std::string(address.substr(0, colon)), .port = port};
  const auto found =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) { return node->endpoint == wanted; });
  if (found != nodes_.end()) {
    return (*found)->number;
  }
  nodes_.push_back(std::make_unique<Node>(*this, static_cast<NodeNumber>(nodes_.size()), wanted));
  return nodes_.back()->number;
}

void ClusterWriter::on_lost(std::uint32_t id) {
  commands_.erase(id);
  if (events_ != nullptr) {
    events_->on_lost(id);
  }
}

void ClusterWriter::on_disconnected(NodeNumber number) {
  const std::vector<std::uint32_t> unsent = nodes_[number]->client->take_waiting();
  if (unsent.empty()) {
    return;
  }
  std::replace(owners_.begin(), owners_.end(), number, unknown);
  if (seed_ == number) {
    seed_ = static_cast<NodeNumber>((seed_ + std::size_t{1}) % seeds_);
  }
  for (const std::uint32_t id : unsent) {
    dispatch_later(id);
  }
}

}  // namespace trackside::sim
