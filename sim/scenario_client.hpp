// One client's line of a scenario's text: how it is written, and how it is read back.
//
// What every client has is always written; what few have only where it is not the default, so that old texts stay as
// they are. Neighbours: scenario.hpp (the value), scenario_words.hpp (the words of a line).
#pragma once

#include <string>

#include "sim/scenario.hpp"
#include "sim/scenario_words.hpp"

namespace trackside::sim {

void print_client(const ClientSetup& client, std::string& out);
/// The rest of the line, behind the word `client`. Whether the one whose store it shares is there, the caller knows.
ClientSetup read_client(LineReader& reader);

}  // namespace trackside::sim
