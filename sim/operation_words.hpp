// The words of an operation, taken apart: a transaction separates its commands by the word ";".
#pragma once

#include <span>
#include <string>
#include <vector>

namespace trackside::sim {

struct Scenario;

bool is_transaction(std::span<const std::string> words);

/// Each command's words: one's, unless it is a transaction. Views into `words`.
std::vector<std::span<const std::string>> commands_in(std::span<const std::string> words);

/// Whether an operation is a SWAPDB, of which no push tells.
bool swaps_databases(const Scenario& scenario);

}  // namespace trackside::sim
