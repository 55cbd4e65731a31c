// An administrator who moves a slot from one node to another, as redis-cli does it, or gives up on the way.
//
// It speaks to the nodes in commands, one at a time, and waits for each answer; who carries them is not its business.
//
//   importing -> migrating -> (list -> move)* -> assign target -> assign source -> assign others -> done
//                                 |                                                                   |
//        |                        +-- abandoned: done   called off: stable, stable, done              +-- given back:
//        +-- stolen: assign target, done                                                once more the other way round
//
// An error ends it where it is, with the slot open, as redis-cli ends; `failed` tells. Invariant: at most one command
// is under way. Source: clusterManagerMoveSlot of redis-cli 7.0.15, and the CLUSTER SETSLOT documentation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/cluster/identity.hpp"
#include "sim/cluster/slot_set.hpp"

namespace trackside::sim::cluster {

enum class MigrationEnding : std::uint8_t {
  complete,
  abandoned,   // the administrator dies half way: the slot stays open
  called_off,  // half way, SETSLOT STABLE on both: keys that moved stay where nobody looks for them
  given_back,  // complete, and then all the way back: the slot is where it was, and all has changed
  stolen,      // only the target is told: the source hears of it from others, and drops its keys without a word
};

struct MigrationPlan {
  Slot slot = 0;
  NodeId source = no_id;
  NodeId target = no_id;
  std::vector<NodeId> others{};  // the other primaries, who are told last
  MigrationEnding ending = MigrationEnding::complete;
  std::uint32_t batch_keys = 10;         // redis-cli's --cluster-pipeline
  bool replace = false;                    // keys that the target has already (--cluster-replace)
  std::uint32_t batches_before_end = 1;  // how many MIGRATE commands an abandoned or called-off one sends
};

struct AdminCommand {
  ServerIndex to = no_server;
  std::vector<std::string> arguments{};
};

enum class AnswerKind : std::uint8_t { fine, error };

class SlotMigration {
 public:
  /// The directory lives as long as the migration.
  SlotMigration(MigrationPlan plan, const Directory& directory);

  /// What to send now; nothing once it is over. Requires that the last command was answered.
  std::optional<AdminCommand> next();
  /// The answer to the last command; `keys` are those of GETKEYSINSLOT. A lost connection is an error, too.
  void answered(AnswerKind kind, std::span<const std::string> keys);

  bool done() const { return phase_ == Phase::done; }
  bool failed() const { return failed_; }
  const MigrationPlan& plan() const { return plan_; }

 private:
  enum class Phase : std::uint8_t {
    importing,
    migrating,
    list,
    move,
    stable_target,
    stable_source,
    assign_target,
    assign_source,
    assign_others,
    done
  };

  AdminCommand set_slot(NodeId node, std::vector<std::string> how) const;
  AdminCommand move_keys() const;
  Phase behind_list() const;
  void finish();
  bool is_stolen() const { return plan_.ending == MigrationEnding::stolen; }
  bool ends_half_way() const {
    return plan_.ending == MigrationEnding::abandoned || plan_.ending == MigrationEnding::called_off;
  }

  MigrationPlan plan_;
  const Directory& directory_;
  Phase phase_ = Phase::importing;
  std::vector<std::string> keys_;
  std::uint32_t batches_ = 0;
  std::size_t told_ = 0;
  bool on_the_way_back_ = false;
  bool failed_ = false;
};

}  // namespace trackside::sim::cluster
