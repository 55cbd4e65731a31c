// One key's states in the order in which its owner had them, and which of them were current when.
//
// A version that expires is two states: as written, and absent. A `Position` numbers both in order of the owner's
// execution history: "version v", then "version v, expired", then "version v + 1". Positions of states that never came
// about (a version overwritten before it expired) exist and are never current.
// Invariant: a state is current in a closed interval, so that at the instant of a change both sides are right; several
// things happen in one instant, and their order within it is not known here. This leniency is one instant wide.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/history.hpp"
#include "model/require.hpp"

namespace trackside::model {

inline constexpr Instant beginning_of_time = INT64_MIN;

/// A closed interval; empty if `last` is before `first`.
struct Window {
  Instant first = beginning_of_time;
  Instant last = end_of_time;
};

enum class Position : std::uint32_t { beginning = 0 };

constexpr Position as_written(std::size_t version) { return static_cast<Position>(2 * version); }
constexpr Position after_expiry(std::size_t version) { return static_cast<Position>(2 * version + 1); }
constexpr std::size_t version_of(Position position) { return static_cast<std::uint32_t>(position) / 2; }
constexpr bool is_expired(Position position) { return static_cast<std::uint32_t>(position) % 2 == 1; }

/// A view of `History::keys[key]`; the versions must outlive it and be in order of time.
class Timeline {
 public:
  explicit Timeline(const std::vector<Version>& versions) : versions_(versions) {
    require(!versions.empty() && versions.front().state == 0, "the first version of every key is absent");
  }

  const Version& version(Position position) const { return versions_[version_of(position)]; }
  std::uint32_t state_of(Position position) const { return is_expired(position) ? 0 : version(position).state; }

  /// When the state was current; an empty window if it never was.
  Window current(Position position) const {
    const auto index = version_of(position);
    const auto from = index == 0 ? beginning_of_time : versions_[index].from;
    const auto next = index + 1 == versions_.size() ? end_of_time : versions_[index + 1].from;
    const auto expiry = versions_[index].expires_at;
    if (!is_expired(position)) return {from, std::min(next, expiry)};
    return expiry == end_of_time ? Window{end_of_time, beginning_of_time} : Window{std::max(from, expiry), next};
  }

  /// The first state at or after `floor`, current at some instant of `window`, that `accept(state)` takes.
  template <class Accept>
  std::optional<Position> earliest(Window window, Position floor, Accept accept) const {
    if (window.last < window.first) return std::nullopt;
    const auto last = last_begun_by(window.last);
    for (auto index = std::max(first_lasting_to(window.first), version_of(floor)); index <= last; ++index) {
      for (const auto position : {as_written(index), after_expiry(index)}) {
        if (position >= floor && is_current_in(position, window) && accept(state_of(position))) return position;
      }
    }
    return std::nullopt;
  }

  /// The last state, current at some instant of `window`, that `accept(state)` takes.
  template <class Accept>
  std::optional<Position> latest(Window window, Accept accept) const {
    if (window.last < window.first) return std::nullopt;
    const auto first = first_lasting_to(window.first);
    for (auto index = last_begun_by(window.last) + 1; index-- > first;) {
      for (const auto position : {after_expiry(index), as_written(index)}) {
        if (is_current_in(position, window) && accept(state_of(position))) return position;
      }
    }
    return std::nullopt;
  }

  /// When, within `window`, a state that `accept(state)` takes was current: in order, apart from one another.
  template <class Accept>
  std::vector<Window> moments(Window window, Accept accept) const {
    std::vector<Window> found;
    for (auto at = earliest(window, Position::beginning, accept); at;
         at = earliest(window, static_cast<Position>(static_cast<std::uint32_t>(*at) + 1), accept)) {
      const auto state = current(*at);
      const Window moment{std::max(state.first, window.first), std::min(state.last, window.last)};
      if (!found.empty() && moment.first <= found.back().last) {
        found.back().last = std::max(found.back().last, moment.last);
      } else {
        found.push_back(moment);
      }
    }
    return found;
  }

  /// The first version made within `window` that `accept(version)` takes.
  template <class Accept>
  std::optional<std::size_t> earliest_made(Window window, Accept accept) const {
    const auto begin = versions_.begin() + 1;
    auto found = std::partition_point(begin, versions_.end(), [&](const Version& v) { return v.from < window.first; });
    for (; found != versions_.end() && found->from <= window.last; ++found) {
      if (accept(*found)) return static_cast<std::size_t>(found - versions_.begin());
    }
    return std::nullopt;
  }

 private:
  bool is_current_in(Position position, Window window) const {
    const auto state = current(position);
    return state.first <= state.last && state.first <= window.last && state.last >= window.first;
  }

  std::size_t first_lasting_to(Instant instant) const {
    const auto next = std::partition_point(versions_.begin() + 1, versions_.end(),
                                           [&](const Version& version) { return version.from < instant; });
    return static_cast<std::size_t>(next - versions_.begin()) - 1;
  }

  std::size_t last_begun_by(Instant instant) const {
    const auto next = std::partition_point(versions_.begin() + 1, versions_.end(),
                                           [&](const Version& version) { return version.from <= instant; });
    return static_cast<std::size_t>(next - versions_.begin()) - 1;
  }

  const std::vector<Version>& versions_;
};

}  // namespace trackside::model
