// Invalidations vanish from a server's output, and nothing else does: what the fault `push_drop` does to a stream.
#pragma once

#include <cstddef>
#include <string>

namespace trackside::sim {

/// Removes every invalidation, in-band or as a message to the target of a redirection, from the whole frames behind the
/// first `from` bytes. What is too big to be looked at stays. Returns how many there were;
/// they are appended to `dropped`, unless that is null.
std::size_t drop_invalidations(std::string& output, std::size_t from, std::string* dropped = nullptr);

}  // namespace trackside::sim
