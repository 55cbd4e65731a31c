#include "client/command_info.hpp"

#include <array>
#include <cstddef>

#include "client/words.hpp"

namespace trackside::client {
namespace {

using enum CommandKind;

/// Words in upper case with a blank between them. Words that are empty or do not fit name no command.
class UpperName {
 public:
  /// False when the word names nothing; then the name is of no more use.
  bool add(std::string_view word) {
    if (word.empty() || word.size() > letters_.size() - size_) {
      return false;
    }
    std::size_t size = size_;  // letters may alias the member, so it would be stored for each of them
    for (const char letter : word) {
      letters_[size++] = upper(letter);
    }
    size_ = size;
    return true;
  }

  /// Requires that the first one is a container's.
  bool add_second(std::string_view word) {
    letters_[size_++] = ' ';  // no container has a name as long as that
    return add(word);
  }

  const CommandInfo* find() const { return find_command({letters_.data(), size_}); }

 private:
  static constexpr std::size_t longest = 32;
  std::array<char, longest> letters_;
  std::size_t size_ = 0;
};

bool has_word(const Command& command, std::size_t from, std::string_view word) {
  for (std::size_t at = from; at < command.size(); ++at) {
    if (is_word(command[at], word)) {
      return true;
    }
  }
  return false;
}

/// An option's word where it is something else's name (a group called BLOCK) makes these true as well: each is the
/// condition of the more careful kind.
bool holds(Condition condition, const Command& command) {
  switch (condition) {
    case Condition::always: return true;
    case Condition::one_key: return command.size() == 2;
    case Condition::asked_to_block: return has_word(command, 1, "BLOCK");
    case Condition::asked_to_store: return has_word(command, 2, "STORE") || has_word(command, 2, "STOREDIST");
    case Condition::other_database: return has_word(command, 3, "DB");
  }
  return true;
}

Classified classify_as(const CommandInfo& info, const Command& command) {
  if ((info.kind == cacheable || info.kind == cacheable_many) && command.size() < 2) {
    return {info.name, plain, &info};  // without its key; the server will say so
  }
  if (info.condition == Condition::always) {
    return {info.name, info.kind, &info};
  }
  return {info.name, holds(info.condition, command) ? info.kind : info.otherwise, &info};
}

Classified classify_subcommand(const CommandInfo& container, UpperName& name, const Command& command) {
  if (command.size() < 2) {
    return {container.name, plain, &container};  // COMMAND, and mistakes
  }
  const CommandInfo* const info = name.add_second(command[1]) ? name.find() : nullptr;
  if (info == nullptr) {
    // A newer server's, or a mistake. Such a word of CLIENT may be about the connection.
    return {{}, container.name == "CLIENT" ? session : unknown_keys, nullptr};
  }
  return classify_as(*info, command);
}

}  // namespace

Classified classify(const Command& command) {
  UpperName name;
  const CommandInfo* const info = name.add(command[0]) ? name.find() : nullptr;
  if (info == nullptr) {
    return {};
  }
  return info->kind == container ? classify_subcommand(*info, name, command) : classify_as(*info, command);
}

}  // namespace trackside::client
