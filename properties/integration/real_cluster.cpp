// Starting a cluster and moving its slots; see real_cluster.hpp.
#include "properties/integration/real_cluster.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "properties/integration/asking.hpp"
#include "resp/slot.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

std::string text_of(const Reply& reply) {
  const auto text = reply.view().as_string();
  return text ? std::string{*text} : std::string{reply.view().frame()};
}

/// Spread as `redis-cli --cluster create` spreads them, rounded to the nearest.
std::size_t first_slot(std::size_t primary, std::size_t primaries) {
  return (2 * std::size_t{resp::slot_count} * primary + primaries) / (2 * primaries);
}

template <class Condition>
void await(const Condition& condition, const char* what) {
  const auto give_up = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) {
      throw std::runtime_error(std::string{"the cluster of the test did not get ready: "} + what);
    }
    std::this_thread::sleep_for(20ms);
  }
}

}  // namespace

RealCluster::RealCluster(std::size_t primaries, std::size_t replicas, std::vector<std::string> extra,
                         PrivateNetwork* network) {
  const std::size_t count = primaries + replicas;
  for (std::size_t index = 0; index < count; ++index) {
    nodes_.push_back(std::make_unique<RedisProcess>(network == nullptr ? ServerPlace{} : network->place(index)));
    const std::string bus = std::to_string(free_loopback_port());
    std::vector<std::string> options{"--cluster-enabled", "yes", "--cluster-node-timeout",     "1000",
                                     "--cluster-port",    bus,   "--repl-diskless-sync-delay", "0"};
    options.insert(options.end(), extra.begin(), extra.end());
    nodes_.back()->start(options);
    options_.push_back(options);
    ids_.push_back(ask(index, {"CLUSTER", "MYID"}));
    ask(index, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(index + 1)});
    if (index > 0) {
      ask(0, {"CLUSTER", "MEET", host(index), std::to_string(port(index)), bus});
    }
  }
  for (std::size_t index = 0; index < primaries; ++index) {
    const std::size_t first = first_slot(index, primaries);
    const std::size_t last = first_slot(index + 1, primaries) - 1;
    ask(index, {"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(last)});
  }
  for (std::size_t index = primaries; index < count; ++index) {
    const std::size_t primary = (index - primaries) % primaries;
    await([&] { return ask(index, {"CLUSTER", "REPLICATE", ids_[primary]}) == "OK"; }, "a replica");
  }
  await([this] { return is_ok(); }, "not every node finds it ok");
  for (std::size_t index = primaries; index < count; ++index) {
    await(
        [&] {
          return ask(index, {"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
        },
        "replication");
  }
}

RealCluster::~RealCluster() = default;

bool RealCluster::is_ok() const {
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    const std::string info = ask(index, {"CLUSTER", "INFO"});
    if (info.find("cluster_state:ok") == std::string::npos ||
        info.find("cluster_known_nodes:" + std::to_string(nodes_.size())) == std::string::npos) {
      return false;
    }
  }
  return true;
}

std::string RealCluster::ask(std::size_t index, const std::vector<std::string>& words) const {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return text_of(Asking{host(index), port(index)}.ask(Command{std::span{views}}));
}

std::size_t RealCluster::owner_of(const std::string& key) const {
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    if (nodes_[index]->running() && !ask(index, {"EXISTS", key}).starts_with("MOVED")) {
      return index;
    }
  }
  throw std::runtime_error("nobody owns the slot of " + key);
}

bool RealCluster::is_primary(std::size_t index) const {
  return nodes_[index]->running() && ask(index, {"INFO", "replication"}).find("role:master") != std::string::npos;
}

void RealCluster::open_slot(std::uint16_t slot, std::size_t from, std::size_t to) {
  ask(to, {"CLUSTER", "SETSLOT", std::to_string(slot), "IMPORTING", ids_[from]});
  ask(from, {"CLUSTER", "SETSLOT", std::to_string(slot), "MIGRATING", ids_[to]});
}

void RealCluster::move_keys(std::uint16_t slot, std::size_t from, std::size_t to) {
  Asking source{host(from), port(from)};
  while (true) {
    const Reply keys = source.ask(Command{"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), "10"});
    if (keys.view().size() == 0) {
      return;
    }
    Command migrate{"MIGRATE", host(to), std::to_string(port(to)), "", "0", "5000", "KEYS"};
    for (const ReplyView key : keys.view()) {
      migrate.add(key.as_string().value());
    }
    const Reply answer = source.ask(migrate);
    if (answer.is_error()) {
      throw std::runtime_error("the keys do not move: " + text_of(answer));
    }
  }
}

void RealCluster::close_slot(std::uint16_t slot, std::size_t from, std::size_t to) {
  for (const std::size_t node : {to, from}) {
    ask(node, {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", ids_[to]});
  }
}

void RealCluster::move_slot(std::uint16_t slot, std::size_t from, std::size_t to) {
  open_slot(slot, from, to);
  move_keys(slot, from, to);
  close_slot(slot, from, to);
}

}  // namespace trackside::testing
