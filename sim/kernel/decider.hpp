// Every random decision in the world, each by its own stable name.
//
// A decision is a hash of (seed, site, entity, ordinal): which kind of decision, whose, and which of those. There is no
// stream of random numbers, so removing a message or adding a new kind of decision leaves all others as they were;
// that is what makes failures shrink well and seeds last. 0 is always the benign outcome: no delay, no cut, no fault.
// Replaying a tape, every decision is 0 except those on it. Neighbours: sites.hpp lists the names; a Strategy shapes
// the delays.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/former_decisions.hpp"
#include "sim/kernel/hash.hpp"
#include "sim/kernel/scheduler.hpp"
#include "sim/kernel/strategy.hpp"
#include "sim/scenario.hpp"

namespace trackside::sim {

/// How a site's decisions are spread.
enum class Shape : std::uint8_t {
  delay,   // nanoseconds, as the strategy likes
  even,    // every value alike
  rare,    // 0 in three of four cases, otherwise every value alike
};

struct Site {
  std::string_view name;
  std::uint64_t id;
  Shape shape;

  constexpr Site(std::string_view site_name, Shape site_shape)
      : name(site_name), id(hash_name(site_name)), shape(site_shape) {}
};

class Decider {
 public:
  enum class Recording : std::uint8_t { off, on };

  /// Decides by the scenario's seed and strategy, or by its tape; or as an earlier run did, if there is one. Requires a
  /// strategy that exists.
  Decider(const Scenario& scenario, Recording recording, const std::vector<Decision>* former = nullptr);

  /// By which strategies know the time; without one it stands still. Required to outlive this.
  void tell_time_by(const Scheduler& clock) { clock_ = &clock; }

  const Strategy& strategy() const { return *strategy_; }

  /// A number in [0, bound], always the same for the same name.
  std::uint64_t decide(const Site& site, std::uint64_t entity, std::uint64_t ordinal, std::uint64_t bound);

  /// All decisions so far that were not 0, as a tape, in the tape's order. Empty unless recording.
  std::vector<TapeEntry> recorded() const;
  /// All, in the order in which they were made. Empty unless recording.
  std::vector<Decision> decisions() const;

 private:
  struct Name {
    std::uint64_t site;
    std::uint64_t entity;
    std::uint64_t ordinal;
    friend auto operator<=>(const Name&, const Name&) = default;
  };
  struct Entry {
    Name name;
    std::uint64_t value;
    std::string_view site_name;
  };

  std::uint64_t from_seed(const Site& site, std::uint64_t entity, std::uint64_t ordinal, std::uint64_t bound) const;
  std::uint64_t from_tape(const Name& name, std::uint64_t bound) const;

  std::uint64_t seed_;
  std::unique_ptr<Strategy> strategy_;
  const Scheduler* clock_ = nullptr;
  bool replaying_;
  Recording recording_;
  std::vector<Entry> tape_;      // sorted by name
  std::vector<Entry> recorded_;  // in order of decision
  std::optional<FormerDecisions> former_;
};

}  // namespace trackside::sim
