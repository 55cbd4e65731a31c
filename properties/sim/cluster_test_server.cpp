// The servers of cluster_harness.hpp: their keys, and what is done to them.
#include <algorithm>

#include "properties/sim/cluster_harness.hpp"
#include "resp/slot.hpp"
#include "sim/kernel/hash.hpp"
#include "sim/redis/value.hpp"

namespace trackside::testing {
namespace {

constexpr std::uint32_t bytes_of_a_write = 50;

MemberOptions options_of(const ClusterShape& shape, ServerIndex self) {
  MemberOptions options;
  options.bus.self = node_id(self);
  options.bus.node_timeout = shape.node_timeout;
  options.replication.diskless_delay = shape.diskless_delay;
  return options;
}

sim::redis::ValuePointer pointer_to(const std::string& text) {
  return std::make_shared<const sim::redis::Value>(sim::redis::Value{text});
}

const std::string& text_of(const sim::redis::ValuePointer& value) {
  return std::get<sim::redis::String>(value->content);
}

}  // namespace

TestServer::TestServer(TestCluster& cluster, ServerIndex self, const ClusterShape& shape, ClusterView initial)
    : view(std::move(initial)),
      member(options_of(shape, self), view, cluster.directory(), *this, decisions_),
      cluster_(cluster),
      decisions_(sim::fold(shape.seed, static_cast<std::uint64_t>(self)), shape.benign) {}

std::uint64_t TestServer::Decisions::decide(BusChoice choice, std::uint64_t ordinal, std::uint64_t bound) {
  const std::uint64_t name = sim::fold(sim::fold(seed, static_cast<std::uint64_t>(choice)), ordinal);
  return benign ? 0 : sim::scale_down(sim::mix(name), bound);
}

bool TestServer::owns(std::string_view key) const {
  return up && !frozen && view.nodes[sim::redis::itself].is_primary() && view.owns(resp::slot_of(key));
}

bool TestServer::answers(std::string_view key) const { return owns(key) && view.ok; }

bool TestServer::write(const std::string& key, const std::string& value) {
  if (!answers(key) || cluster_.now() < paused_until) {
    return false;
  }
  keys[key] = value;
  const ReplicatedChange change{.key = key, .value = pointer_to(value)};
  member.feed(std::span(&change, 1), bytes_of_a_write);
  cluster_.flush_outboxes(static_cast<std::size_t>(server_of(member.bus().id())));
  return true;
}

std::string TestServer::read(const std::string& key) const {
  const auto found = keys.find(key);
  return found == keys.end() ? "" : found->second;
}

SnapshotPointer TestServer::snapshot() {
  Snapshot all;
  for (const auto& [key, value] : keys) {
    all.push_back({.key = key, .value = pointer_to(value)});
  }
  return std::make_shared<const Snapshot>(std::move(all));
}

void TestServer::load(Instant, const Snapshot& snapshot) {
  ++flushes_by_loading;
  keys.clear();
  for (const StoredKey& stored : snapshot) {
    keys[stored.key] = text_of(stored.value);
  }
}

void TestServer::apply(Instant, std::span<const ReplicatedChange> changes) {
  for (const ReplicatedChange& change : changes) {
    keys[change.key] = text_of(change.value);
  }
}

bool TestServer::holds_keys_in(Slot slot) const {
  return std::any_of(keys.begin(), keys.end(),
                     [slot](const auto& entry) { return resp::slot_of(entry.first) == slot; });
}

void TestServer::view_changed(Instant) { cluster_.check_belief(server_of(member.bus().id())); }

void TestServer::drop_keys_in(Instant, std::span<const Slot> slots) {
  slots_dropped += static_cast<std::uint32_t>(slots.size());
  std::erase_if(keys, [slots](const auto& entry) {
    return std::find(slots.begin(), slots.end(), resp::slot_of(entry.first)) != slots.end();
  });
}

void TestServer::flush(Instant) { keys.clear(); }

void TestServer::become_replica(Instant now) {
  ++demotions;
  demoted_at = now;
}

void TestServer::become_primary(Instant now) {
  ++promotions;
  promoted_at = now;
}

void TestServer::pause_writers(Instant, Instant until) { paused_until = until; }
void TestServer::resume_writers(Instant) { paused_until = 0; }

}  // namespace trackside::testing
