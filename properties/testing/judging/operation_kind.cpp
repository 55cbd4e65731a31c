#include "properties/testing/judging/operation_kind.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>

#include "client/command_info.hpp"
#include "resp/slot.hpp"
#include "sim/operation_words.hpp"
#include "trackside/options.hpp"

namespace trackside::testing {
namespace {

client::Classified classify(std::span<const std::string> words) { return client::classify(command_of(words)); }

/// Those that the workload asks say it in seconds, last or first, or in milliseconds behind BLOCK.
sim::Instant patience_of(std::span<const std::string> words, std::string_view name) {
  const sim::Instant connecting = time_to_connect();
  const auto block = std::find(words.begin(), words.end(), "BLOCK");
  if (block != words.end() && block + 1 != words.end()) {
    return connecting + std::atol((block + 1)->c_str()) * sim::millisecond;
  }
  const bool says_it_first = name == "BLMPOP" || name == "BZMPOP";
  const std::string& says = says_it_first ? words[1] : words.back();
  if (says == "0") {
    return without_end;
  }
  const double wait = std::atof(says.c_str());
  return connecting + static_cast<sim::Instant>(wait * static_cast<double>(sim::second));
}

}  // namespace

Command command_of(std::span<const std::string> words) {
  Command command;
  for (const std::string& word : words) {
    command.add(word);
  }
  return command;
}

bool is_cacheable(std::span<const std::string> words) {
  if (sim::is_transaction(words)) {
    return false;
  }
  const client::CommandKind kind = classify(words).kind;
  return kind == client::CommandKind::cacheable || kind == client::CommandKind::cacheable_many;
}

bool is_read_of_one_key(std::span<const std::string> words) {
  return classify(words).kind == client::CommandKind::cacheable;
}

bool names_what_it_writes(std::span<const std::string> words) {
  const client::CommandKind kind = classify(words).kind;
  return !sim::is_transaction(words) &&
         (kind == client::CommandKind::write || kind == client::CommandKind::blocking);
}

std::vector<std::vector<std::string>> parts_of_write(std::span<const std::string> words) {
  const std::size_t words_per_key = words.front() == "MSET" ? 2 : 1;
  const bool may_split = words.front() == "MSET" || words.front() == "DEL" || words.front() == "UNLINK";
  std::map<std::uint16_t, std::vector<std::string>> parts;
  for (std::size_t at = 1; may_split && !sim::is_transaction(words) && at + words_per_key <= words.size();
       at += words_per_key) {
    auto& part = parts.try_emplace(resp::slot_of(words[at]), std::vector{words.front()}).first->second;
    const auto first = words.begin() + static_cast<std::ptrdiff_t>(at);
    part.insert(part.end(), first, first + static_cast<std::ptrdiff_t>(words_per_key));
  }
  std::vector<std::vector<std::string>> found;
  for (auto& [slot, part] : parts) {
    if (parts.size() > 1) {
      found.push_back(std::move(part));
    }
  }
  return found;
}

sim::Instant time_to_connect() { return ClientOptions{}.connect_timeout.count(); }

Nature nature_of(std::span<const std::string> words) {
  if (sim::is_transaction(words)) return {.kind = model::OperationKind::write};
  const client::Classified classified = classify(words);
  switch (classified.kind) {
    case client::CommandKind::plain: return {.kind = model::OperationKind::other};
    case client::CommandKind::cacheable: return {.kind = model::OperationKind::read};
    case client::CommandKind::cacheable_many:
      return {.kind = model::OperationKind::read, .several_keys = true};
    case client::CommandKind::blocking:
      return {.kind = model::OperationKind::write, .patience = patience_of(words, classified.name)};
    default: return {.kind = model::OperationKind::write};
  }
}

}  // namespace trackside::testing
