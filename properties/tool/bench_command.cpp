// `trackside bench`: speed, always beside its limit, measured in turns in the same run.
#include "properties/tool/commands.hpp"

namespace trackside::tool {

int bench(const BenchRequest&) { return bad_input; }

}  // namespace trackside::tool
