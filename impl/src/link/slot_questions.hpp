// The slots for which the node does not tell of their loss, and which are asked for with every probe instead.
//
// That is so where shard channels are denied to the user, or unknown to the server (before Redis 7). A slot's question
// is WATCH of a key in it that does not exist, taken back with UNWATCH behind the last one: it is answered by whoever
// would answer a read of the slot, with the same redirections, and leaves nothing in the server's tracking table.
//   OK       the node answers for the slot, also about keys that do not exist
//   ASK      it answers for the keys that it still has; the slot is open for migration
//   others   it does not answer for the slot: nothing of it may be kept
// A slot that left and came back between two questions shows in the node's config epoch (Link compares it), since who
// takes a slot does so with a new one. Proofs count only once the same probe has shown that epoch unchanged.
// Users with restricted keys need `~trackside:*`. Source: behaviour of redis-server 7.0.15.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/container/flat_set.hpp>

#include "trackside/abstract_cache.hpp"

namespace trackside::link {

class SlotQuestions {
 public:
  /// What an answer says of its slot.
  enum class Verdict : std::uint8_t { all_keys, present_keys, lost, denied };

  void reset();
  bool empty() const { return slots_.empty(); }
  void forget(std::uint16_t slot) { slots_.erase(slot); }

  /// Asks for one slot, and from now on with every probe; there are two replies, the second says nothing.
  void ask_first(std::uint16_t slot, std::string& out);
  Verdict on_first(std::uint16_t slot, ReplyView reply);

  /// Asks for all slots. As many replies as it returns; nothing is asked, and zero returned, if there are no slots.
  std::uint32_t ask_all(std::string& out);
  /// The next of those replies; the slot if it is lost.
  std::optional<std::uint16_t> on_reply(ReplyView reply);

  /// What the latest round of questions proved.
  const std::vector<SlotProof>& proofs() const { return proofs_; }

 private:
  boost::container::flat_set<std::uint16_t> slots_;
  std::vector<std::uint16_t> asked_;  // with the latest probe
  std::size_t answered_ = 0;
  std::vector<SlotProof> proofs_;
};

}  // namespace trackside::link
