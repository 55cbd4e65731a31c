// Instants and replies as people read them. Used only for the sentences of violations, so never on the way of a run
// that keeps its promises.
#pragma once

#include <string>
#include <string_view>

#include "model/history.hpp"

namespace trackside::model {

/// "3.100 s"; digits beyond milliseconds only where they say something: "3.100000001 s".
std::string seconds(Instant instant);

/// A RESP2 or RESP3 frame: "v7" in quotes, 7, nil, [1, "a"], {"f": 1}, (error) WRONGTYPE ...; shortened when long, and
/// quoted as it is when it is no frame.
std::string readable(std::string_view frame);

}  // namespace trackside::model
