// What a node in cluster mode is told to do and cannot do alone: it asks the cluster's process beside it.
//
// The node judges a command by what it believes (`ClusterView`) and answers the real server's errors itself; only what
// was accepted comes here. Every function is called from inside a call of `Server` and must not call back into it: note
// what is wanted and do it afterwards. The defaults do nothing, which is a node whose cluster never changes.
// Neighbours: commands_cluster*.cpp call it, sim/cluster implements it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/instant.hpp"
#include "sim/redis/cluster_view.hpp"
#include "sim/redis/replication.hpp"
#include "sim/redis/session_id.hpp"

namespace trackside::sim::redis {

/// CLUSTER FAILOVER: by agreement with the primary, without it, without anybody's vote.
enum class FailoverKind : std::uint8_t { agreed, forced, takeover };
enum class ResetKind : std::uint8_t { soft, hard };
enum class PublishKind : std::uint8_t { everywhere, within_shard };

/// MIGRATE: these keys to that address. Until `Server::finish_migration` the node does nothing else, as the real one.
struct Migration {
  SessionId by = SessionId::none;
  std::string host{};
  std::uint16_t port = 0;
  Instant timeout = 0;
  bool copy = false;     // the source keeps its keys
  bool replace = false;  // the target's are replaced; otherwise they are errors (BUSYKEY)
  std::vector<MovingKey> keys{};
};

class ClusterRequests {
 public:
  /// The node has changed its view: slots by SETSLOT, ADDSLOTS and their like, or its epochs. The cluster's state
  /// (`ClusterView::ok`) is to be judged anew at the end of the turn; `announce`: others are to hear of it at once.
  enum class Announce : std::uint8_t { later, at_once };
  virtual void view_changed(Announce) {}
  virtual void meet(std::string_view /*host*/, std::uint16_t /*port*/) {}
  virtual void forget(NodeIndex) {}
  /// Become a replica of this primary: CLUSTER REPLICATE, or the last slot has been given to it.
  virtual void replicate(NodeIndex) {}
  virtual void fail_over(FailoverKind) {}
  virtual void reset(ResetKind) {}
  /// How many primaries report the node as failing.
  virtual std::uint64_t failure_reports(NodeIndex) { return 0; }
  virtual void migrate(const Migration&) {}
  /// A message was published: the other nodes' subscribers, or those of this node's shard, are to hear it too.
  virtual void published(std::string_view /*channel*/, std::string_view /*message*/, PublishKind) {}

 protected:
  ~ClusterRequests() = default;
};

}  // namespace trackside::sim::redis
