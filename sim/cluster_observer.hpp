// What a world tells of its nodes: every change of a key with where and why it happened, and who believes to own what.
//
// Written to and never read by the world: a run is the same with and without it. From these a model can know each key's
// history at its owners. Several nodes may believe to own a slot at one time; the config epoch tells whose belief wins.
// Neighbours: world.hpp, redis/server.hpp (the change itself).
#pragma once

#include <cstdint>

#include "sim/cluster/slot_set.hpp"
#include "sim/redis/server.hpp"

namespace trackside::sim {

/// Why a node's key changed.
enum class ChangeOrigin : std::uint8_t {
  executed,    // a command of a client here, or expiry here
  replicated,  // the primary's stream
  discarded,   // a replica throws away what it had, to load its primary's state
  loaded,      // out of the primary's state
  moved_in,    // from another node, with its slot
  moved_out,
  dropped,  // the slot turned out to be another node's
};

class ClusterObserver {
 public:
  virtual void on_change(std::uint32_t node, ChangeOrigin origin, const redis::ServerObserver::Change& change) = 0;
  enum class Belief : std::uint8_t { owns, does_not };
  /// From now on the node takes itself for the owner of these slots, by this config epoch, or no longer: then the epoch
  /// is that of whom it takes for the owner, 0 if nobody.
  virtual void on_ownership(Instant /*at*/, std::uint32_t /*node*/, cluster::SlotRange /*slots*/, Belief,
                            std::uint64_t /*config_epoch*/) {}
  /// The slot is open at the node: keys that it does not have any more are asked for elsewhere (migrating), or it
  /// serves those who come with ASKING (importing).
  enum class Opening : std::uint8_t { closed, migrating, importing };
  virtual void on_opening(Instant /*at*/, std::uint32_t /*node*/, cluster::Slot, Opening) {}
  enum class Role : std::uint8_t { primary, replica };
  virtual void on_role(Instant /*at*/, std::uint32_t /*node*/, Role) {}
  /// The node finds the cluster up or down (cluster_state).
  virtual void on_state(Instant /*at*/, std::uint32_t /*node*/, bool /*up*/) {}
  enum class Confirmation : std::uint8_t { none, by_majority };
  /// Whether a majority of the sentinels names the node from now on.
  virtual void on_confirmed(Instant /*at*/, std::uint32_t /*node*/, Confirmation) {}

 protected:
  ~ClusterObserver() = default;
};

/// One node's changes on their way to those who observe. Either may be null.
class NodeReporter final : public redis::ServerObserver {
 public:
  NodeReporter(std::uint32_t node, redis::ServerObserver* plain, ClusterObserver* cluster)
      : node_(node), plain_(plain), cluster_(cluster) {}

  void on_change(const Change& change) override {
    if (plain_ != nullptr) {
      plain_->on_change(change);
    }
    if (cluster_ != nullptr) {
      cluster_->on_change(node_, origin_, change);
    }
  }

  ClusterObserver* observer() const noexcept { return cluster_; }

  /// While it lives, changes have this origin.
  class Scope {
   public:
    Scope(NodeReporter& reporter, ChangeOrigin origin) : reporter_(reporter), before_(reporter.origin_) {
      reporter.origin_ = origin;
    }
    ~Scope() { reporter_.origin_ = before_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    NodeReporter& reporter_;
    ChangeOrigin before_;
  };

 private:
  std::uint32_t node_;
  redis::ServerObserver* plain_;
  ClusterObserver* cluster_;
  ChangeOrigin origin_ = ChangeOrigin::executed;
};

}  // namespace trackside::sim
