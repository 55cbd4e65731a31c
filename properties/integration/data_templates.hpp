// Templates of commands on data that caches seldom read but whose writes they must hear of; see random_commands.cpp for
// the words they are filled with.
#pragma once

#include <string>
#include <vector>

namespace trackside::testing {

using Templates = std::vector<std::string>;

const Templates& bitmap_templates();
const Templates& list_and_set_templates();
const Templates& zset_templates();
const Templates& stream_templates();
const Templates& rare_stream_templates();
const Templates& place_templates();
const Templates& hyperloglog_templates();
const Templates& looking_templates();
const Templates& script_templates();
const Templates& waiting_templates();

}  // namespace trackside::testing
