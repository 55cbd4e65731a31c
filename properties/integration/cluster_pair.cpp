// Bringing two real nodes to a cluster, and a simulated one to the same belief.
#include "properties/integration/cluster_pair.hpp"

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace trackside::testing {
namespace {

constexpr int attempts = 20;

std::string command(std::string_view words, std::string_view tag, std::string_view rest) {
  return "CLUSTER " + std::string{words} + " " + std::to_string(SlotPlan::slot(tag)) + " " + std::string{rest};
}

/// The number behind "name:" of CLUSTER INFO.
std::uint64_t number_of(const std::string& info, const std::string& name) {
  const std::size_t at = info.find(name + ":");
  if (at == std::string::npos) throw std::runtime_error("CLUSTER INFO lacks " + name);
  return std::strtoull(info.c_str() + at + name.size() + 1, nullptr, 10);
}

}  // namespace

/// The bus needs a port of its own, 10,000 above: not every free port has that.
std::unique_ptr<RedisProcess> ClusterPair::start_node() {
  for (int attempt = 1;; ++attempt) {
    auto node = std::make_unique<RedisProcess>();
    try {
      node->start({"--cluster-enabled", "yes", "--cluster-require-full-coverage", "no", "--cluster-node-timeout",
                   "60000", "--enable-debug-command", "yes"});
      return node;
    } catch (const std::runtime_error&) {
      if (attempt == attempts) throw;
    }
  }
}

std::string ClusterPair::ask(const RedisProcess& node, const std::string& line) {
  RealConnection connection{node.port()};
  connection.send(line + "\r\n");
  std::string answer = connection.await_line();
  if (!answer.starts_with('$')) return answer.substr(1, answer.size() - 3);
  const std::size_t header = answer.find("\r\n") + 2;
  const std::size_t length = std::strtoull(answer.c_str() + 1, nullptr, 10);
  while (answer.size() < header + length + 2) answer += connection.await_line();
  return answer.substr(header, length);
}

ClusterPair::ClusterPair() : first_id_(ask(*first_, "CLUSTER MYID")), second_id_(ask(*second_, "CLUSTER MYID")) {
  ask(*second_, command("ADDSLOTS", SlotPlan::coming, ""));
  ask(*second_, command("ADDSLOTS", SlotPlan::far, ""));
  ask(*second_, "CLUSTER BUMPEPOCH");
  ask(*first_, "CLUSTER ADDSLOTSRANGE 0 " + std::to_string(sim::redis::slot_count - 1));
  ask(*first_, command("DELSLOTS", SlotPlan::coming, ""));
  ask(*first_, command("DELSLOTS", SlotPlan::far, ""));
  meet();
  restore();
}

void ClusterPair::meet() {
  ask(*first_, "CLUSTER MEET 127.0.0.1 " + std::to_string(second_->port()));
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  const auto knows = [](const RedisProcess& node, const std::string& other) {
    const std::string nodes = ask(node, "CLUSTER NODES");
    return nodes.find(other) != std::string::npos && nodes.find("handshake") == std::string::npos &&
           nodes.find("disconnected") == std::string::npos;
  };
  while (!knows(*first_, second_id_) || !knows(*second_, first_id_) ||
         ask(*first_, "CLUSTER INFO").find("cluster_size:2") == std::string::npos ||
         ask(*second_, "CLUSTER INFO").find("cluster_size:2") == std::string::npos) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("two redis-servers did not meet");
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  while (ask(*first_, "CLUSTER BUMPEPOCH").starts_with("BUMPED")) {
  }
}

void ClusterPair::restore() {
  for (const RedisProcess* node : {first_.get(), second_.get()}) ask(*node, "FLUSHALL");
  for (const std::string_view tag : {SlotPlan::moving, SlotPlan::coming, SlotPlan::gap})
    ask(*first_, command("SETSLOT", tag, "STABLE"));
  ask(*first_, command("SETSLOT", SlotPlan::moving, "NODE " + first_id_));
  ask(*first_, command("SETSLOT", SlotPlan::moving, "MIGRATING " + second_id_));
  ask(*first_, command("SETSLOT", SlotPlan::coming, "NODE " + second_id_));
  ask(*first_, command("SETSLOT", SlotPlan::coming, "IMPORTING " + second_id_));
  ask(*first_, command("SETSLOT", SlotPlan::gap, "NODE " + first_id_));
  ask(*first_, command("DELSLOTS", SlotPlan::gap, ""));
  ask(*second_, command("SETSLOT", SlotPlan::moving, "NODE " + first_id_));
  ask(*second_, command("SETSLOT", SlotPlan::moving, "IMPORTING " + first_id_));
}

sim::redis::ServerConfig ClusterPair::configuration() const {
  return {.port = first_->port(), .cluster_enabled = true, .node_id = first_id_, .node_host = "127.0.0.1"};
}

void ClusterPair::settle_into(sim::redis::Server& first) {
  sim::redis::ClusterView& view = *first.cluster();
  const std::string info = ask(*first_, "CLUSTER INFO");
  view.current_epoch = number_of(info, "cluster_current_epoch");
  view.nodes[0].config_epoch = number_of(info, "cluster_my_epoch");
  const std::uint64_t second_epoch = number_of(ask(*second_, "CLUSTER INFO"), "cluster_my_epoch");
  view.nodes.push_back({.id = second_id_, .host = "127.0.0.1", .port = second_->port(), .config_epoch = second_epoch});
  view.require_full_coverage = false;
  view.owner.fill(0);
  for (const std::string_view key : {SlotPlan::coming, SlotPlan::far}) view.owner.set(SlotPlan::slot(key), 1);
  view.owner.set(SlotPlan::slot(SlotPlan::gap), sim::redis::no_node);
  view.migrating_to[SlotPlan::slot(SlotPlan::moving)] = 1;
  view.importing_from[SlotPlan::slot(SlotPlan::coming)] = 1;
  first.slots_changed(TwinServers::now());
}

std::unique_ptr<sim::redis::Server> ClusterPair::simulated_second() const {
  auto second = std::make_unique<sim::redis::Server>(
      sim::redis::ServerConfig{
          .port = second_->port(), .cluster_enabled = true, .node_id = second_id_, .node_host = "127.0.0.1"},
      nullptr);
  sim::redis::ClusterView& view = *second->cluster();
  view.nodes.push_back({.id = first_id_, .host = "127.0.0.1", .port = first_->port()});
  view.require_full_coverage = false;
  view.owner.fill(1);
  view.owner.set(SlotPlan::slot(SlotPlan::far), 0);
  view.importing_from[SlotPlan::slot(SlotPlan::moving)] = 1;
  second->slots_changed(TwinServers::now());
  return second;
}

}  // namespace trackside::testing
