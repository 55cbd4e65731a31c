// What `trackside run` says of marks: how often each was met, in how many of a hundred runs, and which never.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "properties/testing/search/explore.hpp"

namespace trackside::tool {

/// Empty where marks are not counted.
std::string marks_table(const testing::Totals& totals);
nlohmann::json marks_json(const testing::Totals& totals);

}  // namespace trackside::tool
