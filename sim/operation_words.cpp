#include "sim/operation_words.hpp"

#include <algorithm>

#include "sim/scenario.hpp"

namespace trackside::sim {
namespace {

constexpr const char* separator = ";";

}  // namespace

bool is_transaction(std::span<const std::string> words) {
  return std::find(words.begin(), words.end(), separator) != words.end();
}

std::vector<std::span<const std::string>> commands_in(std::span<const std::string> words) {
  std::vector<std::span<const std::string>> commands;
  for (auto begin = words.begin();;) {
    const auto end = std::find(begin, words.end(), separator);
    if (begin != end) {
      commands.emplace_back(begin, end);
    }
    if (end == words.end()) {
      return commands;
    }
    begin = end + 1;
  }
}

bool swaps_databases(const Scenario& scenario) {
  return std::any_of(scenario.operations.begin(), scenario.operations.end(),
                     [](const Operation& operation) { return operation.words.front() == "SWAPDB"; });
}

}  // namespace trackside::sim
