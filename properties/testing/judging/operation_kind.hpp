// What a scenario's operation is to the model and to its client, by its words alone.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/history.hpp"
#include "sim/instant.hpp"
#include "trackside/command.hpp"

namespace trackside::testing {

Command command_of(std::span<const std::string> words);

/// What an operation is by its words.
struct Nature {
  model::OperationKind kind = model::OperationKind::other;  // a transaction is a write
  bool several_keys = false;                                // a read of them
  /// How long what blocks may wait at the server, and before that for a connection of its own. 0: it does not wait.
  sim::Instant patience = 0;
};
Nature nature_of(std::span<const std::string> words);

/// What a cache may answer, of one key or of several.
bool is_cacheable(std::span<const std::string> words);
bool is_read_of_one_key(std::span<const std::string> words);
/// A plain write to named keys, or one that waits for them.
bool names_what_it_writes(std::span<const std::string> words);
/// What a cluster's client makes of a write to keys of several slots: one for each slot. None of what it leaves whole.
std::vector<std::vector<std::string>> parts_of_write(std::span<const std::string> words);

/// After which what needs a connection of its own has it, or has failed.
sim::Instant time_to_connect();
/// Longer than any run: until what is waited for is there, which is seen to when the world has healed (run.cpp).
inline constexpr sim::Instant without_end = 24 * 3600 * sim::second;

}  // namespace trackside::testing
