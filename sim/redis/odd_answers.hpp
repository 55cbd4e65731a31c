// What a server answers that has lost its senses, or whose administrator has taken rights away: the fault
// `odd_answers`.
//
// A command in eight is refused with an error, as by ACLs, a full disk or another product, before it does anything. Of
// questions about the server itself one in four is answered by something of another form. It never lies in the right
// form: no client could tell. Which ones these are follows from the fault's argument and from how many commands of the
// same name came since it began, so that it stays when other commands go (a failure is made smaller).
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/redis/command_table.hpp"

namespace trackside::sim::redis {

/// The error that the n-th command of this name is answered by; empty: it is executed.
std::string_view odd_refusal(std::uint64_t which, std::uint64_t ordinal, const CommandSpec& command);
/// The frames that stand in the place of the reply to the n-th command of this name; empty: none.
std::string_view odd_reply(std::uint64_t which, std::uint64_t ordinal, const CommandSpec& command);

}  // namespace trackside::sim::redis
