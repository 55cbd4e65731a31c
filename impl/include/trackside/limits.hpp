// What a server may make this process hold. Exceeding one is a named error and ends the link, never the process.
#pragma once

#include <cstddef>

namespace trackside {

struct ReplyLimits {
  /// One reply, all its elements and headers included. Redis itself limits a string to 512 MiB.
  std::size_t max_bytes = std::size_t{512} * 1024 * 1024;
  /// Aggregates inside aggregates.
  std::size_t max_depth = 32;
};

}  // namespace trackside
