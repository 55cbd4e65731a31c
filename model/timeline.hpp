// One key's states in the order in which its owner had them, and which of them were current when.
//
// A version that expires is two states: as written, and absent. A `Position` numbers both in order of the owner's
// execution history: "version v", then "version v, expired", then "version v + 1". Positions of states that never came
// about (a version overwritten before it expired) exist and are never current.
// In a cluster several nodes may answer for a key, one after the other and for a while at once: each of their tenures
// has its own versions, and the positions go through the tenures in the order in which one node took another's place.
// So what a deposed node still says is always before what its successor says, whenever it says it.
// A replica that is read from has its primary's versions too, each a little later. To who reads there a version counts
// as current from when the first replica has it until the last one has gone on (`Version::lingers_from`, `_until`),
// whether the primary answers meanwhile or not.
// Invariant: a state is current in a closed interval, so that at the instant of a change both sides are right; several
// things happen in one instant, and their order within it is not known here. This leniency is one instant wide.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
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

/// A view of `History::keys[key]` and `History::tenures[key]`, which must outlive it; the versions of each tenure are
/// in order of time. Without tenures there is one, for all time.
class Timeline {
 public:
  /// Where whose reads go that are judged.
  enum class Readers : std::uint8_t { owners, replicas };

  explicit Timeline(const std::vector<Version>& versions, std::span<const Tenure> tenures = {},
                    Readers readers = Readers::owners)
      : versions_(versions),
        tenures_(tenures.empty() ? std::span<const Tenure>{&always, 1} : tenures),
        readers_(readers) {
    require(!versions.empty() && versions.front().state == 0, "the first version of every key is absent");
    require(tenures_.front().first == 0, "the first tenure begins with the first version");
  }

  const Version& version(Position position) const { return versions_[version_of(position)]; }
  std::uint32_t state_of(Position position) const { return is_expired(position) ? 0 : version(position).state; }

  /// When the state was current; an empty window if it never was.
  Window current(Position position) const {
    const auto next = std::partition_point(tenures_.begin(), tenures_.end(), [&](const Tenure& tenure) {
      return tenure.first <= version_of(position);
    });
    return current(position, static_cast<std::size_t>(next - tenures_.begin()) - 1);
  }

  /// The first state at or after `floor`, current at some instant of `window`, that `accept(state)` takes.
  template <class Accept>
  std::optional<Position> earliest(Window window, Position floor, Accept accept) const {
    for (std::size_t tenure = 0; tenure < tenures_.size(); ++tenure) {
      const auto part = readable(window, tenure);
      if (part.last < part.first || end_of(tenure) <= version_of(floor)) continue;
      const auto last = last_begun_by(part.last, tenure);
      for (auto index = std::max(first_lasting_to(part.first, tenure), version_of(floor)); index <= last; ++index) {
        for (const auto position : {as_written(index), after_expiry(index)}) {
          if (position >= floor && is_current_in(position, tenure, part) && accept(state_of(position))) return position;
        }
      }
    }
    return std::nullopt;
  }

  /// The last state, current at some instant of `window`, that `accept(state)` takes.
  template <class Accept>
  std::optional<Position> latest(Window window, Accept accept) const {
    for (auto tenure = tenures_.size(); tenure-- > 0;) {
      const auto part = readable(window, tenure);
      if (part.last < part.first) continue;
      const auto first = first_lasting_to(part.first, tenure);
      for (auto index = last_begun_by(part.last, tenure) + 1; index-- > first;) {
        for (const auto position : {after_expiry(index), as_written(index)}) {
          if (is_current_in(position, tenure, part) && accept(state_of(position))) return position;
        }
      }
    }
    return std::nullopt;
  }

