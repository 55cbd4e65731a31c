// Whoever runs the cluster: moves slots, asks for failovers, adds nodes and removes them, repairs what was left open.
//
// Slots are moved in commands, as redis-cli does it: one at a time, each waits for its answer, and the pauses between
// them are such that a move takes about as long as its fault says. No fault cuts the administrator off; a frozen node
// makes it wait, a dead one makes it give up. Neighbours: cluster/migration.hpp (what to say), cluster_nodes.hpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resp/frame_buffer.hpp"
#include "sim/cluster/migration.hpp"
#include "sim/cluster_nodes.hpp"

namespace trackside::sim {

class Administrator {
 public:
  Administrator(Scheduler& scheduler, ClusterNodes& nodes, Effects& effects, std::string password);
  Administrator(const Administrator&) = delete;
  Administrator& operator=(const Administrator&) = delete;

  /// Does what a fault says that strikes once. Counts it if it took effect.
  void strike(const Fault& fault);

  /// From now on moves are quick, and those that were left half way are finished. The cluster may need some time first
  /// to agree on who is who, so it is looked at again and again, for a while.
  void repair();

  /// Errands that are under way.
  std::size_t busy() const;

 private:
  struct Errand {
    cluster::SlotMigration migration;
    FaultKind kind = FaultKind::migrate_slot;
    Instant pause = 0;
    bool waiting = false;  // for the answer to the command under way
    std::uint32_t at = 0;  // the node that was asked
    std::uint64_t process = 0;
    redis::SessionId session = redis::SessionId::none;
    bool counted = false;
  };
  struct Answer {
    cluster::AnswerKind kind = cluster::AnswerKind::fine;
    std::vector<std::string> keys{};
  };

  bool may_take_slots(std::uint32_t node) const;
  void move_slot(const Fault& fault);
  bool fail_over(std::uint32_t node, cluster::FailoverKind kind);
  bool add(std::uint32_t node);
  bool remove(std::uint32_t node);

  void on_step(const Event& event);
  void look_for_open_slots();
  bool last_repair_failed_at(std::uint32_t node, cluster::Slot slot) const;
  void close_slot(std::uint32_t node, cluster::Slot slot);
  void give_away_unclaimed_slots();
  void tell(std::uint32_t node, std::initializer_list<std::string_view> words);
  void begin(cluster::MigrationPlan plan, FaultKind kind, Instant pause);
  void ask(Errand& errand, const cluster::AdminCommand& command);
  std::optional<Answer> answer_to(const Errand& errand);
  void hear(Errand& errand, const Answer& answer);
  std::vector<cluster::NodeId> other_primaries(std::uint32_t source, std::uint32_t target) const;
  redis::SessionId open_session(std::uint32_t node);
  bool running(std::uint32_t node) const;

  Scheduler& scheduler_;
  ClusterNodes& nodes_;
  Effects& effects_;
  std::string password_;
  std::vector<std::unique_ptr<Errand>> errands_;
  bool repairing_ = false;
  std::uint32_t looks_left_ = 0;
};

}  // namespace trackside::sim
