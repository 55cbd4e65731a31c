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

/// A transaction is a write.
model::OperationKind kind_of(std::span<const std::string> words);
/// What a cache may answer, of one key or of several.
bool is_cacheable(std::span<const std::string> words);
bool is_read_of_one_key(std::span<const std::string> words);
bool asks_several_keys(std::span<const std::string> words);
/// A plain write to named keys, or one that waits for them.
bool names_what_it_writes(std::span<const std::string> words);
/// What a cluster's client makes of a write to keys of several slots: one for each slot. None of what it leaves whole.
std::vector<std::vector<std::string>> parts_of_write(std::span<const std::string> words);

/// After which what needs a connection of its own has it, or has failed.
sim::Instant time_to_connect();
/// Longer than any run: until what is waited for is there, which is seen to when the world has healed (run.cpp).
inline constexpr sim::Instant without_end = 24 * 3600 * sim::second;
/// How long what blocks may wait at the server, and before that for a connection of its own: those that the workload
/// asks say it in seconds, last or first, or in milliseconds behind BLOCK. 0: it does not wait.
sim::Instant patience_of(std::span<const std::string> words);

}  // namespace trackside::testing
