// Reads replies as applications do, by the typed command that asks the question, and says whether what they get is what
// the reply says.
//
// The typed command must be the very command that was sent. Its value, put into a frame again, must be the frame that
// came; an error must be error_reply, with its text. So commands, conversions and the builder of replies are held
// against each other with answers that a run brings.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "trackside/options.hpp"
#include "trackside/reply.hpp"

namespace trackside::testing {

/// By the type of the typed command that asks the question, or by every other type as well, which takes long.
enum class ReadBy : std::uint8_t { own_type, every_type };

/// What is wrong with what an application reads out of the reply to this command; empty: nothing, or nobody can tell.
std::string misreading(std::span<const std::string> words, ReplyView reply, Protocol protocol,
                       ReadBy read_by = ReadBy::every_type);

}  // namespace trackside::testing
