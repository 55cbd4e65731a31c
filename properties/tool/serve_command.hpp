// The options of `trackside serve`, put on its command line.
#pragma once

#include <CLI/CLI.hpp>

#include "properties/tool/commands.hpp"

namespace trackside::tool {

void add_serve(CLI::App& app, ServeRequest& request);

}  // namespace trackside::tool
