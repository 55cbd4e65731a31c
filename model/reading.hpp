// What the rules about reads share: which replies they judge, from which instants a reply may stem, and which states
// of the key would have given it. Also the floors of G3 and G4: how far a client has already seen a key's history.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "model/history.hpp"
#include "model/timeline.hpp"

namespace trackside::model {

/// Whether it is a read that ended in a reply which is not an error; only those say something about a key.
bool is_answered_read(const Operation& operation);

/// Whether it may be as old as a cached reply may be: some of it came from the cache.
bool is_cached(const Operation& read);

/// Whether it is a further key of a read of several keys, whose first stands for the command.
bool is_continuation(const History& history, OperationIndex operation);

const ClientTerms& terms_of(const History& history, const Operation& operation);
/// Who may answer the reads of this operation's client, where there are tenures.
Timeline::Readers readers_of(const History& history, const Operation& operation);
/// Whether a replica may have answered with what its primary dropped long ago: no order can be asked of that.
bool may_be_left_over(const History& history, const Operation& read);
Timeline timeline_of(const History& history, KeyIndex key);
/// As this read could find the key: with what replicas still have, where its client reads from those.
Timeline timeline_of(const History& history, const Operation& read);

/// From when the state behind a reply may stem. server: executed between invocation and completion. joined: the same,
/// for a command sent up to max_idle before. cache and mixed: G2, that is up to staleness_max before the completion.
/// Where a cluster's client split a command, each part is taken from the cache at some instant between invocation and
/// completion, and which one is not known: up to staleness_max before the invocation.
Window allowed_window(const History& history, const Operation& read);

/// The first state at or after `floor`, current in `window`, that gives the read's reply.
std::optional<Position> earliest_explanation(const History& history, const Oracle& oracle, const Operation& read,
                                             Window window, Position floor);

/// The last state current in `window` that gives the read's reply.
std::optional<Position> latest_explanation(const History& history, const Oracle& oracle, const Operation& read,
                                           Window window);

/// When, within `window`, a state that gives the read's reply was current: in order, apart from one another.
std::vector<Window> explaining_moments(const History& history, const Oracle& oracle, const Operation& read,
                                       Window window);

/// Per client and key the earliest position that it may still see. A read is bound by the floor at its invocation.
class Floors {
 public:
  explicit Floors(const History& history) : at_invocation_(history.operations.size(), Position::beginning) {}

  void raise(ClientIndex client, KeyIndex key, Position position) {
    auto& floor = floors_[pair(client, key)];
    floor = std::max(floor, position);
  }

  void invoked(OperationIndex index, const Operation& read) {
    const auto found = floors_.find(pair(read.client, read.key));
    if (found != floors_.end()) at_invocation_[index] = found->second;
  }

  Position at_invocation(OperationIndex index) const { return at_invocation_[index]; }

 private:
  static std::uint64_t pair(ClientIndex client, KeyIndex key) { return std::uint64_t{client} << 32 | key; }

  std::unordered_map<std::uint64_t, Position> floors_;
  std::vector<Position> at_invocation_;
};

}  // namespace trackside::model
