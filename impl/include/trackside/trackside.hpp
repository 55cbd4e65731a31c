// Everything public, for programs that do not count compile time.
#pragma once

#include "trackside/abstract_cache.hpp"
#include "trackside/asio_runtime.hpp"
#include "trackside/client.hpp"
#include "trackside/client_core.hpp"
#include "trackside/command.hpp"
#include "trackside/error.hpp"
#include "trackside/limits.hpp"
#include "trackside/node_tracking_cache.hpp"
#include "trackside/options.hpp"
#include "trackside/reply.hpp"
#include "trackside/runtime.hpp"
#include "trackside/time.hpp"
