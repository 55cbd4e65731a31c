// Writes down what the nodes of a simulated cluster do, and makes of it the model's history of each key: who answered
// for it when, and which versions it had there.
//
// A node answers a read of a key without redirection or error while it takes itself for the owner of the slot, is a
// primary and finds the cluster up (or serves reads when it is down). While it is moving the slot elsewhere, it answers
// for the keys that it has, and for the others whoever imports the slot, to those who were sent there (ASK), who may
// come late. Replicas have the versions of their primaries later, and answer those clients who read from them. How long
// a version may be found there is told with it.
// Tenures are in the order of config epochs, as the nodes themselves decide between two that claim one slot; those of
// one epoch are in order of time, and who has imported a slot comes after the one it was imported from. A node that
// takes a new epoch while it answers is under its old one too, as long as a rival whose epoch lies between answers.
// Replicas of one that leads and does not answer (it finds the cluster down) may: its tenure has what they had.
// Invariant: what is recorded of a node is in order of time. Neighbours: recorder.hpp (the clients), run.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "properties/testing/judging/recorder.hpp"
#include "sim/cluster_observer.hpp"

namespace trackside::testing {

class ClusterHistory final : public sim::ClusterObserver {
 public:
  /// Which cached client a session of a node belongs to; model::nobody for foreign ones.
  using Owner = model::ClientIndex (*)(void* context, std::uint32_t node, sim::redis::SessionId session);

  ClusterHistory(Recorder& recorder, const sim::Scenario& scenario)
      : recorder_(recorder),
        reads_when_down_(scenario.cluster && scenario.cluster->reads_when_down),
        database_(scenario.server.database),
        nodes_(scenario.nodes()) {}
  void set_owner(Owner owner, void* context) {
    owner_ = owner;
    owner_context_ = context;
  }

  void on_change(std::uint32_t node, sim::ChangeOrigin origin,
                 const sim::redis::ServerObserver::Change& change) override;
  void on_ownership(sim::Instant at, std::uint32_t node, sim::cluster::SlotRange slots, Belief belief,
                    std::uint64_t config_epoch) override;
  void on_opening(sim::Instant at, std::uint32_t node, sim::cluster::Slot slot, Opening opening) override;
  void on_role(sim::Instant at, std::uint32_t node, Role role) override;
  void on_state(sim::Instant at, std::uint32_t node, bool up) override;
  void on_confirmed(sim::Instant at, std::uint32_t node, Confirmation confirmation) override;
  /// The node's wall clock jumped.
  void clock_stepped(sim::Instant now, std::uint32_t node, std::int64_t milliseconds);

  /// To be called once, when the run is over: the recorder's history has all keys then.
  void write();

 private:
  /// What a node thinks of a slot.
  struct Stance {
    bool owns = false;
    bool primary = true;
    bool up = true;
    std::uint64_t epoch = 0;
    Opening opening = Opening::closed;
  };
  /// Something that a node thinks from an instant on.
  struct Turn {
    enum class Kind : std::uint8_t { ownership, opening, role, state };
    Kind kind;
    sim::Instant at;
    sim::cluster::SlotRange slots;
    Stance news;  // what is not of this kind is of no meaning
  };
  struct Copy {
    std::vector<model::Version> versions = std::vector<model::Version>(1);
    std::int64_t expires_at = -1;  // of the last one, by the node's clock
  };
  struct Node {
    std::int64_t clock_offset = 0;
    std::vector<Turn> turns{};
    std::vector<Copy> copies{};  // by key
    std::vector<sim::Instant> unconfirmed{};  // when the sentinels' majority named it no longer
  };
  struct NodeTenure {
    std::uint64_t epoch;
    std::uint32_t node;
    sim::Instant from;
    sim::Instant until;
    sim::Instant opened_at;  // when the node opened the slot last
    sim::Instant leads_from;  // since when it has claimed the slot: before `from` its replicas alone answered
  };
  class Sweep;

  Copy& copy_of(std::uint32_t node, model::KeyIndex key);
  std::vector<sim::Instant> instants_of(model::KeyIndex key, sim::cluster::Slot slot) const;
  std::vector<NodeTenure> tenures_of(model::KeyIndex key, sim::cluster::Slot slot) const;
  static void prolong_for_rivals(std::vector<NodeTenure>& tenures);
  void write(model::KeyIndex key);
  void add_versions(const NodeTenure& tenure, model::KeyIndex key, std::vector<bool>& told);
  std::vector<model::Tenure> times_as_replica(std::uint32_t node) const;
  void add_lingering(model::KeyIndex key, std::span<const sim::Instant> leads_from);
  void let_linger(model::KeyIndex key, std::span<const sim::Instant> leads_from, const model::Version& copy,
                  sim::Instant from, sim::Instant until);
  static void apply(const Turn& turn, sim::cluster::Slot slot, Stance& stance);

  Recorder& recorder_;
  const bool reads_when_down_;
  const std::uint32_t database_;
  std::vector<Node> nodes_;
  std::vector<bool> left_at_replicas_;
  Owner owner_ = nullptr;
  void* owner_context_ = nullptr;
};

}  // namespace trackside::testing
