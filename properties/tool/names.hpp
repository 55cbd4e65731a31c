// Whether what a user named exists; if not, one line on standard error says what does.
#pragma once

#include <optional>
#include <string>

#include "properties/testing/generation/generator.hpp"

namespace trackside::tool {

/// What a search is told. Empty and 0 leave it to the subject, and that to the seed.
struct SearchNames {
  std::string subject;
  std::string strategy;
  std::string world;
  std::uint32_t operations = 0;
};
/// Nothing, and the line, if one of them does not exist.
std::optional<testing::GeneratorOptions> generator_of(const SearchNames& names);

bool is_subject(const std::string& name);

}  // namespace trackside::tool
