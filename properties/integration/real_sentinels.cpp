// Starting sentinels and what they watch; see real_sentinels.hpp.
#include "properties/integration/real_sentinels.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

#include "properties/integration/asking.hpp"
#include "properties/integration/client_harness.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

/// Sentinels introduce themselves with such names.
constexpr const char* name_of_sentinels = "sentinel-";

void await(const std::function<bool()>& condition, const char* what) {
  if (!eventually(condition, 30s)) {
    throw std::runtime_error(std::string{"the sentinels of the test did not get ready: "} + what);
  }
}

}  // namespace

RealSentinels::RealSentinels(std::size_t sentinels) {
  primary_.start({"--repl-diskless-sync-delay", "0"});
  proxy_ = std::make_unique<Proxy>(primary_.port());
  replica_.start({"--replicaof", "127.0.0.1 " + std::to_string(proxy_->port()), "--repl-diskless-sync-delay", "0"});
  await(
      [&] {
        const Reply info = Asking{replica_.port()}.ask(Command{"INFO", "replication"});
        return info.as_string().value().find("master_link_status:up") != std::string_view::npos;
      },
      "replication");
  const std::string name{service};
  for (std::size_t index = 0; index < sentinels; ++index) {
    sentinels_.push_back(std::make_unique<RedisProcess>());
    sentinels_.back()->start_sentinel(
        "sentinel monitor " + name + " 127.0.0.1 " + std::to_string(proxy_->port()) + " 2\n" +
        "sentinel down-after-milliseconds " + name + " 600\nsentinel failover-timeout " + name + " 4000\n");
  }
  for (const auto& each : sentinels_) {
    await(
        [&] {
          Asking asking{each->port()};
          return asking.ask(Command{"SENTINEL", "SENTINELS", service}).size() == sentinels - 1 &&
                 asking.ask(Command{"SENTINEL", "REPLICAS", service}).size() == 1;
        },
        "a sentinel does not know of all");
  }
}

RealSentinels::~RealSentinels() = default;

ClientOptions RealSentinels::options(std::size_t seeds) const {
  ClientOptions options = quick_options(sentinels_.front()->port());
  options.topology = Topology::sentinel;
  options.service = service;
  options.command_timeout = 5s;
  for (std::size_t index = 1; index < seeds; ++index) {
    options.more_endpoints.push_back({.port = sentinels_[index]->port()});
  }
  return options;
}

std::uint16_t RealSentinels::named_by(std::size_t index) const {
  Asking asking{sentinels_[index]->port()};
  const Reply pair = asking.ask(Command{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", service});
  return static_cast<std::uint16_t>(pair[1].as_integer().value());
}

bool RealSentinels::all_name(std::uint16_t port) const {
  for (std::size_t index = 0; index < sentinels_.size(); ++index) {
    if (sentinels_[index]->running() && named_by(index) != port) {
      return false;
    }
  }
  return true;
}

void RealSentinels::cut_off_primary() { proxy_->refuse(name_of_sentinels); }

void RealSentinels::fail_over() {
  const Reply answer = Asking{sentinels_.front()->port()}.ask(Command{"SENTINEL", "FAILOVER", service});
  if (answer.is_error()) {
    throw std::runtime_error("no failover: " + to_text(answer));
  }
}

}  // namespace trackside::testing
