// A scenario as the text of a GoogleTest that runs it and expects every promise to hold: to keep what taught us
// something, or to debug it.
#pragma once

#include <string>
#include <string_view>

#include "sim/scenario.hpp"

namespace trackside::testing {

/// A whole file. The test is called after `origin`, a file or a seed. Fails when run, until the bug is gone.
std::string as_test(const sim::Scenario& scenario, std::string_view origin);

}  // namespace trackside::testing
