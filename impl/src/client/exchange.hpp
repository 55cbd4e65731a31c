// One command (or transaction) on its way: what was sent, what it may do to the cache, and who waits for it.
//
// An exchange outlives its callers: a caller that timed out or cancelled is gone, but the reply still comes, and a
// write's reply is one of its ends. Only an exchange that was never sent dies with its last caller.
//
//   queued --(link up)--> sent --(all replies | link lost)--> free
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "client/callers.hpp"
#include "client/command_info.hpp"
#include "trackside/abstract_cache.hpp"
#include "trackside/command.hpp"

namespace trackside::client {

/// One key of an MGET.
struct Part {
  std::string cached{};    // what the cache has, if that may be part of the answer
  std::string doubted{};   // what it had, if that is to be checked
  Fill fill = Fill::none;  // of what is fetched
  std::string expiry{};    // the frame that tells when the key expires

  bool is_fetched() const { return cached.empty(); }
};

struct Exchange {
  enum class State : std::uint8_t { free, queued, sent };
  enum class Kind : std::uint8_t {
    fetch,        // a cacheable read, followed by the question when its key expires
    several,      // MGET: what the cache has not, followed by the question when each of these keys expires
    plain,        // its reply touches nothing
    write,        // fences the keys it names
    bypass,       // may write anything: nothing is served until a barrier behind its reply
    transaction,  // MULTI, commands, EXEC
  };

  State state = State::free;
  Kind kind = Kind::plain;
  bool bypasses = false;      // begin_bypass was called for it and end_bypass was not
  bool may_bypass = false;    // a write whose keys are not exactly known is in it
  bool swaps = false;         // contains SWAPDB
  bool joinable = false;      // stands in the table of open fetches
  bool asks = false;          // ASKING goes ahead of it: nothing of it may be kept
  bool at_replica = false;    // by a node that is to be a replica; ROLE follows it
  bool may_turn = false;      // the node has to be told whether it answers as a replica
  bool turns = false;         // READONLY or READWRITE goes ahead of it
  bool permits = false;       // CLIENT CACHING went ahead of it
  bool permitted = true;      // ... and was not refused
  std::uint32_t channel = 0;  // by which it was sent
  std::uint32_t first_caller = nobody;
  std::uint32_t last_caller = nobody;
  std::uint32_t replies_seen = 0;
  std::uint32_t replies_expected = 0;
  std::size_t bytes = 0;  // of its commands, counted against max_pending_bytes until it ends
  Fill fill = Fill::none;
  Time sent_at{};
  std::uint64_t hash = 0;  // of a fetch's command
  Classified classified{};
  Command command{};
  std::vector<Command> commands{};  // of a transaction
  std::vector<Part> parts{};        // of an MGET, one for each of its keys
  std::string value{};              // of a fetch: its reply, until the expiries are known
  std::string presence{};           // of a replica: the reply that tells whether the keys exist
  Reply doubted{};                  // of a checked hit: what the cache had
  bool checks = false;              // `doubted` is to be compared
  bool refused = false;             // a transaction whose MULTI was not accepted
};

class Exchanges {
 public:
  std::uint32_t add() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    ++size_;
    return index;
  }

  void release(std::uint32_t index) {
    slots_[index] = Exchange{};  // with the memory of its command: slots live for ever, and commands can be large
    free_.push_back(index);
    --size_;
  }

  Exchange& operator[](std::uint32_t index) { return slots_[index]; }
  std::uint32_t slot_count() const { return static_cast<std::uint32_t>(slots_.size()); }
  /// Callable from any thread.
  std::size_t size() const { return size_.value(); }

 private:
  std::deque<Exchange> slots_;  // references stay good while completions add more
  std::vector<std::uint32_t> free_;
  Figure size_;
};

/// A cacheable command as the cache sees it. Keeps the argument views that `query` points to.
struct QueryOf {
  explicit QueryOf(const Command& command, const Classified& classified) {
    for (std::size_t at = 2; at < command.size(); ++at) {
      arguments.push_back(command[at]);
    }
    query = {.command = classified.name, .key = command[1], .arguments = {arguments.data(), arguments.size()}};
  }
  QueryOf(const QueryOf&) = delete;
  QueryOf& operator=(const QueryOf&) = delete;

  boost::container::small_vector<std::string_view, 8> arguments;
  Query query;
};

/// The n-th key of an MGET as the cache sees it.
inline Query query_of_part(const Command& command, std::size_t part) {
  return {.command = "GET", .key = command[part + 1]};
}

/// Calls `act` with the keys that each write among the exchange's commands names, whatever else it may write.
template <class Act>
void for_each_written(const Act& act, const Exchange& exchange) {
  const auto visit = [&](const Command& command, const Classified& classified) {
    Keys keys;
    if (classified.kind == CommandKind::write || classified.kind == CommandKind::blocking ||
        classified.kind == CommandKind::unknown_keys) {
      keys_of(command, classified, keys);
    }
    if (!keys.empty()) {
      act(std::span<const std::string_view>{keys.data(), keys.size()});
    }
  };
  if (exchange.kind == Exchange::Kind::write || exchange.kind == Exchange::Kind::bypass) {
    visit(exchange.command, exchange.classified);
  }
  for (const Command& command : exchange.commands) {
    visit(command, classify(command));
  }
}

}  // namespace trackside::client
