// The client of a primary that sentinels watch: finds it through them, follows it, and has them vouch for it.
//
// A NodeCore leads to the primary; this class has a connection to every sentinel it knows of, and moves the NodeCore
// when a majority of them (`sentinel::Electorate`) names another address. What was read from the old primary is
// dropped, and what is under way to it ends, before anything is sent to the new one.
//
// That a node answers, and finds itself to be the primary, proves nothing here: one that is cut off from its sentinels
// goes on doing both. So the cache's entries are good only while the majority confirms the address too: the send time
// of its questions is handed to the cache, which judges at each read. An announced switch ends that at once.
//
// A command is sent again after READONLY and LOADING, which prove that it was not executed, and after a loss if it
// changes nothing. Neighbours: relay.hpp (how commands wait), sentinel_channel.hpp, sentinel/.
// Thread rule: `cached`, `healthy` and `metrics` from any thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "client/node_core.hpp"
#include "client/relay.hpp"
#include "client/sentinel_channel.hpp"
#include "sentinel/electorate.hpp"

namespace trackside {

class SentinelCore final : public client::Relay, private client::SentinelEvents {
 public:
  SentinelCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache);
  ~SentinelCore() override;

  void start() override;
  void stop() override;
  bool cached(const Command& command, Reply& out) override { return node_.cached(command, out); }
  bool healthy() const override { return node_.healthy(); }
  Metrics metrics() const override {
    Metrics metrics = node_.metrics();
    count_commands(metrics);
    return metrics;
  }
  error_code link_error() const override;

 private:
  using SentinelChannel = client::SentinelChannel;

  ClientCore::Impl* target() override { return primary_ ? &node_ : nullptr; }
  OperationId hand(const Operation& operation, Completion completion) override;
  bool waits_again(const Operation& operation, const Outcome& outcome) override;
  error_code reason_not_sent() const override;

  void on_sentinel(SentinelChannel& channel, sentinel::SentinelEvent& event) override;
  void add_sentinel(const Endpoint& endpoint, SentinelChannel::Origin origin);
  void forget_former(const std::string& id);
  void meet_others();
  void tidy();
  void count_configured();
  void ask_all();
  void judge();
  void follow(const Endpoint& primary);
  void vouch(Time anchor);
  static void run_link_changed(void* self, std::uint64_t);

  Runtime& runtime_;
  const ClientOptions options_;
  NodeCore node_;
  const Duration max_idle_;
  std::optional<Endpoint> primary_{};
  Time vouched_ = long_ago;
  sentinel::Electorate electorate_;
  std::vector<std::unique_ptr<SentinelChannel>> sentinels_;
  client::Alarm tidy_alarm_;
};

}  // namespace trackside
