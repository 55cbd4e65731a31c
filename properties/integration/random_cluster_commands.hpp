// Random command sequences for a node in cluster mode: few keys, whose slots stand in every way, and commands that
// change how they stand.
#pragma once

#include <vector>

#include <rapidcheck.h>

#include "properties/integration/cluster_pair.hpp"

namespace trackside::testing {

/// Any steps on `twin_connections` connections; some of these speak RESP3 and track.
rc::Gen<std::vector<Step>> any_cluster_steps(const ClusterPair& pair);

}  // namespace trackside::testing
