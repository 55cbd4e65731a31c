// A foreign client of a cluster, without a cache: one connection for each node, follows MOVED and ASK.
//
// A command goes to the node that is believed to own its slot, whole: nothing is split. It is sent again only after an
// answer that proves that it was not executed (MOVED, ASK, TRYAGAIN, CLUSTERDOWN, LOADING, a refused transaction), or
// if it had not been sent; what was sent on a lost connection is reported as lost. It learns who owns what from MOVED
// alone, and asks another node where one cannot be reached. Neighbours: raw_client.hpp (one connection), world.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resp/slot.hpp"
#include "sim/network/raw_client.hpp"

namespace trackside::sim {

class ClusterWriter {
 public:
  /// Where the cluster may be entered, at least one; the first is asked first. `events` may be null.
  ClusterWriter(Runtime& runtime, std::vector<Endpoint> seeds, std::string password, RawClientEvents* events);
  ~ClusterWriter();
  ClusterWriter(const ClusterWriter&) = delete;
  ClusterWriter& operator=(const ClusterWriter&) = delete;

  /// As RawClient::send. Requires an id that no command without an end has.
  void send(std::uint32_t id, std::span<const std::string> words);

  /// Commands without an end.
  std::size_t outstanding() const noexcept { return commands_.size(); }
  /// Answers that sent a command elsewhere, so far.
  std::uint64_t redirections() const noexcept { return redirections_; }

 private:
  using NodeNumber = std::uint16_t;  // a position in nodes_
  static constexpr NodeNumber unknown = UINT16_MAX;

  /// One node, and the events of the connection to it.
  struct Node final : RawClientEvents {
    Node(ClusterWriter& owner, NodeNumber own_number, Endpoint where)
        : writer(owner), number(own_number), endpoint(std::move(where)) {}
    void on_reply(std::uint32_t id, ReplyView reply) override { writer.on_reply(id, reply); }
    void on_lost(std::uint32_t id) override { writer.on_lost(id); }
    void on_refusal(std::uint32_t id, ReplyView error) override { writer.on_refusal(id, error); }
    void on_disconnected() override { writer.on_disconnected(number); }

    ClusterWriter& writer;
    NodeNumber number;
    Endpoint endpoint;
    std::unique_ptr<RawClient> client{};  // null: nothing was sent there yet
  };
  struct PendingCommand {
    std::vector<std::string> words;
    std::optional<std::uint16_t> slot;  // of its first key
    std::string refusal{};              // the error that made a transaction fail
    std::uint32_t attempts = 0;
    TimerId retry = TimerId::none;
  };

  void on_reply(std::uint32_t id, ReplyView reply);
  void on_lost(std::uint32_t id);
  void on_refusal(std::uint32_t id, ReplyView error);
  void on_disconnected(NodeNumber node);

  /// Whether the error proves that nothing was executed; then the command goes on.
  bool goes_on(std::uint32_t id, PendingCommand& command, std::string_view error);
  void dispatch(std::uint32_t id);
  void dispatch_to(NodeNumber node, std::uint32_t id, Prelude prelude);
  void dispatch_later(std::uint32_t id);
  void ask_somebody_else(PendingCommand& command);
  /// The node that "MOVED 5 host:port" and "ASK 5 host:port" name.
  NodeNumber node_in(std::string_view error);

  Runtime& runtime_;
  std::string password_;
  RawClientEvents* events_;
  std::size_t seeds_;
  NodeNumber seed_ = 0;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<NodeNumber> owners_;  // by slot
  std::map<std::uint32_t, PendingCommand> commands_;
  std::uint64_t redirections_ = 0;
};

}  // namespace trackside::sim
