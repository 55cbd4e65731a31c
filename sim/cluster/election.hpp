// The timing of one replica's election: when it may ask for votes, how long votes count, when it may try again.
//
//   idle --plan--> waiting --ask--> asking --quorum--> won
//     ^                |               |
//     +---- retry time passed without --+
//
// Invariant: `votes` are votes in `epoch`. Source: clusterHandleSlaveFailover of redis-server 7.0.15.
#pragma once

#include <cstdint>

#include "sim/instant.hpp"

namespace trackside::sim::cluster {

class Election {
 public:
  static constexpr Instant fixed_delay = 500 * millisecond;
  static constexpr std::uint64_t random_delay_bound = 499;  // milliseconds
  static constexpr Instant delay_per_rank = 1 * second;

  /// How long after its start an election may still be won.
  static constexpr Instant time_limit(Instant node_timeout) {
    return node_timeout < second ? 2 * second : 2 * node_timeout;
  }
  static constexpr Instant retry_after(Instant node_timeout) { return 2 * time_limit(node_timeout); }

  /// Whether the last attempt, if there was one, is so long ago that a new one may be planned.
  bool may_plan(Instant now, Instant node_timeout) const {
    return !planned_ || now - start_at_ > retry_after(node_timeout);
  }
  void plan(Instant start_at, std::uint32_t rank) {
    *this = Election{};
    planned_ = true;
    start_at_ = start_at;
    rank_ = rank;
  }
  /// Others turned out to have newer data: they go first.
  void fall_back_to(std::uint32_t rank) {
    if (rank > rank_) {
      start_at_ += (rank - rank_) * delay_per_rank;
      rank_ = rank;
    }
  }
  bool is_open(Instant now, Instant node_timeout) const {
    return planned_ && now >= start_at_ && now - start_at_ <= time_limit(node_timeout);
  }
  bool asked() const { return asked_; }
  void ask(std::uint64_t epoch) {
    asked_ = true;
    epoch_ = epoch;
  }
  void count_vote() { ++votes_; }
  std::uint32_t votes() const { return votes_; }
  std::uint64_t epoch() const { return epoch_; }

 private:
  bool planned_ = false;
  bool asked_ = false;
  Instant start_at_ = 0;
  std::uint32_t rank_ = 0;
  std::uint32_t votes_ = 0;
  std::uint64_t epoch_ = 0;
};

}  // namespace trackside::sim::cluster
