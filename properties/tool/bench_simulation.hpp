// The rows of `trackside bench sim`: what an event and a run of the simulator cost.
#pragma once

#include "impl/bench/measure.hpp"

namespace trackside::tool {

bench::Rows simulation_rows(double seconds);

}  // namespace trackside::tool
