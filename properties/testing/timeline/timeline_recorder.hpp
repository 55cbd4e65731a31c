// Listens to a run, and makes the timeline of it when it is over.
//
// It is told everything and asked nothing, so a run is the same with and without it. Bytes become messages at the end
// (timeline_messages.hpp), and what caches were told becomes what they held (timeline_entries.hpp).
// Neighbours: run.cpp (who tells it), timeline_builder.hpp (what becomes of it).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "properties/testing/judging/recorder.hpp"
#include "properties/testing/timeline/timeline.hpp"
#include "properties/testing/timeline/timeline_builder.hpp"
#include "sim/cluster_observer.hpp"
#include "sim/network/network_observer.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

class TimelineRecorder final : public sim::NetworkObserver, public sim::ClusterObserver {
 public:
  /// What nodes tell it passes on to `next`, unless that is null.
  TimelineRecorder(const sim::Scenario& scenario, sim::ClusterObserver* next) : scenario_(scenario), next_(next) {}

  // ---- what clients and their caches tell

  EntryLog& entries() { return told_.entries; }
  /// What happens next, at whatever instant, has this number.
  Timeline::Order next_order() { return ++order_; }
  /// `keys` are those that the text is about.
  void note(sim::Instant at, std::uint32_t client, std::string text, std::span<const std::string_view> keys = {});
  /// The command of the recorder's operation begins, and ends with what reads like `text`.
  void invoked(std::uint32_t operation) { told_.answers.push_back({operation, {}, next_order(), 0}); }
  void answered(std::uint32_t operation, std::string text) {
    told_.answers.push_back({operation, std::move(text), 0, next_order()});
  }

  // ---- what the world tells

  void on_sent(sim::Instant departure, const sim::ConnectionName& connection, sim::Direction direction,
               std::string_view bytes) override {
    told_.messages.on_sent({departure, next_order()}, connection, direction, bytes);
  }
  void on_read(sim::Instant at, const sim::ConnectionName& connection, sim::Direction direction,
               std::size_t bytes) override {
    told_.messages.on_read({at, next_order()}, connection, direction, bytes);
  }
  void on_vanished(sim::Instant at, const sim::ConnectionName& connection, std::string_view frames) override {
    told_.messages.on_vanished({at, next_order()}, connection, frames);
  }
  void on_moment(sim::Instant at, const sim::ConnectionName& connection, Moment moment,
                 std::string_view reason) override;

  void on_change(std::uint32_t node, sim::ChangeOrigin origin,
                 const sim::redis::ServerObserver::Change& change) override;
  void on_ownership(sim::Instant at, std::uint32_t node, sim::cluster::SlotRange slots, Belief belief,
                    std::uint64_t config_epoch) override;
  void on_opening(sim::Instant at, std::uint32_t node, sim::cluster::Slot slot, Opening opening) override;
  void on_role(sim::Instant at, std::uint32_t node, Role role) override;
  void on_state(sim::Instant at, std::uint32_t node, bool up) override;
  void on_confirmed(sim::Instant at, std::uint32_t node, Confirmation confirmation) override;

  /// Requires that the run is over and judged.
  Timeline finish(const Recorder& recorder, const std::optional<model::Violation>& violation,
                  sim::Instant until) const {
    return build_timeline({scenario_, recorder, told_, violation, until});
  }

 private:
  std::uint32_t hosts() const { return static_cast<std::uint32_t>(scenario_.clients.size()) + scenario_.writers; }
  void note_of_node(sim::Instant at, std::uint32_t node, Timeline::Note::Kind kind, Timeline::Weight weight,
                    std::string text);

  const sim::Scenario& scenario_;
  sim::ClusterObserver* const next_;
  Told told_;
  Timeline::Order order_ = 0;
};

}  // namespace trackside::testing
