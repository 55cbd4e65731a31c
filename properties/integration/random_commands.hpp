// Random command sequences for the differential test: few keys, so that commands meet; every option and many mistakes.
#pragma once

#include <vector>

#include <rapidcheck.h>

#include "properties/integration/twin_servers.hpp"

namespace trackside::testing {

inline constexpr std::size_t twin_connections = 3;

/// Any step; about one command in ten is malformed or of the wrong type.
rc::Gen<Step> any_step();
/// What the connections begin with: a protocol and a tracking mode each.
rc::Gen<std::vector<Step>> any_prelude();

}  // namespace trackside::testing
