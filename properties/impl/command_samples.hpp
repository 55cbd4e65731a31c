// Invocations of every command with keys, in each form that its options can give it, on the keys of a small database
// that holds every type. What a test says about commands it says about all of these.
#pragma once

#include <span>
#include <string_view>

#include "trackside/command.hpp"

namespace trackside::testing {

/// Words with a blank between them; the word "" is the empty argument.
std::span<const std::string_view> command_samples();

/// What fills the database: `string`, `number`, `bits`, `hash`, `list`, `set`, `sorted`, `places`, `stream` (with the
/// group `group`), `loglog`, most of them also with a 2 behind their names. There is no `absent`.
std::span<const std::string_view> database_samples();

Command command_from_sample(std::string_view text);

}  // namespace trackside::testing
