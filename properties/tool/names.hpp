// Whether what a user named exists; if not, one line on standard error says what does.
#pragma once

#include <optional>
#include <string>

#include "properties/testing/generator.hpp"

namespace trackside::tool {

bool is_subject(const std::string& name);
/// An empty name leaves the choice to the seed.
bool is_strategy(const std::string& name);
/// Likewise.
std::optional<testing::WorldKind> read_world(const std::string& name);

}  // namespace trackside::tool
