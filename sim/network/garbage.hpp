// What a broken proxy puts into a server's stream, between two of its frames.
//
// Most of it is no RESP, or RESP of a server that has lost its senses: a client that trusts nobody ends the connection,
// or has nothing to do with it. The rest is RESP3 that may come at any time and means nothing to a cache: pushes of
// unknown kinds with every type inside, and attributes, also of the reply behind them.
// Never a whole reply: it would be taken for the answer to a question, and no client could tell.
#pragma once

#include <cstdint>
#include <string>

namespace trackside::sim {

std::uint64_t garbage_kinds();
/// Requires a number below `garbage_kinds()`.
std::string garbage_of(std::uint64_t kind);

}  // namespace trackside::sim
