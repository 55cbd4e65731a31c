// A node in cluster mode for transcripts: its view, what it asks of the cluster, and what it replicates.
//
// The node "here" (10.0.0.1:7000) knows two others, "there" and "third". All slots are its own but those of the tags
// below; a key's tag says how its slot stands. Changes of the view say `slots_changed` themselves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "properties/sim/redis_transcript.hpp"
#include "resp/slot.hpp"

namespace trackside::testing {

using sim::redis::itself;
using sim::redis::no_node;

inline constexpr sim::redis::NodeIndex there = 1;
inline constexpr sim::redis::NodeIndex third = 2;

inline std::string id_of(sim::redis::NodeIndex node) { return std::string(40, static_cast<char>('a' + node)); }

class RecordedRequests final : public sim::redis::ClusterRequests {
 public:
  void view_changed(Announce announce) override {
    note(announce == Announce::at_once ? "view changed, announce" : "view changed");
  }
  void meet(std::string_view host, std::uint16_t port) override {
    note("meet " + std::string{host} + ":" + std::to_string(port));
  }
  void forget(sim::redis::NodeIndex node) override { note("forget " + std::to_string(node)); }
  void replicate(sim::redis::NodeIndex primary) override { note("replicate " + std::to_string(primary)); }
  void fail_over(sim::redis::FailoverKind kind) override {
    note("fail over " + std::to_string(static_cast<int>(kind)));
  }
  void reset(sim::redis::ResetKind kind) override { note("reset " + std::to_string(static_cast<int>(kind))); }
  void migrate(const sim::redis::Migration& request) override {
    last_migration = request;
    std::string keys;
    for (const sim::redis::MovingKey& key : request.keys) keys += " " + key.key;
    note("migrate" + keys + " to " + request.host + ":" + std::to_string(request.port));
  }
  void published(std::string_view channel, std::string_view message, sim::redis::PublishKind kind) override {
    note((kind == sim::redis::PublishKind::everywhere ? "publish " : "spublish ") + std::string{channel} + " " +
         std::string{message});
  }

  /// What was asked since the last call, joined with " | ".
  std::string take() { return std::exchange(text_, {}); }

  sim::redis::Migration last_migration{};

 private:
  void note(const std::string& text) { text_ += (text_.empty() ? "" : " | ") + text; }

  std::string text_;
};

/// Counts bytes and keeps what the node sends.
class RecordedFeed final : public sim::redis::ReplicationFeed {
 public:
  std::uint64_t append(std::span<const sim::redis::ReplicatedChange> changes, std::uint64_t bytes) override {
    pieces.emplace_back(changes.begin(), changes.end());
    offset += bytes;
    return offset;
  }
  void acknowledgements_wanted() override { ++asked; }

  std::vector<std::vector<sim::redis::ReplicatedChange>> pieces;
  std::uint64_t offset = 0;
  int asked = 0;
};

/// {mov}: open for migration to `there`; {imp}: of `there`, being imported; {far}: of `there`; {gap}: nobody's.
class ClusterNode {
 public:
  static std::uint16_t slot(std::string_view key) { return resp::slot_of(key); }

  ClusterNode()
      : world({.port = 7000, .cluster_enabled = true, .node_id = id_of(itself), .node_host = "10.0.0.1"}),
        view(*world.server.cluster()) {
    view.nodes.push_back({.id = id_of(there), .host = "10.0.0.2", .port = 7001, .config_epoch = 1});
    view.nodes.push_back({.id = id_of(third), .host = "10.0.0.3", .port = 7002, .config_epoch = 2});
    view.nodes[itself].config_epoch = view.current_epoch = 3;
    view.require_full_coverage = false;
    view.owner.fill(itself);
    view.owner.set(slot("{imp}"), there);
    view.owner.set(slot("{far}"), there);
    view.owner.set(slot("{third}"), third);
    view.owner.set(slot("{gap}"), no_node);
    view.migrating_to[slot("{mov}")] = there;
    view.importing_from[slot("{imp}")] = there;
    world.server.slots_changed(world.now);
  }

  /// As the bus does when it hears of a new owner.
  void give(std::string_view key, sim::redis::NodeIndex owner) {
    view.owner.set(slot(key), owner);
    world.server.slots_changed(world.now);
  }

  World world;
  sim::redis::ClusterView& view;
};

}  // namespace trackside::testing
