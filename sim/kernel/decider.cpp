// See decider.hpp.
#include "sim/kernel/decider.hpp"

#include <algorithm>
#include <tuple>

#include "sim/kernel/assertion.hpp"

namespace trackside::sim {

Decider::Decider(const Scenario& scenario, Recording recording, const std::vector<Decision>* former)
    : seed_(mix(scenario.seed + 1)),
      strategy_(make_strategy(scenario.strategy, scenario.seed, scenario.faults_end)),
      replaying_(scenario.replay_tape),
      recording_(recording) {
  require(strategy_ != nullptr, "the scenario names a strategy that exists");
  if (former != nullptr) {
    former_.emplace(*former);
  }
  if (!replaying_) {
    return;
  }
  tape_.reserve(scenario.tape.size());
  for (const TapeEntry& entry : scenario.tape) {
    tape_.push_back({{hash_name(entry.site), entry.entity, entry.ordinal}, entry.value, {}});
  }
  std::sort(tape_.begin(), tape_.end(), [](const Entry& left, const Entry& right) { return left.name < right.name; });
}

std::uint64_t Decider::decide(const Site& site, std::uint64_t entity, std::uint64_t ordinal, std::uint64_t bound) {
  const Name name{site.id, entity, ordinal};
  const std::uint64_t value = former_      ? std::min(former_->decide(site.id, entity, ordinal), bound)
                              : replaying_ ? from_tape(name, bound)
                                           : from_seed(site, entity, ordinal, bound);
  if (recording_ == Recording::on) {
    recorded_.push_back({name, value, site.name});
  }
  return value;
}

std::uint64_t Decider::from_seed(const Site& site, std::uint64_t entity, std::uint64_t ordinal,
                                 std::uint64_t bound) const {
  const std::uint64_t bits = mix(mix(mix(seed_ ^ site.id) ^ entity) ^ ordinal);
  switch (site.shape) {
    case Shape::delay:
      return strategy_->delay({.entity = entity, .now = clock_ != nullptr ? clock_->now() : 0}, bits, bound);
    case Shape::even:
      return scale_down(bits, bound);
    case Shape::rare:
      return (bits & 3U) != 0 || bound == 0 ? 0 : 1 + scale_down(bits, bound - 1);
  }
  return 0;
}

std::uint64_t Decider::from_tape(const Name& name, std::uint64_t bound) const {
  const auto found = std::lower_bound(tape_.begin(), tape_.end(), name,
                                      [](const Entry& entry, const Name& wanted) { return entry.name < wanted; });
  return found != tape_.end() && found->name == name ? std::min(found->value, bound) : 0;
}

std::vector<TapeEntry> Decider::recorded() const {
  std::vector<TapeEntry> tape;
  tape.reserve(recorded_.size());
  for (const Entry& entry : recorded_) {
    if (entry.value != 0) {
      tape.push_back({std::string(entry.site_name), entry.name.entity, entry.name.ordinal, entry.value});
    }
  }
  const auto key = [](const TapeEntry& entry) { return std::tie(entry.site, entry.entity, entry.ordinal); };
  std::sort(tape.begin(), tape.end(),
            [&](const TapeEntry& left, const TapeEntry& right) { return key(left) < key(right); });
  tape.erase(std::unique(tape.begin(), tape.end(),
                         [&](const TapeEntry& left, const TapeEntry& right) { return key(left) == key(right); }),
             tape.end());
  return tape;
}

std::vector<Decision> Decider::decisions() const {
  std::vector<Decision> all;
  all.reserve(recorded_.size());
  for (const Entry& entry : recorded_) {
    all.push_back({entry.name.site, entry.name.entity, entry.name.ordinal, entry.value});
  }
  return all;
}

}  // namespace trackside::sim
