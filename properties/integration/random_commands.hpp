// Random command sequences for the differential test: few keys, so that commands meet; every option and many mistakes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "properties/integration/twin_servers.hpp"

namespace trackside::testing {

inline constexpr std::size_t twin_connections = 3;

/// Any step; about one command in ten is malformed or of the wrong type.
rc::Gen<Step> any_step();
/// What commands can be about, such as "streams".
std::vector<std::string> subjects();
/// A step of commands that, but for one in ten, are about that, so that they meet what others of the kind have left.
rc::Gen<Step> any_step_about(const std::string& subject);
/// What the connections begin with: a protocol and a tracking mode each.
rc::Gen<std::vector<Step>> any_prelude();

}  // namespace trackside::testing