  /// When, within `window`, a state that `accept(state)` takes was current: in order, apart from one another.
  template <class Accept>
  std::vector<Window> moments(Window window, Accept accept) const {
    std::vector<Window> each;
    for (auto at = earliest(window, Position::beginning, accept); at;
         at = earliest(window, static_cast<Position>(static_cast<std::uint32_t>(*at) + 1), accept)) {
      const auto state = current(*at);
      each.push_back({std::max(state.first, window.first), std::min(state.last, window.last)});
    }
    std::stable_sort(each.begin(), each.end(),
                     [](const Window& left, const Window& right) { return left.first < right.first; });
    std::vector<Window> found;
    for (const auto& moment : each) {
      if (!found.empty() && moment.first <= found.back().last) {
        found.back().last = std::max(found.back().last, moment.last);
      } else {
        found.push_back(moment);
      }
    }
    return found;
  }

  /// The first version made within `window` that `accept(version)` takes. One that was made before its node answered
  /// for the key was made for nobody who reads: it counts no more than what a node finds when its tenure begins.
  template <class Accept>
  std::optional<std::size_t> earliest_made(Window window, Accept accept) const {
    for (std::size_t tenure = 0; tenure < tenures_.size(); ++tenure) {
      const auto end = versions_.begin() + static_cast<std::ptrdiff_t>(end_of(tenure));
      const auto part = common(window, tenure);
      auto found = std::partition_point(first_made_in(tenure), end,
                                        [&](const Version& version) { return version.from < part.first; });
      for (; found != end && found->from <= part.last; ++found) {
        if (accept(*found)) return static_cast<std::size_t>(found - versions_.begin());
      }
    }
    return std::nullopt;
  }

 private:
  static constexpr Tenure always{0, beginning_of_time, end_of_time};

  std::size_t end_of(std::size_t tenure) const {
    return tenure + 1 == tenures_.size() ? versions_.size() : tenures_[tenure + 1].first;
  }

  Window common(Window window, std::size_t tenure) const {
    return {std::max(window.first, tenures_[tenure].from), std::min(window.last, tenures_[tenure].until)};
  }

  /// When, of the window, something of the tenure may be read.
  Window readable(Window window, std::size_t tenure) const {
    return readers_ == Readers::owners ? common(window, tenure) : window;
  }

  /// The very first version is that of the beginning, and made by nobody.
  std::vector<Version>::const_iterator first_made_in(std::size_t tenure) const {
    return versions_.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(tenures_[tenure].first, 1));
  }

  Window current(Position position, std::size_t tenure) const {
    const auto index = version_of(position);
    const auto from = index == 0 ? beginning_of_time : versions_[index].from;
    const auto next = index + 1 == end_of(tenure) ? end_of_time : versions_[index + 1].from;
    const auto expiry = versions_[index].expires_at;
    if (!is_expired(position)) {
      auto state = common({from, std::min(next, expiry)}, tenure);
      if (readers_ == Readers::replicas) {
        state.first = std::min(state.first, versions_[index].lingers_from);
        state.last = std::max(state.last, versions_[index].lingers_until);
      }
      return state;
    }
    return expiry == end_of_time ? Window{end_of_time, beginning_of_time}
                                 : common({std::max(from, expiry), next}, tenure);
  }

  bool is_current_in(Position position, std::size_t tenure, Window window) const {
    const auto state = current(position, tenure);
    return state.first <= state.last && state.first <= window.last && state.last >= window.first;
  }

  /// The last version of the tenure for which `is_before` holds, or its first.
  template <class IsBefore>
  std::size_t last_of(std::size_t tenure, IsBefore is_before) const {
    const auto second = versions_.begin() + static_cast<std::ptrdiff_t>(tenures_[tenure].first) + 1;
    const auto next =
        std::partition_point(second, versions_.begin() + static_cast<std::ptrdiff_t>(end_of(tenure)), is_before);
    return static_cast<std::size_t>(next - versions_.begin()) - 1;
  }

  std::size_t first_lasting_to(Instant instant, std::size_t tenure) const {
    if (readers_ == Readers::replicas) return tenures_[tenure].first;  // replicas may have the oldest of them
    return last_of(tenure, [&](const Version& version) { return version.from < instant; });
  }

  std::size_t last_begun_by(Instant instant, std::size_t tenure) const {
    return last_of(tenure, [&](const Version& version) { return version.from <= instant; });
  }

  const std::vector<Version>& versions_;
  const std::span<const Tenure> tenures_;
  const Readers readers_;
};

}  // namespace trackside::model
